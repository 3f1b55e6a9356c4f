"""Settling: what became of a claimed email is decided, and kept with what has to be told of it."""

from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from datetime import datetime

from bot.domain import doubt
from bot.domain.delivery import Delivery
from bot.domain.enrolment import Enrolment, StopReason
from bot.domain.errors import ConcurrentChangeError, DayFullError
from bot.domain.mailbox import Mailbox
from bot.domain.planning import Schedule
from bot.domain.postponing import off_full_day
from bot.domain.quota import placed
from bot.domain.route import Route
from bot.domain.sequence import Sequence as MailSequence
from bot.jobs import Announce, Job
from bot.ports import Claim, Clock, Records, SendQueue
from bot.services.announcing import announce
from bot.services.conversations import Conversations
from bot.services.organisations import Organisations


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything one claim is about: `delivery` is the email."""

    claim: Claim
    enrolment: Enrolment
    delivery: Delivery
    sequence: MailSequence
    schedule: Schedule
    mailbox: Mailbox

    def doubted(self, known: Enrolment, now: datetime) -> Enrolment:
        """Return the enrolment with its email in doubt, whyever it is."""
        if self.claim.recovered:
            return doubt.recovered(known, self.number, now)
        return doubt.suspected(known, self.number, now) if self.may_have_left else known

    @property
    def may_have_left(self) -> bool:
        """Whether somebody may have sent it without our knowing: its sender vanished, or the store
        did with what it knew. What leaves by SMTP cannot be looked up: the latter is not asked.
        """
        lost = self.claim.doubtful
        if lost is None or self.delivery.route is not Route.MAILBOX:
            return self.claim.recovered
        due = self.enrolment.next_due
        return self.claim.recovered or (due is not None and due <= lost)

    @property
    def is_follow_up(self) -> bool:
        """Whether another email of its enrolment comes before it."""
        return self.delivery is not self.enrolment.deliveries[0]

    @property
    def number(self) -> int:
        """The number of that email."""
        return self.delivery.number


class Settling:
    """Ends claims."""

    def __init__(
        self,
        records: Records,
        queue: SendQueue,
        conversations: Conversations,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._queue = queue
        self._conversations = conversations
        self._organisations = organisations
        self._clock = clock

    async def settle(
        self, work: Work, decide: Callable[[Enrolment], Enrolment], also: Seq[Job] = ()
    ) -> None:
        """Settle what `decide` makes of the enrolment, again when an answer came in between; `also`
        is queued with it.
        """
        known: Enrolment | None = work.enrolment
        while known is not None:
            decided = placed(decide(known), self._organisations.calendar.day_of)
            try:
                await self._settle_where_room_is(work, known, decided, also)
            except ConcurrentChangeError:
                again = await self._records.enrolments(known.mailbox_id, [known.id])
                known = again[0] if again else None
            else:
                return

    async def _settle_where_room_is(
        self, work: Work, known: Enrolment, decided: Enrolment, also: Seq[Job]
    ) -> None:
        """An email that has moved to a full day leaves on the next free one."""
        jobs = [*await self._announcements(work, known, decided), *also]
        while True:
            try:
                await self._queue.settle(work.claim, decided, jobs=jobs, at=self._clock.now())
            except DayFullError as error:
                calendar = self._organisations.calendar
                decided = off_full_day(decided, error.day, work.schedule, calendar)
            else:
                return

    async def _announcements(
        self, work: Work, before: Enrolment, after: Enrolment
    ) -> list[Announce]:
        if after.stopped_for is not StopReason.FAILED or before.stopped_for is not None:
            return []
        channels = await self._conversations.announcing(after.tenant_id)
        return [announce(after, work.number, "failed", each) for each in channels]
