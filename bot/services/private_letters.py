"""Private letters (G9): somebody we write to wrote to an owner, not in answer to us.

Their next email waits, and the owner and the channels are asked. Nothing of the letter is kept but
when it came.
"""

from collections.abc import Sequence as Seq
from datetime import datetime
from functools import partial

from bot.domain import private_letters as rules
from bot.domain.correlation import spellings
from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment
from bot.domain.errors import PermanentError, UserMistakeError
from bot.domain.heard import Decision, PrivateLetter
from bot.domain.mailbox import Mailbox, Message
from bot.domain.quota import placed
from bot.domain.records import Conversation
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.views import LetterQuestion, View
from bot.jobs import Job, RefreshDistributionCard, ShowPrivateLetter
from bot.ports import Chat, Clock, Records
from bot.services.booking import Booking
from bot.services.changing import change, insist
from bot.services.conversations import Conversations
from bot.services.enrolled import present
from bot.services.organisations import Organisations


class PrivateLetters:
    """Holds what is to leave, asks, and takes answers."""

    def __init__(
        self,
        *,
        records: Records,
        booking: Booking,
        chat: Chat,
        conversations: Conversations,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._booking = booking
        self._chat = chat
        self._conversations = conversations
        self._organisations = organisations
        self._clock = clock

    async def came(self, mailbox: Mailbox, theirs: Seq[Enrolment], at: datetime) -> None:
        """Hold the next email of each of one person's enrolments because of a letter to a mailbox,
        and ask once about all of them. Told twice, it changes nothing the second time.

        Raises:
            TransientError: one is on its way to another mailbox just now; come again.
        """
        for home in dict.fromkeys([(await self._present(each)).mailbox_id for each in theirs]):
            await insist(partial(self._hold, home, mailbox, theirs, at))

    async def _hold(
        self, home: str, mailbox: Mailbox, theirs: Seq[Enrolment], at: datetime
    ) -> None:
        here = await self._records.enrolments(home, [each.id for each in theirs])
        held = {each.id: rules.came(each, mailbox.id, at) for each in here}
        changed = [held[each.id] for each in here if held[each.id] is not each]
        if not changed:
            return
        first = min(changed, key=_first)
        asked_already = any(
            each.is_open and each.heard.asks and rules.speaks_for(each, first) for each in here
        )
        jobs = [] if asked_already else await self._asking(first, mailbox)
        jobs += [_refresh(each) for each in changed]
        await self._records.save(*changed, jobs=jobs, at=self._clock.now())

    async def _asking(self, known: Enrolment, mailbox: Mailbox) -> list[Job]:
        """The owner is asked, and every channel that asked to be told; where there is none, whoever
        started the distribution.
        """
        channels = await self._conversations.announcing(known.tenant_id)
        people = [mailbox.owner_oid]
        if not channels:
            batch = await self._batch(known)
            people.append(batch.decided_by if batch else "")
        show = partial(_show, known)
        asked = [show(conversation_id=each.id) for each in channels]
        return [*asked, *(show(oid=each) for each in dict.fromkeys(people) if each)]

    async def show(self, job: ShowPrivateLetter) -> None:
        """Ask in one place, once; or show on the card there how it stands now.

        Raises:
            TransientError: Teams could not be reached; try again.
            PermanentError: the place is gone, or nobody there has the app.
        """
        found = await self._records.enrolments(job.mailbox_id, [job.enrolment_id])
        known = await self._present(found[0]) if found else None
        letter = known.heard.letter if known else None
        place = await self._place(job)
        if known is None or letter is None or letter.number != job.number or place is None:
            return
        view = await self._view(known, letter)
        for card in letter.cards:
            if card.conversation_id == place.id:
                await self._chat.update(place, card.message_id, view)
                return
        if letter.decision is None:
            message_id = await self._chat.post(place, view)
            posted = Message(conversation_id=place.id, message_id=message_id)
            note = partial(rules.shown, number=job.number, card=posted)
            await change(self._records, known, note, home=known.mailbox_id, at=self._clock.now())

    async def decide(
        self, actor: Actor, mailbox_id: str, enrolment_id: str, number: str, decision: Decision
    ) -> View:
        """Have the emails go on that wait for this decision, or stopped for good. What was decided
        already, or is about another letter, stays as it is: the card says how it stands now.

        Raises:
            NotAllowedError: they neither manage the organisation nor own the mailbox.
            UserMistakeError: nothing was ever asked about it.
        """
        asked, letter = await self._asked(actor, mailbox_id, enrolment_id)
        box = await self._records.get(Mailbox, actor.tenant_id, letter.mailbox_id)
        if box is None or box.owner_oid.lower() != actor.oid:
            self._organisations.managed_by(actor)
        if str(letter.number) == number and letter.decision is None:
            others = await self._held_with(asked, letter)
            for each in (*others, asked):  # what is asked about comes last: pressed again, all are
                await insist(partial(self._decide, each, decision, actor.name))
            asked, letter = await self._asked(actor, asked.mailbox_id, enrolment_id)
        return await self._view(asked, letter)

    async def _held_with(self, asked: Enrolment, letter: PrivateLetter) -> Seq[Enrolment]:
        """Return the other enrolments of that person that wait for a decision: where the letter
        came, and wherever this one was since.
        """
        batch = await self._batch(asked)
        homes = (letter.mailbox_id, asked.mailbox_id, *(batch.homes if batch else ()))
        found: dict[str, Enrolment] = {}
        for home in dict.fromkeys(homes):
            for address in spellings(asked.participant.address):
                for each in await self._records.enrolments_by_address(home, address):
                    found[each.id] = await self._present(each)
        return [each for each in found.values() if each.id != asked.id and each.heard.asks]

    async def _decide(self, each: Enrolment, decision: Decision, by_name: str) -> None:
        found = await self._records.enrolments(each.mailbox_id, [each.id])
        known = await self._present(found[0]) if found else each
        sequence = await self._records.get(Sequence, known.tenant_id, known.sequence_id)
        letter = known.heard.letter
        if letter is None or sequence is None:
            return
        told = rules.decided(known, letter.number, decision, by_name, self._clock.now())
        if told is not known:
            shows = [_show(known, conversation_id=card.conversation_id) for card in letter.cards]
            there = placed(told, self._organisations.calendar.day_of)
            await self._booking.save(sequence, [there], [*shows, _refresh(known)])

    async def _asked(
        self, actor: Actor, mailbox_id: str, enrolment_id: str
    ) -> tuple[Enrolment, PrivateLetter]:
        for each in await self._records.enrolments(mailbox_id, [enrolment_id]):
            known = await self._present(each)
            if known.tenant_id == actor.tenant_id and known.heard.letter is not None:
                return known, known.heard.letter
        raise UserMistakeError("This question is no longer asked.")

    async def _present(self, known: Enrolment) -> Enrolment:
        return await present(self._records, known)

    async def _place(self, job: ShowPrivateLetter) -> Conversation | None:
        if job.conversation_id:
            return await self._records.get(Conversation, job.tenant_id, job.conversation_id)
        service_url = await self._conversations.service_url(job.tenant_id)
        chat = await self._chat.open_personal(job.tenant_id, job.oid, service_url)
        await self._conversations.heard(chat)
        return chat

    async def _batch(self, known: Enrolment) -> Distribution | None:
        return await self._records.get(Distribution, known.tenant_id, known.distribution_id)

    async def _view(self, known: Enrolment, letter: PrivateLetter) -> LetterQuestion:
        mailbox = await self._records.get(Mailbox, known.tenant_id, letter.mailbox_id)
        batch = await self._batch(known)
        if mailbox is None or batch is None:
            raise PermanentError("nothing is asked about this letter")
        local = partial(self._organisations.local, known.tenant_id)
        current = known.current if known.is_open else None
        return LetterQuestion(
            mailbox_id=known.mailbox_id,
            enrolment_id=known.id,
            number=letter.number,
            person=known.participant.name,
            address=known.participant.address,
            mailbox=mailbox.address,
            title=batch.title,
            at=local(letter.at),
            next_due=local(current.due) if current else None,
            over=current is None,
            decision=letter.decision or "",
            decided_by=letter.decided_by,
            decided_at=local(letter.decided_at) if letter.decided_at else None,
        )


def _first(known: Enrolment) -> tuple[bool, datetime]:
    """About whom it is asked first: who has a +tag, whose card answers for the address without it,
    too; then whose next email was planned first. There is one, as it is held.
    """
    bare = len(spellings(known.participant.address)) == 1
    return bare, min(each.due for each in known.deliveries if each.waiting)


def _refresh(known: Enrolment) -> RefreshDistributionCard:
    return RefreshDistributionCard(tenant_id=known.tenant_id, distribution_id=known.distribution_id)


def _show(known: Enrolment, *, conversation_id: str = "", oid: str = "") -> ShowPrivateLetter:
    letter = known.heard.letter
    return ShowPrivateLetter(
        tenant_id=known.tenant_id,
        mailbox_id=known.mailbox_id,
        enrolment_id=known.id,
        number=letter.number if letter else 0,
        conversation_id=conversation_id,
        oid=oid,
    )
