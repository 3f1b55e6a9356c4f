"""The places of days in memory: what `places` and `place_scripts` do in Redis."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.domain.daily_limit import MOST_A_DAY
from bot.domain.enrolment import Enrolment
from bot.domain.errors import DayFullError
from bot.jobs import Job
from bot.storage.memory_jobs import MemoryJobQueue

_KEPT = timedelta(days=2)


class MemoryPlaces:
    """ports.Places."""

    def __init__(self, jobs: MemoryJobQueue) -> None:
        self._jobs = jobs
        self._days: dict[str, Counter[date]] = {}
        self._booked: dict[tuple[str, str], Counter[date]] = {}
        self._most: dict[str, int] = {}
        self._least: dict[str, Mapping[date, int]] = {}

    async def book(
        self,
        mailbox_id: str,
        distribution_id: str,
        wanted: Mapping[date, int],
        *,
        today: date,
        watch: Job,
        at: datetime,
    ) -> Mapping[date, int]:
        """Book places for a whole distribution, all or nothing."""
        days = self._of(mailbox_id)
        for day in [each for each in days if each < today - _KEPT]:
            del days[day]
        await self.release(mailbox_id, distribution_id)
        missing = {day: n - self.room(mailbox_id, day) for day, n in wanted.items()}
        short = {day: n for day, n in missing.items() if n > 0}
        if not short:
            days.update(wanted)
            self._booked[mailbox_id, distribution_id] = Counter(wanted)
            self._jobs.queue(mailbox_id, [watch], at)
        return short

    async def release(self, mailbox_id: str, distribution_id: str) -> None:
        """Give back what a distribution has booked and its enrolments have not taken."""
        self._of(mailbox_id).subtract(self._booked.pop((mailbox_id, distribution_id), Counter()))

    async def taken(self, mailbox_id: str) -> Mapping[date, int]:
        """Return how many places of which days are taken or booked."""
        return {day: n for day, n in self._of(mailbox_id).items() if n > 0}

    async def limit(self, mailbox_id: str, most: int, days: Mapping[date, int]) -> None:
        """Hold the mailbox to `most` a day, and to less on days of their own."""
        self._most[mailbox_id] = most
        self._least[mailbox_id] = dict(days)

    def room(self, mailbox_id: str, day: date) -> int:
        """Return how many places a day has left."""
        most = self._least.get(mailbox_id, {}).get(day, self._most.get(mailbox_id, MOST_A_DAY))
        return most - self._of(mailbox_id)[day]

    def change(self, changes: Sequence[tuple[Enrolment | None, Enrolment]]) -> None:
        """Count what these changes of enrolments, from what to what, do to their days.

        Raises:
            DayFullError: there is no room; nothing was changed.
        """
        moves: Counter[tuple[str, date]] = Counter()
        booked: dict[tuple[str, str], Counter[date]] = {}
        for before, after in changes:
            new, old = _days_of(after), _days_of(before) if before else []
            moves.subtract((after.mailbox_id, day) for day in old)
            if not old:
                of = after.mailbox_id, after.distribution_id
                left = booked.setdefault(of, Counter(self._booked.get(of)))
                new = [day for day in new if not _taken_from(left, day)]
            moves.update((after.mailbox_id, day) for day in new)
        for (mailbox_id, day), by in moves.items():
            if by > 0 and self.room(mailbox_id, day) < by:
                raise DayFullError(day)
        for (mailbox_id, day), by in moves.items():
            self._of(mailbox_id)[day] += by
        self._booked.update(booked)

    def give_back(self, enrolment: Enrolment) -> None:
        """Count the places of an enrolment that is forgotten before its emails left."""
        waiting = [each.place for each in enrolment.deliveries if each.waiting and each.place]
        self._of(enrolment.mailbox_id).subtract(waiting)

    def _of(self, mailbox_id: str) -> Counter[date]:
        return self._days.setdefault(mailbox_id, Counter())


def _days_of(enrolment: Enrolment) -> list[date]:
    return [each.place for each in enrolment.deliveries if each.place and not each.cancelled]


def _taken_from(booked: Counter[date], day: date) -> bool:
    if booked[day] < 1:
        return False
    booked[day] -= 1
    return True
