"""The loops: emails that are due, notifications that came in, jobs that wait.

Jobs go to the workshop. A passing fault puts work back with a growing wait; an
unexpected one is logged with its traceback and the work is tried again later, never silently lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from bot.domain.errors import MailroomError, PermanentError, TransientError, UserMistakeError
from bot.domain.records import Arrivals, Notification
from bot.domain.schedule import retry_at
from bot.ports import Clock, Inbound, InboundEntry, JobQueue, QueuedJob, SweepDue
from bot.services.loading import Due
from bot.workshop import Workshop

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
        self._reading: set[str] = set()

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
        """Read an entry once at a time: one that takes longer than it may lie idle is taken again
        while it is still read here; the reading under way ends it.
        """
        if entry.id in self._reading:
            return
        self._reading.add(entry.id)
        try:
            await self._read_all(entry)
        finally:
            self._reading.discard(entry.id)

    async def _read_all(self, entry: InboundEntry) -> None:
        if len(entry.arrivals) > 1:
            await self._inbound.split(entry)
            return
        left: Exception | None = None
        for notification in _each_of(entry.arrivals):
            try:
                await self._workshop.reading.handle(notification)
            except PermanentError as error:  # Graph will not hear of this message
                _log.warning("inbound.given_up", entry=entry.id, code=error.code)
            except Exception as error:  # the others are handled all the same
                left = error
        if left is not None:
            raise left
        await self._inbound.done(entry)
        for arrivals in entry.arrivals:
            await self._workshop.watching.heard(arrivals.mailbox_id)

    async def _waiting(self, most: int) -> Sequence[QueuedJob]:
        return await self._jobs.take(self._clock.now(), most, _JOB_LEASE)

    async def _run_job(self, queued: QueuedJob) -> None:
        """Run a job once at a time: one that outlives its lease (a slow Teams, a calendar that
        jumped) is taken again while it still runs here; the run under way ends both.
        """
        key = queued.shard, queued.key  # the same job in two shards is two jobs
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
            return await self._workshop.do(queued.job), False
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


def _each_of(arrivals: Sequence[Arrivals]) -> Iterator[Notification]:
    """Give every message once, however often Graph told of it."""
    for each in arrivals:
        for message_id in dict.fromkeys(each.message_ids):
            yield Notification(
                tenant_id=each.tenant_id, mailbox_id=each.mailbox_id, message_id=message_id
            )
