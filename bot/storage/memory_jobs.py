"""Jobs that wait, in memory: what `jobs` does in Redis, in one process."""

import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.jobs import Job
from bot.ports import QueuedJob
from bot.storage.codec import milliseconds, moment_of
from bot.storage.keys import shard_of

_Key = tuple[int, str]


@dataclass(slots=True)
class _Waiting:
    """A job by its key: due at `at`, or held by `token` until `at`."""

    job: Job
    at: int
    token: str = ""
    asked: int | None = None
    tries: int = 0


class MemoryJobQueue:
    """ports.JobQueue."""

    def __init__(self) -> None:
        self._jobs: dict[_Key, _Waiting] = {}

    async def put(self, home: str, *jobs: Job, at: datetime) -> datetime:
        """Queue jobs due at `at`; return when the first of them runs next."""
        self.queue(home, jobs, at)
        known = [self._jobs[shard_of(home), each.key] for each in jobs]
        return moment_of(min(each.at if each.asked is None else each.asked for each in known))

    async def take(self, now: datetime, most: int, lease: timedelta) -> Sequence[QueuedJob]:
        """Take up to `most` due jobs, each for the length of the lease."""
        due = [key for key, each in self._jobs.items() if each.at <= milliseconds(now)]
        due.sort(key=lambda key: (self._jobs[key].at, key))
        return [self._take(key, milliseconds(now + lease)) for key in due[:most]]

    async def finish(self, queued: QueuedJob) -> None:
        """Forget a job that is done."""
        self._end(queued, None, fresh=True)

    async def again(self, queued: QueuedJob, at: datetime, *, failed: bool) -> None:
        """Put a job back, due at `at`."""
        self._end(queued, milliseconds(at), fresh=not failed)

    def queue(self, home: str, jobs: Sequence[Job], at: datetime) -> None:
        """Queue jobs; what is queued runs at the earlier moment, what is being worked on again."""
        moment = milliseconds(at)
        for job in jobs:
            known = self._jobs.setdefault((shard_of(home), job.key), _Waiting(job, moment))
            if known.token:
                known.asked = moment if known.asked is None else min(known.asked, moment)
            else:
                known.at = min(known.at, moment)

    def waiting(self, now: int) -> int:
        """Return how many jobs are due or being worked on."""
        return sum(each.at <= now or bool(each.token) for each in self._jobs.values())

    def _take(self, key: _Key, until: int) -> QueuedJob:
        waiting = self._jobs[key]
        waiting.at, waiting.token = until, random.token_hex(8)
        waiting.tries += 1
        shard, name = key
        return QueuedJob(
            shard=shard, key=name, job=waiting.job, attempt=waiting.tries, token=waiting.token
        )

    def _end(self, queued: QueuedJob, again: int | None, *, fresh: bool) -> None:
        key = queued.shard, queued.key
        held = self._jobs.get(key)
        if held is None or held.token != queued.token:
            return
        wanted = [each for each in (again, held.asked) if each is not None]
        if not wanted:
            del self._jobs[key]
            return
        tries = 0 if fresh or held.asked is not None else held.tries
        self._jobs[key] = _Waiting(held.job, min(wanted), tries=tries)
