"""Questions: a channel is asked whether a mailbox is to go on, and somebody answers (B11)."""

from functools import partial

from bot.domain import breaker as rules
from bot.domain import distribution as distributions
from bot.domain.breaker import Answer, Breaker, Question
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.errors import ConcurrentChangeError, PermanentError, UserMistakeError
from bot.domain.mailbox import Mailbox, Message, unblock
from bot.domain.obstacle import Obstacle, told
from bot.domain.records import Conversation
from bot.domain.roles import Actor
from bot.domain.views import SenderQuestion, View
from bot.jobs import FollowAnswer, Job, ShowQuestion, SteerDistribution
from bot.ports import Chat, Clock, Records
from bot.services.changing import change
from bot.services.organisations import Organisations


class Questions:
    """Asks, takes answers, and has what is held follow them."""

    def __init__(
        self, records: Records, chat: Chat, organisations: Organisations, clock: Clock
    ) -> None:
        self._records = records
        self._chat = chat
        self._organisations = organisations
        self._clock = clock

    async def show(self, job: ShowQuestion) -> None:
        """Show a question in a channel: on its card where it was asked already.

        Raises:
            TransientError: Teams could not be reached; try again.
            PermanentError: the channel is gone.
        """
        known = await self._records.get(Breaker, job.tenant_id, job.mailbox_id)
        channel = await self._records.get(Conversation, job.tenant_id, job.conversation_id)
        if known is None or channel is None or _number(known) != job.number:
            return
        view = await self._view(known)
        stands = known.question.cards if known.question else ()
        for card in stands:
            if card.conversation_id == channel.id:
                await self._chat.update(channel, card.message_id, view)
                return
        message_id = await self._chat.post(channel, view)
        posted = Message(conversation_id=channel.id, message_id=message_id)
        note = partial(_shown, number=job.number, card=posted)
        await change(self._records, known, note, home=job.tenant_id, at=self._clock.now())

    async def answer(self, actor: Actor, mailbox_id: str, number: str, answer: Answer) -> View:
        """Have a mailbox go on or what it holds stopped for good. A question that was answered, or
        is not the last one, stays as it is: the card says how it stands now.

        Raises:
            UserMistakeError: nothing was ever asked about it.
        """
        self._organisations.managed_by(actor)
        asked = int(number) if number.isdecimal() else 0
        while True:
            now = self._clock.now()
            known = await self._records.get(Breaker, actor.tenant_id, mailbox_id)
            mailbox = await self._records.get(Mailbox, actor.tenant_id, mailbox_id)
            if known is None or mailbox is None or known.question is None:
                raise UserMistakeError("This question is no longer asked.")
            decided = rules.answered(known, asked, answer, actor.name, now)
            if decided is known or decided.question is None:
                return await self._view(known)
            goes_on = answer is Answer.GO_ON and mailbox.obstacle is known.question.obstacle
            freed = unblock(mailbox) if goes_on else mailbox
            jobs = self._jobs(decided, decided.question)
            try:
                await self._records.save(decided, freed, jobs=jobs, at=now)
            except ConcurrentChangeError:
                continue
            return await self._view(decided)

    async def follow(self, job: FollowAnswer) -> None:
        """Have every distribution that is held for the question's reason do as it was answered."""
        known = await self._records.get(Breaker, job.tenant_id, job.mailbox_id)
        asked = known.question if known else None
        if asked is None or asked.number != job.number or asked.answer is None:
            return
        now = self._clock.now()
        decide = (
            partial(distributions.release, now=now, shifted=False)
            if asked.answer is Answer.GO_ON
            else partial(distributions.stop, by_name=asked.answered_by, now=now)
        )
        for each in await self._records.list(Distribution, job.tenant_id):
            held = each.state is DistributionState.HELD and each.obstacle is asked.obstacle
            if held and each.mailbox_id == job.mailbox_id:
                steer = SteerDistribution(tenant_id=each.tenant_id, distribution_id=each.id)
                await change(self._records, each, decide, home=job.tenant_id, at=now, jobs=(steer,))

    def _jobs(self, known: Breaker, asked: Question) -> list[Job]:
        named = {"tenant_id": known.tenant_id, "mailbox_id": known.id}
        follow = FollowAnswer(**named, number=asked.number)
        shows = (
            ShowQuestion(**named, number=asked.number, conversation_id=each.conversation_id)
            for each in asked.cards
        )
        return [follow, *shows]

    async def _view(self, known: Breaker) -> SenderQuestion:
        mailbox = await self._records.get(Mailbox, known.tenant_id, known.id)
        asked = known.question
        if asked is None or mailbox is None:
            raise PermanentError("nothing is asked about this mailbox")
        local = self._organisations.local
        return SenderQuestion(
            mailbox_id=known.id,
            number=asked.number,
            address=mailbox.address,
            lost=asked.lost,
            of=asked.of,
            why="" if asked.obstacle is Obstacle.LOSSES else told(asked.obstacle),
            answer=asked.answer or "",
            answered_by=asked.answered_by,
            answered_at=asked.answered_at and local(known.tenant_id, asked.answered_at),
        )


def _number(known: Breaker) -> int:
    return known.question.number if known.question else 0


def _shown(known: Breaker, number: int, card: Message) -> Breaker:
    return rules.shown(known, card) if _number(known) == number else known
