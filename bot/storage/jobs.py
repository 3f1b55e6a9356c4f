"""Jobs that wait, in Redis: at least once, each key once in the queue."""

import secrets as random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bot.jobs import Job
from bot.ports import QueuedJob
from bot.storage import job_scripts, keys
from bot.storage.batch import Batch
from bot.storage.codec import decode_job, encode_job, milliseconds, moment_of
from bot.storage.connection import translated
from bot.storage.polling import Rounds

_log = structlog.get_logger(__name__)


class RedisJobQueue:
    """ports.JobQueue. A queued job's home is named by its shard: that is all that matters here."""

    def __init__(self, batch: Batch, rounds: Rounds) -> None:
        self._put = batch.script(job_scripts.PUT_JOBS)
        self._take = batch.script(job_scripts.TAKE_JOBS)
        self._end = batch.script(job_scripts.END_JOB)
        self._rounds = rounds.of_jobs

    async def put(self, home: str, *jobs: Job, at: datetime) -> datetime:
        """Queue jobs due at `at`; return when the first of them runs next."""
        shard = keys.shard_of(home)
        told = [part for each in jobs for part in (each.key, encode_job(each))]
        with translated():
            soon = await self._put([keys.tag(shard)], [milliseconds(at), *told])
        return moment_of(int(float(soon)))

    async def take(self, now: datetime, most: int, lease: timedelta) -> Sequence[QueuedJob]:
        """Take up to `most` due jobs, each for the length of the lease."""
        at, token = milliseconds(now), random.token_hex(8)
        shards = await self._rounds.due(at, most)
        if not shards:
            return []
        arguments: list[str | int] = [
            at,
            most // len(shards),
            lease // timedelta(milliseconds=1),
            token,
        ]
        with translated():
            answers = await self._take.run_each([[keys.tag(each)] for each in shards], arguments)
        taken = []
        for shard, (moment, found) in zip(shards, answers, strict=True):
            self._rounds.told(shard, int(moment))
            jobs = [_queued(shard, token, *each) for each in found]
            taken += [each for each in jobs if each is not None]
        return taken

    async def finish(self, queued: QueuedJob) -> None:
        """Forget a job that is done."""
        await self._end_job(queued, "", fresh=True)

    async def again(self, queued: QueuedJob, at: datetime, *, failed: bool) -> None:
        """Put a job back, due at `at`."""
        await self._end_job(queued, str(milliseconds(at)), fresh=not failed)

    async def _end_job(self, queued: QueuedJob, again: str, *, fresh: bool) -> None:
        arguments: list[str | int] = [queued.key, queued.token, again, int(fresh)]
        with translated():
            moment = await self._end([keys.tag(queued.shard)], arguments)
        self._rounds.told(queued.shard, int(moment))


def _queued(shard: int, token: str, key: bytes, data: bytes, attempt: int) -> QueuedJob | None:
    """Return what was taken. One this program cannot read is left to its lease, where a program
    that can may take it, and holds up no other.
    """
    try:
        job = decode_job(data)
    except ValueError as error:
        _log.error("job.unreadable", job=key.decode(), error=str(error))
        return None
    return QueuedJob(shard=shard, key=key.decode(), job=job, attempt=attempt, token=token)
