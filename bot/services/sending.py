"""Sending: a claim becomes at most one submission, and every outcome is settled (B10).

The intent is durable before the claim is ours; what is not certain afterwards is looked up by our
key in Sent Items and Drafts, never guessed. What left by SMTP can be looked up nowhere: a person
decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain import doubt
from bot.domain import enrolment as rules
from bot.domain.delivery import DeliveryStatus, Outcome, OutgoingMail, SendReport
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import (
    ConsentRequiredError,
    PermanentError,
    TransientError,
)
from bot.domain.mailbox import Mailbox
from bot.domain.opt_out import opted_out
from bot.domain.planning import schedule_of
from bot.domain.postponing import no_earlier, off_full_day, wait_for_window
from bot.domain.quota import placed
from bot.domain.route import Route
from bot.domain.schedule import ANY_TIME, LIMITS, retry_at
from bot.domain.sequence import Sequence as MailSequence
from bot.jobs import ReadBack, RefreshDistributionCard
from bot.ports import Claim, Clock, JobQueue, MailClient, Records, SendQueue, SweepDue
from bot.services.composing import Composing
from bot.services.conversations import Conversations
from bot.services.organisations import Organisations
from bot.services.reaching import broken
from bot.services.recent import Recent
from bot.services.relaying import Relaying
from bot.services.settling import Settling, Work
from bot.services.suppressions import Suppressions

_log = structlog.get_logger(__name__)
_READ_BACK_AFTER = timedelta(minutes=2)
_MOST_REMEMBERED = 10_000
_UNDER_WAY = timedelta(minutes=1)  # longer than a request takes, however it ends
_REFRESH_AFTER = timedelta(seconds=10)
_A_MOMENT = timedelta(milliseconds=250)
_NOT_COMPOSED = "This email could not be put together. We try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A claimed email; `suppressed`: nothing is sent to its address any more."""

    claim: Claim
    suppressed: bool


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
        clock: Clock,
    ) -> None:
        self._records = records
        self._queue = queue
        self._jobs = jobs
        self._mail = mail
        self._relaying = relaying
        self._composing = composing
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock
        self._recent = Recent(records)
        self._queued: dict[str, datetime] = {}
        settling = Settling(records, queue, conversations, organisations, clock)
        self._settle = settling.settle

    async def claim(self, most: int) -> Sequence[Due]:
        """Take up to `most` emails that are due, within every mailbox's pace."""
        now = self._clock.now()
        today = self._organisations.calendar.day_of(now)
        claims = await self._queue.claim(now, most, LIMITS, today)
        suppressed = await self._suppressed([each.enrolment for each in claims if each.enrolment])
        return [Due(claim=each, suppressed=each.enrolment_id in suppressed) for each in claims]

    def to_sweep(self) -> Sequence[SweepDue]:
        """Return the mailboxes to sweep before their follow-ups leave."""
        return self._queue.to_sweep()

    async def _suppressed(self, enrolments: Sequence[Enrolment]) -> frozenset[str]:
        """Return the ids of those whose people nothing is sent to: a fact of another shard, which
        claims cannot see.
        """
        found: set[str] = set()
        for tenant_id in {each.tenant_id for each in enrolments}:
            of = [each for each in enrolments if each.tenant_id == tenant_id]
            addresses = [each.participant.address for each in of]
            known = await self._suppressions.among(tenant_id, addresses)
            found |= {each.id for each in of if each.participant.address in known}
        return frozenset(found)

    async def handle(self, due: Due) -> None:
        """Submit (or look up) the claimed email and settle what became of it.

        Raises:
            TransientError: the store or Graph could not be reached; the lease decides.
        """
        claim = due.claim
        work = await self._load(claim)
        if work is None:
            await self._queue.let_go(claim)
        elif claim.recovered and work.delivery.route is not Route.MAILBOX:
            await self._settle(work, lambda known: rules.never_known(known, work.number))
        elif work.may_have_left or work.delivery.doubt_since is not None:
            await self._look_up(work)
        elif work.enrolment.state is not EnrolmentState.ACTIVE:
            await self._queue.let_go(claim)
        elif due.suppressed:
            await self._stop_suppressed(work)
        else:
            await self._when_it_may_leave(work)

    async def _when_it_may_leave(self, work: Work) -> None:
        """Submit it now, or plan it anew: for a day with room, the next day, the next window."""
        if work.claim.full:
            await self._settle(work, partial(self._on_a_later_day, work))
        elif work.delivery.place and self._day_ends():
            await self._settle(work, self._after_midnight)
        elif work.schedule.is_open(self._clock.now()):
            await self._submit(work)
        else:
            await self._wait_for_window(work)

    async def _load(self, claim: Claim) -> Work | None:
        """Return what the claim is about; None when there is nothing left to send."""
        enrolment = claim.enrolment
        number = _unsettled(enrolment) if enrolment else 0
        if enrolment is None or not number:
            return None
        sequence = await self._recent.get(MailSequence, enrolment.tenant_id, enrolment.sequence_id)
        mailbox = await self._recent.get(Mailbox, enrolment.tenant_id, claim.mailbox_id)
        if sequence is None or mailbox is None:
            return None
        if enrolment.test:  # whoever asks for one waits for it
            sequence = replace(sequence, window=ANY_TIME)
        return Work(
            claim=claim,
            enrolment=enrolment,
            number=number,
            sequence=sequence,
            schedule=schedule_of(
                sequence,
                enrolment.participant,
                self._organisations.calendar_of(enrolment.tenant_id),
            ),
            mailbox=mailbox,
        )

    async def _wait_for_window(self, work: Work) -> None:
        """The pace, a retry or a stop of ours has carried it out of its window."""
        now = self._clock.now()
        await self._settle(
            work, lambda known: wait_for_window(known, work.number, work.schedule, now)
        )

    def _day_ends(self) -> bool:
        """Whether what is written now may count on the next day, where it has no place."""
        day_of, now = self._organisations.calendar.day_of, self._clock.now()
        return day_of(now) != day_of(now + _UNDER_WAY)

    def _after_midnight(self, known: Enrolment) -> Enrolment:
        return no_earlier(known, self._clock.now() + _UNDER_WAY)

    def _on_a_later_day(self, work: Work, known: Enrolment) -> Enrolment:
        """Its mailbox has no place left today; what was planned for an earlier day goes with it."""
        calendar, now = self._organisations.calendar, self._clock.now()
        late = placed(no_earlier(known, now), calendar.day_of)
        return off_full_day(late, calendar.day_of(now), work.schedule, calendar)

    async def _submit(self, work: Work) -> None:
        report = await self._send(work)
        now = self._clock.now()
        await self._settle(
            work, lambda known: rules.after_send(known, work.number, report, work.schedule, now)
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
            await self._put_once(mailbox_id, read_back, now + _READ_BACK_AFTER)
        if work.enrolment.test:
            return
        refresh = RefreshDistributionCard(
            tenant_id=tenant_id, distribution_id=work.enrolment.distribution_id
        )
        await self._put_once(mailbox_id, refresh, now + _REFRESH_AFTER)

    async def _put_once(
        self, home: str, job: ReadBack | RefreshDistributionCard, at: datetime
    ) -> None:
        """Queue a job, unless it is sure to run later than now: then it covers this email, too."""
        queued = self._queued.get(job.key)
        if queued is not None and self._clock.now() < queued:
            return
        if len(self._queued) >= _MOST_REMEMBERED:
            self._queued.clear()
        self._queued[job.key] = await self._jobs.put(home, job, at=at)

    async def _send(self, work: Work) -> SendReport:
        if work.delivery.route is Route.MAILBOX and not work.mailbox.can_send:
            held = f"{work.mailbox.address} is not connected for sending."
            return SendReport(outcome=Outcome.NOT_WRITTEN, detail=held)
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
            await broken(self._records, work.mailbox, self._clock.now())
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
        the day it has its place on is not over, and nobody has opted out at that address.

        What was known a moment ago is not asked again: only a token takes longer to be had.
        """
        if self._clock.now() - (work.claim.expires - LIMITS.lease) < _A_MOMENT:
            return True
        found = await self._records.enrolments(work.mailbox.id, [work.enrolment.id])
        current = found[0].current if found else None
        active = bool(found) and found[0].state is EnrolmentState.ACTIVE
        if not active or current is None or current.number != work.number:
            return False
        if await self._suppressed(found):
            return False
        if current.place is None:
            return True
        today = self._organisations.calendar.day_of(self._clock.now())
        return current.place == today and not self._day_ends()

    async def _stop_suppressed(self, work: Work) -> None:
        now = self._clock.now()
        await self._settle(work, lambda known: opted_out(known, 0, now))

    async def _look_up(self, work: Work) -> None:
        try:
            copy = await self._mail.find_sent(work.mailbox.id, work.delivery.key, claimed=True)
        except ConsentRequiredError:
            await broken(self._records, work.mailbox, self._clock.now())
            await self._look_later(work)
            return
        except (PermanentError, TransientError):
            await self._look_later(work)
            return
        now = self._clock.now()
        await self._settle(
            work,
            lambda known: doubt.after_lookup(
                work.doubted(known, now),
                work.number,
                copy,
                work.schedule,
                now,
            ),
        )

    async def _look_later(self, work: Work) -> None:
        """Nobody can look now: the doubt stays, and is looked up when somebody can."""
        now = self._clock.now()
        later = retry_at(now, work.enrolment.attempts + 1)
        await self._settle(
            work,
            lambda known: replace(
                work.doubted(known, now),
                not_before=later,
                attempts=known.attempts + 1,
            ),
        )


def _unsettled(enrolment: Enrolment) -> int:
    """Return the number of the email a claim is about: the first without an outcome, cancelled or
    not (an answer may have come while it was under way); 0 when there is none.
    """
    scheduled = DeliveryStatus.SCHEDULED
    return next((each.number for each in enrolment.deliveries if each.status is scheduled), 0)
