"""Breaking off: too much came back to a mailbox, or Exchange has stopped it. It sends nothing more,
and the channel is asked whether to go on (B11).
"""

from collections.abc import Sequence as Seq
from datetime import datetime, timedelta
from functools import partial

from bot.domain import breaker as rules
from bot.domain.breaker import MOST_READ, TRIPS_AT, Breaker, Cause, Loss
from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError
from bot.domain.inbound.kinds import MailReading
from bot.domain.mailbox import Mailbox
from bot.domain.obstacle import Obstacle
from bot.domain.returned_mail import is_lost, sender_block
from bot.domain.route import Route
from bot.jobs import AskAboutSender, CountLoss, Job, ShowQuestion
from bot.ports import Clock, MailClient, Records
from bot.services.conversations import Conversations
from bot.services.reaching import jobs_of_a_stop, when_reached

# Exchange's clock is not ours.
_SLACK = timedelta(minutes=2)


class Breaking:
    """Counts what came back, and breaks off."""

    def __init__(
        self, records: Records, mail: MailClient, conversations: Conversations, clock: Clock
    ) -> None:
        self._records = records
        self._mail = mail
        self._conversations = conversations
        self._clock = clock

    async def count(self, job: CountLoss) -> None:
        """Count one email that came back; told twice, it counts once.

        Raises:
            TransientError: Sent Items cannot be read now; come again.
        """
        known = await self._noted(job)
        since = rules.suspect_since(known)
        mailbox = await self._records.get(Mailbox, job.tenant_id, job.mailbox_id)
        if since is None or mailbox is None or not mailbox.can_send:
            return
        weigh = partial(self._weigh, job, known, since)
        await when_reached(self._records, self._clock, job.tenant_id, job.mailbox_id, weigh)

    async def ask(self, job: AskAboutSender) -> None:
        """Have a mailbox that Exchange has stopped send nothing, and ask about it."""
        cause = Cause(obstacle=job.obstacle, left_at=job.left_at)
        await self._break_off(job.tenant_id, job.mailbox_id, cause)

    async def _noted(self, job: CountLoss) -> Breaker:
        loss = Loss(key=job.email, left_at=job.left_at)
        while True:
            known = await self._breaker(job.tenant_id, job.mailbox_id)
            noted = rules.with_loss(known, loss)
            if noted is known:
                return known
            try:
                await self._records.save(noted, at=self._clock.now())
            except ConcurrentChangeError:
                continue
            return noted

    async def _weigh(self, job: CountLoss, known: Breaker, since: datetime) -> None:
        copies = await self._mail.sent_since(job.mailbox_id, since - _SLACK, MOST_READ)
        of = rules.window_of(known, copies)
        if of:
            cause = Cause(obstacle=Obstacle.LOSSES, left_at=job.left_at, lost=TRIPS_AT, of=of)
            await self._break_off(job.tenant_id, job.mailbox_id, cause)

    async def _break_off(self, tenant_id: str, mailbox_id: str, cause: Cause) -> None:
        """Block the mailbox and ask, in one step, once for all who find it so; again where somebody
        changed the one or the other meanwhile.
        """
        while True:
            known = await self._breaker(tenant_id, mailbox_id)
            mailbox = await self._records.get(Mailbox, tenant_id, mailbox_id)
            if mailbox is None:
                return
            now = self._clock.now()
            asked, blocked = rules.broken_off(known, mailbox, cause, now)
            jobs: list[Job] = [] if blocked is mailbox else [*jobs_of_a_stop(mailbox)]
            jobs += [] if asked is known else await self._shows(asked)
            try:
                if jobs:
                    await self._records.save(asked, blocked, jobs=jobs, at=now)
            except ConcurrentChangeError:
                continue
            return

    async def _shows(self, asked: Breaker) -> Seq[ShowQuestion]:
        number = asked.question.number if asked.question else 0
        return [
            ShowQuestion(
                tenant_id=asked.tenant_id,
                mailbox_id=asked.id,
                number=number,
                conversation_id=each.id,
            )
            for each in await self._conversations.announcing(asked.tenant_id)
        ]

    async def _breaker(self, tenant_id: str, mailbox_id: str) -> Breaker:
        known = await self._records.get(Breaker, tenant_id, mailbox_id)
        return known or Breaker(id=mailbox_id, tenant_id=tenant_id)


def after_bounce(
    known: Enrolment, number: int, reading: MailReading, at: datetime, *, own_tenant: bool
) -> tuple[Obstacle | None, Seq[Job]]:
    """Return what keeps the sender from sending, as a report on one email says, and the work that
    follows. What left by SMTP says nothing of a mailbox, a test nothing of a list.
    """
    left = next((each for each in known.deliveries if each.number == number), None)
    if left is None or left.route is not Route.MAILBOX or known.test:
        return None, ()
    named = {"tenant_id": known.tenant_id, "mailbox_id": left.left_from or known.mailbox_id}
    left_at = left.sent_at or at
    obstacle = sender_block(reading) if own_tenant else None
    if obstacle is not None:
        return obstacle, (AskAboutSender(**named, obstacle=obstacle, left_at=left_at),)
    if not is_lost(reading):
        return None, ()
    return None, (CountLoss(**named, email=left.key, left_at=left_at),)
