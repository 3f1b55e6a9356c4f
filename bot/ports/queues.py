"""What is still to be done: emails, jobs, notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.domain.enrolment import Enrolment
from bot.domain.records import Arrivals
from bot.domain.schedule import SendLimits
from bot.jobs import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to submit one enrolment's pending email until `expires`.

    The intent is durable before a claim is returned. `recovered`: an earlier holder vanished, so
    that email may have left already; so may one that was due before `doubtful`, the moment the
    store restarted or failed over a short while ago. `full`: its mailbox has no place left today,
    so it is not to be sent but planned for a later day. No enrolment has the same `fence`
    twice. `enrolment` is as it was at that moment, None when it is gone.
    """

    mailbox_id: str
    enrolment_id: str
    fence: str
    expires: datetime
    enrolment: Enrolment | None
    recovered: bool = False
    full: bool = False
    doubtful: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepDue:
    """A mailbox whose follow-ups wait, now or soon, until its mail was swept (B12)."""

    tenant_id: str
    mailbox_id: str


class SendQueue(Protocol):
    """What is due to be sent, claimed under pace and in-flight limits."""

    async def claim(
        self, now: datetime, most: int, limits: SendLimits, today: date | None = None
    ) -> Sequence[Claim]:
        """Take up to `most` due enrolments (next_due <= now), fairly over mailboxes: never more
        than `limits.in_flight` claims of a mailbox at once, `limits.pace` apart. Claims whose lease
        ran out come first, with a new fence and lease, as recovered.

        A follow-up is claimed only while its mailbox was swept within `limits.fresh`: see
        `to_sweep`.

        An email with a place on another day than `today` (None: that of `now` in UTC) is moved to a
        place of today; where none is left the claim is `full`, and keeps no pace.
        """

    def to_sweep(self) -> Sequence[SweepDue]:
        """Return the mailboxes that the claims since the last call want swept, a little before it
        is needed. Whoever takes them sweeps; nobody else is told for a while.
        """

    async def keep_turn(self, claim: Claim, now: datetime, limits: SendLimits) -> bool:
        """Have a claim's turn be `now`, and the next one of its mailbox `limits.pace` later, where
        no other was handed out since; return whether that is so.
        """

    async def settle(
        self, claim: Claim, enrolment: Enrolment, *, jobs: Sequence[Job] = (), at: datetime
    ) -> None:
        """Save the enrolment as `Records.save` does and end the claim, in one step.

        Raises:
            ConcurrentChangeError: the record moved meanwhile; load it, decide again, settle again.
            DayFullError: as in `Records.save`; the claim goes on.
            PermanentError: the claim is no longer ours (its lease ran out and somebody took it).
        """

    async def let_go(self, claim: Claim) -> None:
        """End the claim without a change: nothing was submitted. Back into the queue if due."""

    async def due_between(
        self, mailbox_id: str, moments: Sequence[datetime], *, by_relay: bool = False
    ) -> Sequence[int]:
        """Return how many emails of a mailbox fall due from each of these moments, which rise, up
        to the next; `by_relay`: those that leave by SMTP. Only the next email of everybody is
        counted: those behind it have no moment yet. Costs a look-up for each moment, however many
        emails wait.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """A job being worked on, and the `key` it is queued under: one of an earlier version keeps its
    own. `attempt` counts the failures in a row, from 1.
    """

    shard: int
    key: str
    job: Job
    attempt: int
    token: str


class Requests(Protocol):
    """The requests of one mailbox that are under way beside its claims, over all processes."""

    async def begin(
        self, mailbox_id: str, name: str, now: datetime, lasting: timedelta, most: int
    ) -> bool:
        """Take a place among the `most` that may be under way, claims counted; return whether there
        was one. It is given back by itself after `lasting`.
        """

    async def end(self, mailbox_id: str, name: str) -> None:
        """Give the place back."""


class Sweeps(Protocol):
    """How far and how freshly each mailbox's mail was read (B12)."""

    async def read_to(self, mailbox_id: str) -> datetime | None:
        """Return when the newest mail arrived that a sweep has read, None before the first one."""

    async def note(self, mailbox_id: str, read_to: datetime) -> None:
        """Note how far a sweep has come that goes on; never back."""

    async def done(self, mailbox_id: str, began: datetime, read_to: datetime) -> None:
        """Note that everything that lay in the mailbox at `began` was read: its follow-ups may
        leave for a while.
        """

    async def answered(self, mailbox_id: str, at: datetime) -> None:
        """Note that an answer to an email of ours was read."""

    async def is_busy(self, mailbox_id: str, since: datetime) -> bool:
        """Return whether an email is to leave from the mailbox (or by SMTP, with its answers coming
        there), or an answer was read from `since` on.
        """


class JobQueue(Protocol):
    """Jobs that wait. At least once: one whose worker vanished comes back after its lease."""

    async def put(self, home: str, *jobs: Job, at: datetime) -> datetime:
        """Queue jobs due at `at`; a key that is queued already runs at the earlier moment. One that
        is being worked on right now runs once more afterwards. Returns when the first of them runs
        next, which may have passed.
        """

    async def take(self, now: datetime, most: int, lease: timedelta) -> Sequence[QueuedJob]:
        """Take up to `most` due jobs, each for the length of the lease."""

    async def finish(self, queued: QueuedJob) -> None:
        """Forget a job that is done (or given up); one taken over by somebody else is left."""

    async def again(self, queued: QueuedJob, at: datetime, *, failed: bool) -> None:
        """Put a job back, due at `at`; one that did not fail begins to count attempts anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEntry:
    """What arrived in one POST, each mailbox once."""

    id: str
    arrivals: tuple[Arrivals, ...]


class Inbound(Protocol):
    """The durable stream between Graph's POST and our reading of it."""

    async def append(self, arrivals: Sequence[Arrivals]) -> None:
        """Keep them as one entry, durably, before returning."""

    async def read(self, consumer: str, most: int, idle: timedelta) -> Sequence[InboundEntry]:
        """Return entries nobody has taken, and those another consumer took longer than `idle`
        (real time) ago and never finished. Waits up to a second when there is nothing.
        """

    async def split(self, entry: InboundEntry) -> None:
        """Put an entry for each mailbox in the place of one of several, in one step: a mailbox that
        cannot be read holds up no other.
        """

    async def done(self, entry: InboundEntry) -> None:
        """Forget an entry that was handled."""
