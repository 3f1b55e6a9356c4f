"""Sending: a claim becomes at most one submission, and every outcome is settled (B10).

The intent is durable before the claim is ours; what is not certain afterwards is looked up by our
key in Sent Items and Drafts, never guessed. What left by SMTP can be looked up nowhere: a person
decides.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial

import structlog

from bot.domain import submission
from bot.domain.delivery import Outcome, OutgoingMail, SendReport
from bot.domain.editing import written_as
from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConsentRequiredError, PermanentError, TransientError
from bot.domain.opt_out import opted_out
from bot.domain.postponing import no_earlier, off_full_day, wait_for_window
from bot.domain.quota import placed
from bot.domain.route import Route
from bot.domain.schedule import LIMITS
from bot.jobs import ReadBack, RefreshDistributionCard
from bot.ports import Clock, JobQueue, MailClient, Records, SendQueue, SweepDue
from bot.services.blocking import Blocking, kept_back
from bot.services.composing import Composing
from bot.services.conversations import Conversations
from bot.services.following import Following
from bot.services.former_mailboxes import FormerMailboxes
from bot.services.loading import Due, Loading
from bot.services.looking_up import LookingUp
from bot.services.organisations import Organisations
from bot.services.reaching import broken
from bot.services.relaying import Relaying
from bot.services.settling import Settling, Work
from bot.services.suppressions import Suppressions

_log = structlog.get_logger(__name__)
_READ_BACK_AFTER = timedelta(minutes=2)
_UNDER_WAY = timedelta(minutes=1)  # longer than a request takes, however it ends
# A card is shown anew soon at first, and every minute while it goes on.
_REFRESH_AFTER = timedelta(seconds=10)
_REFRESH_LATE = timedelta(minutes=1)
_NOT_COMPOSED = "This email could not be put together. We try again."


class Sending:
    """The use cases of the send loop."""

    def __init__(
        self,
        *,
        records: Records,
        queue: SendQueue,
        jobs: JobQueue,
        mail: MailClient,
        relaying: Relaying,
        composing: Composing,
        conversations: Conversations,
        suppressions: Suppressions,
        organisations: Organisations,
        former: FormerMailboxes,
        clock: Clock,
    ) -> None:
        self._records = records
        self._former = former
        self._queue = queue
        self._mail = mail
        self._relaying = relaying
        self._composing = composing
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock
        self._loading = Loading(records, suppressions, organisations)
        self._followed = Following(jobs, clock)
        self._last_minute = clock.now()
        self._blocking = Blocking(records, clock)
        settling = Settling(records, queue, conversations, organisations, clock)
        self._settle = settling.settle
        self._looking_up = LookingUp(records, mail, settling, clock)

    async def claim(self, most: int) -> Sequence[Due]:
        """Take up to `most` emails that are due, within every mailbox's pace."""
        now = self._clock.now()
        today = self._organisations.calendar.day_of(now)
        return await self._loading.loaded(await self._queue.claim(now, most, LIMITS, today))

    def to_sweep(self) -> Sequence[SweepDue]:
        """Return the mailboxes to sweep before their follow-ups leave."""
        return self._queue.to_sweep()

    async def handle(self, due: Due) -> None:
        """Submit (or look up) the claimed email and settle what became of it.

        Raises:
            TransientError: the store or Graph could not be reached; the lease decides.
        """
        work = due.work
        if work is None:
            await self._queue.let_go(due.claim)
        elif work.claim.recovered and work.delivery.route is not Route.MAILBOX:
            await self._settle(work, lambda known: submission.never_known(known, work.number))
        elif work.may_have_left or work.delivery.doubt_since is not None:
            await self._looking_up.look_up(work)
        elif not work.enrolment.may_send:
            await self._queue.let_go(work.claim)
        elif due.suppressed:
            await self._stop_suppressed(work)
        else:
            await self._when_it_may_leave(work)

    async def _when_it_may_leave(self, work: Work) -> None:
        """Submit it now, or plan it anew: for a day with room, the next day, the next window."""
        if work.claim.full:
            await self._settle(work, partial(self._on_a_later_day, work))
        elif work.delivery.place and self._day_ends():
            await self._settle(work, self._in_a_minute)
        elif work.schedule.is_open(self._clock.now()):
            await self._submit(work)
        else:
            await self._wait_for_window(work)

    async def _wait_for_window(self, work: Work) -> None:
        """The pace, a retry or a stop of ours has carried it out of its window."""
        now = self._clock.now()
        await self._settle(
            work, lambda known: wait_for_window(known, work.number, work.schedule, now)
        )

    def _day_ends(self) -> bool:
        """Whether what is written now may count on the next day, where it has no place."""
        now = self._clock.now()
        if now < self._last_minute:
            return False
        calendar = self._organisations.calendar
        tomorrow = datetime.combine(calendar.day_of(now) + timedelta(days=1), time())
        self._last_minute = calendar.first_at(tomorrow) - _UNDER_WAY
        return now >= self._last_minute

    def _in_a_minute(self, known: Enrolment) -> Enrolment:
        return no_earlier(known, self._clock.now() + _UNDER_WAY)

    def _on_a_later_day(self, work: Work, known: Enrolment) -> Enrolment:
        """Its mailbox has no place left today; what was planned for an earlier day goes with it."""
        calendar, now = self._organisations.calendar, self._clock.now()
        late = placed(no_earlier(known, now), calendar.day_of)
        return off_full_day(late, calendar.day_of(now), work.schedule, calendar)

    async def _submit(self, work: Work) -> None:
        if work.enrolment.moves and not await self._former.are_silent(work.enrolment):
            await self._settle(work, self._in_a_minute)
            return
        report = await self._send(work)
        now = self._clock.now()
        holding = await self._blocking.met(work.mailbox, work.enrolment, report)
        await self._settle(
            work,
            lambda known: submission.after_send(
                written_as(known, work.sequence, work.number),
                work.number,
                report,
                work.schedule,
                now,
            ),
            holding,
        )
        # Not before: the answer exists nowhere but here until it is settled.
        await self._queue_follow_up(work, now)

    async def _queue_follow_up(self, work: Work, now: datetime) -> None:
        """Have the ids read back and the live card refreshed. Not one step with the settling: a
        crash in between costs one idle run, or the look-up that reads the ids as well.
        """
        tenant_id, mailbox_id = work.mailbox.tenant_id, work.mailbox.id
        if work.delivery.route is Route.MAILBOX:
            read_back = ReadBack(tenant_id=tenant_id, mailbox_id=mailbox_id, since=now)
            await self._followed.put(mailbox_id, read_back, _READ_BACK_AFTER)
        if not work.enrolment.test:
            refresh = RefreshDistributionCard(
                tenant_id=tenant_id, distribution_id=work.enrolment.distribution_id
            )
            await self._followed.put(mailbox_id, refresh, _REFRESH_AFTER, growing_to=_REFRESH_LATE)

    async def _send(self, work: Work) -> SendReport:
        if work.delivery.route is Route.MAILBOX and not work.mailbox.can_send:
            return kept_back(work.mailbox)
        try:
            sender = work.mailbox.owner_name
            mail = self._composing.compose(work.enrolment, work.sequence, sender)
        except Exception as error:  # whatever it was, nothing has been written
            kind = type(error).__name__
            _log.error("send.not_composed", enrolment=work.enrolment.id, error=kind)
            return SendReport(outcome=Outcome.NOT_WRITTEN, detail=_NOT_COMPOSED)
        try:
            return await self._written(work, mail)
        except ConsentRequiredError as error:
            await broken(self._records, work.mailbox, self._clock.now(), error.words)
            return SendReport(outcome=Outcome.NOT_WRITTEN, code=error.code)
        except (TransientError, PermanentError) as error:
            return SendReport(outcome=Outcome.NOT_WRITTEN, detail=str(error))

    async def _written(self, work: Work, mail: OutgoingMail) -> SendReport:
        begun = work.claim.expires - LIMITS.lease
        # More than half of the lease must be left when the request is written; and a follow-up
        # leaves while what its mailbox was swept for still holds (B12).
        until = begun + (LIMITS.write if work.is_follow_up else LIMITS.lease / 2)
        wanted = partial(self._still_wanted, work)
        if work.delivery.route is Route.MAILBOX:
            return await self._mail.send(work.mailbox.id, mail, until=until, wanted=wanted)
        return await self._relaying.send(
            mail,
            work.delivery,
            work.enrolment,
            work.sequence,
            work.mailbox,
            until=until,
            wanted=wanted,
        )

    async def _still_wanted(self, work: Work) -> bool:
        """Return whether the email is still to leave: no answer stopped it since it was claimed,
        the day it has its place on is not over, nobody has opted out at that address, and its turn
        was not followed by another one of its mailbox.

        What was known a moment ago is not asked again: only a token takes longer to be had, or a
        process that was frozen.
        """
        if self._clock.now() - (work.claim.expires - LIMITS.lease) < LIMITS.prompt:
            return True
        found = await self._records.enrolments(work.mailbox.id, [work.enrolment.id])
        current = found[0].current if found else None
        active = bool(found) and found[0].may_send
        if not active or current is None or current.number != work.number:
            return False
        person = work.enrolment.participant
        if await self._suppressions.of(work.enrolment.tenant_id, person.address) is not None:
            return False
        if work.delivery.route is not Route.MAILBOX:
            return True
        now = self._clock.now()
        today = self._organisations.calendar.day_of(now)
        if current.place is not None and (current.place != today or self._day_ends()):
            return False
        return await self._queue.keep_turn(work.claim, now, LIMITS)

    async def _stop_suppressed(self, work: Work) -> None:
        now = self._clock.now()
        await self._settle(work, lambda known: opted_out(known, 0, now))
