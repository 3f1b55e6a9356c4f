"""Steering: pause, resume, stop and retry a distribution (B9), and hold it when its mailbox breaks.

A person decides about the distribution, in one step; its enrolments follow, a hundred at a time,
again from the beginning when that is interrupted.
"""

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Seq
from functools import partial

from bot.domain import distribution as rules
from bot.domain import holding
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError, TransientError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.planning import Schedule, schedule_of
from bot.domain.quota import placed
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.views import View
from bot.jobs import HoldDistributions, RefreshDistributionCard, RetryFailed, SteerDistribution
from bot.ports import Clock, JobQueue, Records
from bot.services.booking import Booking
from bot.services.changing import change
from bot.services.distributions import Distributions
from bot.services.organisations import Organisations
from bot.services.senders import Senders

_AT_ONCE = 100
Change = Callable[[Enrolment, Schedule], Enrolment]


class Steering:
    """What people, and broken mailboxes, do to a distribution under way."""

    def __init__(
        self,
        *,
        records: Records,
        jobs: JobQueue,
        booking: Booking,
        distributions: Distributions,
        senders: Senders,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._jobs = jobs
        self._booking = booking
        self._distributions = distributions
        self._senders = senders
        self._organisations = organisations
        self._clock = clock

    async def pause(self, actor: Actor, distribution_id: str) -> View:
        """Keep back what has not left."""
        now = self._clock.now()
        pause = partial(rules.pause, by_name=actor.name, now=now)
        return await self._decide(actor, distribution_id, pause)

    async def resume(self, actor: Actor, distribution_id: str, *, shifted: bool) -> View:
        """Let it go on: what is late at once, or the whole plan later by as long as it was kept.

        Raises:
            UserMistakeError: its mailbox cannot send yet.
        """
        self._organisations.managed_by(actor)
        known, sequence = await self._load(actor.tenant_id, distribution_id)
        mailbox = await self._records.get(Mailbox, known.tenant_id, known.mailbox_id)
        if obstacle := await self._senders.obstacle(sequence, mailbox):
            raise UserMistakeError(obstacle)
        now = self._clock.now()
        release = partial(rules.release, now=now, shifted=shifted)
        return await self._decide(actor, distribution_id, release)

    async def stop(self, actor: Actor, distribution_id: str) -> View:
        """Call off what has not left, for good."""
        now = self._clock.now()
        stop = partial(rules.stop, by_name=actor.name, now=now)
        return await self._decide(actor, distribution_id, stop)

    async def retry(self, actor: Actor, distribution_id: str) -> View:
        """Try what failed again: only what has certainly not left."""
        self._organisations.managed_by(actor)
        known, _ = await self._load(actor.tenant_id, distribution_id)
        if known.state is DistributionState.RUNNING:
            job = RetryFailed(tenant_id=known.tenant_id, distribution_id=known.id)
            await self._jobs.put(known.tenant_id, job, at=self._clock.now())
        return await self._distributions.show(actor, distribution_id)

    async def hold_all(self, job: HoldDistributions) -> None:
        """Hold what a mailbox that cannot send has under way (G2)."""
        mailbox = await self._records.get(Mailbox, job.tenant_id, job.mailbox_id)
        if mailbox is None or mailbox.can_send:
            return
        reason = f"{mailbox.address} is not connected for sending."
        for each in await self._records.list(Distribution, job.tenant_id):
            if each.mailbox_id == mailbox.id:
                await self._change(each, partial(rules.hold, reason=reason, now=self._clock.now()))

    async def follow(self, job: SteerDistribution) -> None:
        """Have every enrolment do what its distribution does.

        Raises:
            TransientError: they change too fast for us; come again.
        """
        known, sequence = await self._load(job.tenant_id, job.distribution_id)
        match known.state:
            case DistributionState.PAUSED | DistributionState.HELD:
                await self._each(known, sequence, lambda it, _: holding.hold(it, known.reason))
            case DistributionState.RUNNING:
                await self._each(
                    known,
                    sequence,
                    lambda it, at: holding.release(it, at, self._clock.now(), known.shift),
                )
            case DistributionState.STOPPED:
                await self._each(known, sequence, lambda it, _: holding.call_off(it))

    async def retry_failed(self, job: RetryFailed) -> None:
        """Try the failed ones of a running distribution again."""
        known, sequence = await self._load(job.tenant_id, job.distribution_id)
        if known.state is DistributionState.RUNNING:
            await self._each(
                known, sequence, lambda it, at: holding.try_again(it, at, self._clock.now())
            )

    async def _decide(
        self, actor: Actor, distribution_id: str, decide: Callable[[Distribution], Distribution]
    ) -> View:
        self._organisations.managed_by(actor)
        known, _ = await self._load(actor.tenant_id, distribution_id)
        await self._change(known, decide)
        return await self._distributions.show(actor, distribution_id)

    async def _change(
        self, known: Distribution, decide: Callable[[Distribution], Distribution]
    ) -> None:
        job = SteerDistribution(tenant_id=known.tenant_id, distribution_id=known.id)
        home, now = known.tenant_id, self._clock.now()
        await change(self._records, known, decide, home=home, at=now, jobs=(job,))

    async def _each(self, known: Distribution, sequence: Sequence, decide: Change) -> None:
        """Change every enrolment that `decide` changes, and show what came of it."""
        for ids in _by_hundreds(known.enrolment_ids):
            await self._some(known, sequence, ids, decide)
        job = RefreshDistributionCard(tenant_id=known.tenant_id, distribution_id=known.id)
        await self._jobs.put(known.tenant_id, job, at=self._clock.now())

    async def _some(
        self, known: Distribution, sequence: Sequence, ids: Seq[str], decide: Change
    ) -> None:
        calendar = self._organisations.calendar_of(known.tenant_id)
        for _ in range(10):
            changed = []
            for each in await self._records.enrolments(known.mailbox_id, ids):
                decided = decide(each, schedule_of(sequence, each.participant, calendar))
                if decided is not each:
                    changed.append(placed(decided, self._organisations.calendar.day_of))
            try:
                if changed:
                    await self._booking.save(sequence, changed)
            except ConcurrentChangeError:
                continue
            return
        raise TransientError("the enrolments of a distribution are changing all the time")

    async def _load(self, tenant_id: str, distribution_id: str) -> tuple[Distribution, Sequence]:
        known = await self._records.get(Distribution, tenant_id, distribution_id)
        if known is None:
            raise UserMistakeError("This distribution no longer exists.")
        sequence = await self._records.get(Sequence, tenant_id, known.sequence_id)
        if sequence is None:
            raise UserMistakeError("The sequence of this distribution no longer exists.")
        return known, sequence


def _by_hundreds(ids: Seq[str]) -> Iterator[Seq[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
