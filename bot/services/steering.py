"""Steering: pause, resume, stop and retry a distribution (B9), and hold it when its mailbox breaks.

A person decides about the distribution, in one step; its enrolments follow.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain import distribution as rules
from bot.domain import holding
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.editing import edit_for, followed
from bot.domain.enrolment import Enrolment
from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.obstacle import Obstacle, told
from bot.domain.planning import Schedule
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.views import View
from bot.jobs import (
    HoldAfterFault,
    HoldDistributions,
    RetryFailed,
    SteerDistribution,
)
from bot.ports import Clock, JobQueue, Records
from bot.services.carrying_out import CarryingOut
from bot.services.changing import change
from bot.services.distributions import Distributions
from bot.services.organisations import Organisations
from bot.services.senders import Senders
from bot.services.under_way import UnderWay

_log = structlog.get_logger(__name__)
_SOON = timedelta(seconds=10)
_UNSTEADY = (DistributionState.STARTING, DistributionState.MOVING)


class Steering:
    """What people, and broken mailboxes, do to a distribution under way."""

    def __init__(
        self,
        *,
        records: Records,
        jobs: JobQueue,
        carrying_out: CarryingOut,
        distributions: Distributions,
        senders: Senders,
        under_way: UnderWay,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._jobs = jobs
        self._carry_out = carrying_out.carry_out
        self._distributions = distributions
        self._senders = senders
        self._under_way = under_way
        self._organisations = organisations
        self._clock = clock

    async def pause(self, actor: Actor, distribution_id: str) -> View:
        """Keep back what has not left."""
        now = self._clock.now()
        pause = partial(rules.pause, by_name=actor.name, now=now)
        return await self._decide(actor, distribution_id, pause)

    async def resume(self, actor: Actor, distribution_id: str, *, shifted: bool) -> View:
        """Let it go on: what is late at once, or the whole plan later by as long as it was kept.
        Where its mailbox cannot send yet it stays as it is, and says so.
        """
        self._organisations.managed_by(actor)
        known, sequence = await self._load(actor.tenant_id, distribution_id)
        mailbox = await self._records.get(Mailbox, known.tenant_id, known.mailbox_id)
        if obstacle := await self._senders.obstacle(sequence, mailbox):
            return await self._distributions.show(actor, distribution_id, obstacle)
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

    async def hold_all(self, job: HoldDistributions) -> datetime | None:
        """Hold what a mailbox that cannot send has under way (G2); return when to look again, while
        one of them still starts, or moves.
        """
        mailbox = await self._records.get(Mailbox, job.tenant_id, job.mailbox_id)
        if mailbox is None:
            return None
        known = await self._records.list(Distribution, job.tenant_id)
        its = [each for each in known if mailbox.id in each.homes]
        for each in its:
            if each.state is DistributionState.RUNNING:
                await self._hold_or_go_on(each, mailbox)
        unsteady = any(each.state in _UNSTEADY for each in its)
        return self._clock.now() + _SOON if unsteady and not mailbox.can_send else None

    async def _hold_or_go_on(self, known: Distribution, mailbox: Mailbox) -> None:
        """One whose mailbox can send again by now, or that moved away from it, takes back the
        emails that were refused.
        """
        sequence = await self._records.get(Sequence, known.tenant_id, known.sequence_id)
        stands = sequence is not None and await self._senders.obstacle(sequence, mailbox)
        if not stands or mailbox.can_send or known.mailbox_id != mailbox.id:
            await self._steer(known)
            return
        obstacle = mailbox.obstacle or Obstacle.CONSENT
        await self._hold(known, mailbox.cannot_send, obstacle)

    async def hold_after_fault(self, job: HoldAfterFault) -> datetime | None:
        """Hold a distribution whose emails Graph does not understand, and call the operator: nobody
        else can mend it. Returns when to look again, while it still starts, or moves.
        """
        known, _ = await self._load(job.tenant_id, job.distribution_id)
        if known.state in _UNSTEADY:
            return self._clock.now() + _SOON
        if known.state is DistributionState.RUNNING:
            _log.error("send.fault_of_ours", distribution=known.id, code=job.code)
            await self._hold(known, told(Obstacle.FAULT), Obstacle.FAULT)
        else:
            await self._steer(known)
        return None

    async def _hold(self, known: Distribution, reason: str, obstacle: Obstacle) -> None:
        now = self._clock.now()
        hold = partial(rules.hold, reason=reason, obstacle=obstacle, now=now)
        await self._change(known, hold)

    async def _steer(self, known: Distribution) -> None:
        job = SteerDistribution(tenant_id=known.tenant_id, distribution_id=known.id)
        await self._jobs.put(known.tenant_id, job, at=self._clock.now())

    async def follow(self, job: SteerDistribution) -> None:
        """Have every enrolment do what its distribution does.

        Raises:
            TransientError: they change too fast for us; come again.
        """
        known, sequence = await self._load(job.tenant_id, job.distribution_id)
        match known.state:
            case DistributionState.PAUSED | DistributionState.HELD:
                await self._carry_out(known, sequence, lambda it, _: holding.hold(it, known.reason))
            case DistributionState.RUNNING:
                await self._carry_out(
                    known,
                    sequence,
                    lambda it, at: holding.release(it, at, self._clock.now(), known.shift),
                )
                await self._shifted(known)
            case DistributionState.STOPPED:
                await self._carry_out(known, sequence, lambda it, _: holding.call_off(it))

    async def _shifted(self, known: Distribution) -> None:
        """The plan of everybody has moved: who is released later is not moved once more."""
        now, moved = self._clock.now(), partial(rules.shifted, kept_since=known.kept_since)
        await change(self._records, known, moved, home=known.tenant_id, at=now)

    async def retry_failed(self, job: RetryFailed) -> None:
        """Try the failed ones of a running distribution again, by the sequence as it is now; but
        for whoever has begun it anew since.
        """
        known, sequence = await self._load(job.tenant_id, job.distribution_id)
        if known.state is not DistributionState.RUNNING:
            return
        again = await self._under_way.elsewhere(known, sequence)
        calendar = self._organisations.calendar_of(known.tenant_id)

        def decide(failed: Enrolment, schedule: Schedule) -> Enrolment:
            if failed.participant.address in again:
                return failed
            now = self._clock.now()
            tried = holding.try_again(failed, schedule, now)
            if tried is failed:
                return failed
            return followed(tried, edit_for(tried, sequence, now, calendar), now, revived=True)

        await self._carry_out(known, sequence, decide)

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

    async def _load(self, tenant_id: str, distribution_id: str) -> tuple[Distribution, Sequence]:
        known = await self._records.get(Distribution, tenant_id, distribution_id)
        if known is None:
            raise UserMistakeError("This distribution no longer exists.")
        sequence = await self._records.get(Sequence, tenant_id, known.sequence_id)
        if sequence is None:
            raise UserMistakeError("The sequence of this distribution no longer exists.")
        return known, sequence
