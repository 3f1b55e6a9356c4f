"""The loops: emails that are due, notifications that came in, jobs that wait.

One `match` over jobs is the whole dispatch. A passing fault puts work back with a growing wait; an
unexpected one is logged with its traceback and the work is tried again later, never silently lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from bot.domain.errors import MailroomError, PermanentError, TransientError, UserMistakeError
from bot.domain.schedule import retry_at
from bot.jobs import (
    Announce,
    BeginScheduled,
    CallOffEdited,
    CatchUp,
    EmailInvite,
    HoldAfterFault,
    HoldDistributions,
    MoveDistribution,
    OptOut,
    ReadBack,
    RefreshDistributionCard,
    RefreshMailboxCards,
    ReleasePlaces,
    RetryFailed,
    SendInvite,
    StartDistribution,
    SteerDistribution,
    Subscribe,
    TellOfDistribution,
    TellOwner,
)
from bot.ports import Clock, Inbound, InboundEntry, JobQueue, QueuedJob, SweepDue
from bot.services.announcing import Announcing
from bot.services.invitation_mail import InvitationMail
from bot.services.inviting import Inviting
from bot.services.loading import Due
from bot.services.moving import Moving
from bot.services.opting_out import OptingOut
from bot.services.progress import Progress
from bot.services.reading import Reading
from bot.services.scheduling import Scheduling
from bot.services.sending import Sending
from bot.services.sent_items import SentItems
from bot.services.steering import Steering
from bot.services.sweeping import Sweeping
from bot.services.telling import Telling
from bot.services.watching import Watching

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_IDLE = 0.05
_TROUBLE = 1.0
SENDS_AT_ONCE = 64
_READS_AT_ONCE = 32
_JOBS_AT_ONCE = 16
_IDLE_INBOUND = timedelta(seconds=30)
_JOB_LEASE = timedelta(minutes=5)
_MOST_ATTEMPTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The use cases behind the loops."""

    sending: Sending
    reading: Reading
    announcing: Announcing
    inviting: Inviting
    invitation_mail: InvitationMail
    watching: Watching
    sent_items: SentItems
    sweeping: Sweeping
    progress: Progress
    opting_out: OptingOut
    steering: Steering
    scheduling: Scheduling
    telling: Telling
    moving: Moving


class Worker:
    """Runs every loop of one process until it is told to end."""

    def __init__(
        self,
        workshop: Workshop,
        jobs: JobQueue,
        inbound: Inbound,
        clock: Clock,
        name: str,
        *,
        sends_at_once: int = SENDS_AT_ONCE,
    ) -> None:
        self._workshop = workshop
        self._jobs = jobs
        self._inbound = inbound
        self._clock = clock
        self._name = name
        self._sends_at_once = sends_at_once
        self._running: dict[tuple[int, str], QueuedJob] = {}

    async def run(self, ended: asyncio.Event) -> None:
        """Run until `ended` is set and everything taken before is done."""
        pump = partial(self._pump, ended)
        async with asyncio.TaskGroup() as group:
            group.create_task(pump("send", self._due, self._send, self._sends_at_once))
            group.create_task(pump("inbound", self._arrived, self._read, _READS_AT_ONCE))
            group.create_task(pump("jobs", self._waiting, self._run_job, _JOBS_AT_ONCE))

    async def _pump(
        self,
        ended: asyncio.Event,
        name: str,
        take: Callable[[int], Awaitable[Sequence[T]]],
        do: Callable[[T], Awaitable[None]],
        most: int,
    ) -> None:
        """Take work until the end and do up to `most` pieces at once; a slow one holds up no
        other. More is taken when half of them are done: asking costs as much for one as for many.
        Returns when all that was taken is done.
        """
        running, room = 0, asyncio.Event()

        def done(_: asyncio.Task[None]) -> None:
            nonlocal running
            running -= 1
            if running <= most // 2:
                room.set()

        async with asyncio.TaskGroup() as group:
            while not ended.is_set():
                room.clear()
                if running > most // 2:
                    await room.wait()
                taken = await self._take(name, take, most - running)
                running += len(taken)
                for each in taken:
                    group.create_task(self._guarded(name, do, each)).add_done_callback(done)
                if not taken:
                    await asyncio.sleep(_IDLE)

    async def _take(
        self, name: str, take: Callable[[int], Awaitable[Sequence[T]]], most: int
    ) -> Sequence[T]:
        try:
            return await take(most)
        except TransientError as error:
            _log.warning("worker.trouble", loop=name, error=str(error))
        except Exception:
            _log.exception("worker.fault", loop=name)
        await asyncio.sleep(_TROUBLE)
        return ()

    async def _guarded(self, name: str, do: Callable[[T], Awaitable[None]], work: T) -> None:
        """What cannot be done now is left to its lease (or its idle time) and comes back."""
        try:
            await do(work)
        except MailroomError as error:
            _log.warning("worker.left_to_lease", loop=name, error=str(error))
        except Exception:
            _log.exception("worker.fault", loop=name)

    async def _due(self, most: int) -> Sequence[Due | SweepDue]:
        sending = self._workshop.sending
        return [*await sending.claim(most), *sending.to_sweep()]

    async def _send(self, due: Due | SweepDue) -> None:
        match due:
            case Due():
                await self._workshop.sending.handle(due)
            case SweepDue():
                await self._workshop.sweeping.sweep(due)

    async def _arrived(self, most: int) -> Sequence[InboundEntry]:
        return await self._inbound.read(self._name, most, _IDLE_INBOUND)

    async def _read(self, entry: InboundEntry) -> None:
        left: Exception | None = None
        for notification in entry.notifications:
            try:
                await self._workshop.reading.handle(notification)
            except PermanentError as error:  # Graph will not hear of this message
                _log.warning("inbound.given_up", entry=entry.id, code=error.code)
            except Exception as error:  # the others are handled all the same
                left = error
        if left is not None:
            raise left
        await self._inbound.done(entry)

    async def _waiting(self, most: int) -> Sequence[QueuedJob]:
        return await self._jobs.take(self._clock.now(), most, _JOB_LEASE)

    async def _run_job(self, queued: QueuedJob) -> None:
        """Run a job once at a time: one that outlives its lease (a slow Teams, a calendar that
        jumped) is taken again while it still runs here; the run under way ends both.
        """
        key = queued.shard, queued.job.key  # the same job in two shards is two jobs
        if key in self._running:
            self._running[key] = queued
            return
        self._running[key] = queued
        try:
            again, failed = await self._outcome(queued)
        finally:
            held = self._running.pop(key)
        if again is None:
            await self._jobs.finish(held)
        else:
            await self._jobs.again(held, again, failed=failed)

    async def _outcome(self, queued: QueuedJob) -> tuple[datetime | None, bool]:
        """Do the job; return when it is to be done again, and whether that is because it failed."""
        try:
            return await self._do(queued), False
        except (PermanentError, UserMistakeError) as error:
            _log.warning("job.given_up", job=queued.job.key, error=str(error))
            return None, True
        except MailroomError as error:
            return self._later(queued, error), True
        except Exception as error:
            _log.exception("job.fault", job=queued.job.key)
            return self._later(queued, error), True

    def _later(self, queued: QueuedJob, error: Exception) -> datetime | None:
        if queued.attempt >= _MOST_ATTEMPTS and not isinstance(error, TransientError):
            _log.error("job.given_up", job=queued.job.key, attempts=queued.attempt)
            return None
        least = error.retry_after if isinstance(error, TransientError) else None
        _log.info("job.later", job=queued.job.key, attempt=queued.attempt, error=str(error))
        return retry_at(self._clock.now(), queued.attempt, least or 0.0)

    async def _do(self, queued: QueuedJob) -> datetime | None:  # noqa: C901, PLR0912 - a case per job
        """Do one job; return when it wants to be done again."""
        work = self._workshop
        match queued.job:
            case SendInvite() as job:
                await work.inviting.send_invite(job)
            case EmailInvite() as job:
                await work.invitation_mail.send(job)
            case RefreshMailboxCards() as job:
                await work.inviting.refresh_cards(job)
            case TellOwner() as job:
                await work.inviting.tell_owner(job)
            case Subscribe() as job:
                return await work.watching.keep_watching(job.tenant_id, job.mailbox_id)
            case StartDistribution() as job:
                await work.progress.start(job)
            case BeginScheduled() as job:
                return await work.scheduling.begin(job)
            case CallOffEdited() as job:
                await work.scheduling.call_off_edited(job)
            case TellOfDistribution() as job:
                await work.telling.tell(job)
            case SteerDistribution() | RetryFailed() | MoveDistribution() as job:
                return await self._steer(job)
            case HoldDistributions() | HoldAfterFault() as job:
                return await self._hold(job)
            case ReleasePlaces() as job:
                return await work.progress.release_places(job)
            case RefreshDistributionCard() as job:
                await work.progress.refresh_card(job)
            case CatchUp() as job:
                await work.sweeping.catch_up(job)
            case ReadBack() as job:
                await work.sent_items.catch_up(job)
            case OptOut() as job:
                await work.opting_out.stop_everything(job)
            case Announce() as job:
                await work.announcing.tell(job)
        return None

    async def _steer(
        self, job: SteerDistribution | RetryFailed | MoveDistribution
    ) -> datetime | None:
        """Do what a person has decided about a distribution under way."""
        match job:
            case SteerDistribution():
                await self._workshop.steering.follow(job)
            case RetryFailed():
                await self._workshop.steering.retry_failed(job)
            case MoveDistribution():
                return await self._workshop.moving.carry(job)
        return None

    async def _hold(self, job: HoldDistributions | HoldAfterFault) -> datetime | None:
        """Hold what cannot leave."""
        match job:
            case HoldDistributions():
                return await self._workshop.steering.hold_all(job)
            case HoldAfterFault():
                return await self._workshop.steering.hold_after_fault(job)
