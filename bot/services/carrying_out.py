"""Carrying out: what was decided about a distribution happens to each of its enrolments, a hundred
at a time; again from the beginning when that is interrupted.
"""

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Seq

from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError, TransientError
from bot.domain.planning import Schedule, schedule_of
from bot.domain.quota import placed
from bot.domain.sequence import Sequence
from bot.jobs import RefreshDistributionCard
from bot.ports import Clock, JobQueue, Records
from bot.services.booking import Booking
from bot.services.enrolled import enrolments_of
from bot.services.organisations import Organisations

_AT_ONCE = 100
_TRIES = 10
Change = Callable[[Enrolment, Schedule], Enrolment]


class CarryingOut:
    """Changes enrolments, each as it is when its turn comes."""

    def __init__(
        self,
        records: Records,
        jobs: JobQueue,
        booking: Booking,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._jobs = jobs
        self._booking = booking
        self._organisations = organisations
        self._clock = clock

    async def carry_out(self, known: Distribution, sequence: Sequence, decide: Change) -> None:
        """Change every enrolment that `decide` changes, and show what came of it.

        Raises:
            TransientError: they change too fast for us; come again.
        """
        for ids in _by_hundreds(known.enrolment_ids):
            await self._some(known, sequence, ids, decide)
        job = RefreshDistributionCard(tenant_id=known.tenant_id, distribution_id=known.id)
        await self._jobs.put(known.tenant_id, job, at=self._clock.now())

    async def _some(
        self, known: Distribution, sequence: Sequence, ids: Seq[str], decide: Change
    ) -> None:
        calendar = self._organisations.calendar_of(known.tenant_id)
        for _ in range(_TRIES):
            changed = []
            for each in await enrolments_of(self._records, known, ids):
                decided = decide(each, schedule_of(sequence, each.participant, calendar))
                if decided is not each:
                    changed.append(placed(decided, self._organisations.calendar.day_of))
            try:
                for home in known.homes:
                    its = [each for each in changed if each.mailbox_id == home]
                    if its:
                        await self._booking.save(sequence, its)
            except ConcurrentChangeError:
                continue
            return
        raise TransientError("the enrolments of a distribution are changing all the time")


def _by_hundreds(ids: Seq[str]) -> Iterator[Seq[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
