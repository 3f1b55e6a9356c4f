"""Following up: one queued job stands for many emails."""

from datetime import datetime, timedelta

from bot.jobs import ReadBack, RefreshDistributionCard
from bot.ports import Clock, JobQueue

_MOST_REMEMBERED = 10_000
_GROWTH = 2


class Following:
    """Remembers what this process has queued, and when it runs."""

    def __init__(self, jobs: JobQueue, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._known: dict[str, tuple[datetime, timedelta]] = {}

    async def put(
        self,
        home: str,
        job: ReadBack | RefreshDistributionCard,
        after: timedelta,
        *,
        growing_to: timedelta | None = None,
    ) -> None:
        """Queue a job to run `after` now, unless it is sure to run later than now: then it covers
        this email, too. `growing_to`: the wait grows up to that while there is always more to do.
        """
        now = self._clock.now()
        at, waited = self._known.get(job.key, (now, after))
        if now < at:
            return
        if growing_to is not None and job.key in self._known and now - at < growing_to:
            after = min(waited * _GROWTH, growing_to)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        # At what moment it really runs: one that was queued already runs earlier.
        self._known[job.key] = await self._jobs.put(home, job, at=now + after), after
