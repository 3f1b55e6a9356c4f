"""Approving: a second person lets a distribution go, or does not (B8)."""

from collections.abc import Awaitable, Callable

from bot.domain import approval
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.roles import Actor
from bot.domain.views import View
from bot.jobs import BeginScheduled
from bot.ports import Clock, Records
from bot.services.booking import Booking
from bot.services.changing import insist
from bot.services.checking import Checking
from bot.services.distributions import Distributions
from bot.services.organisations import Organisations
from bot.services.telling import Telling


class Approving:
    """What the second person does; whoever presses after them sees what became of it."""

    def __init__(
        self,
        *,
        records: Records,
        distributions: Distributions,
        checking: Checking,
        booking: Booking,
        telling: Telling,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._distributions = distributions
        self._checking = checking
        self._booking = booking
        self._telling = telling
        self._organisations = organisations
        self._clock = clock

    async def approve(self, actor: Actor, distribution_id: str) -> View:
        """Let it begin, or wait for its time. What is not what was asked for any more fails.

        Raises:
            UserMistakeError: they asked for it themselves, or it cannot begin now and still waits.
        """
        return await self._decided(actor, distribution_id, self._approve)

    async def refuse(self, actor: Actor, distribution_id: str) -> View:
        """Do not let it begin.

        Raises:
            UserMistakeError: they asked for it themselves.
        """
        return await self._decided(actor, distribution_id, self._refuse)

    async def _decided(
        self,
        actor: Actor,
        distribution_id: str,
        decide: Callable[[Actor, Distribution], Awaitable[None]],
    ) -> View:
        async def attempt() -> None:
            known = await self._distributions.load(actor.tenant_id, distribution_id)
            if known.state is DistributionState.ASKED:
                await decide(actor, known)

        self._organisations.managed_by(actor)
        await insist(attempt)
        return await self._distributions.show(actor, distribution_id)

    async def _approve(self, actor: Actor, known: Distribution) -> None:
        now = self._clock.now()
        approved = approval.approve(known, actor, now)
        if void := await self._checking.voided(known):
            await self._telling.fail(known, void)
            return
        jobs = (self._telling.requester(known, "approved"), self._telling.refresh(known))
        if approved.state is DistributionState.SCHEDULED:
            begin = BeginScheduled(tenant_id=known.tenant_id, distribution_id=known.id)
            await self._records.save(approved, jobs=(begin, *jobs), at=now)
            return
        await self._booking.begin(await self._checking.plan(approved, now), *jobs)

    async def _refuse(self, actor: Actor, known: Distribution) -> None:
        refused = approval.refuse(known, actor)
        jobs = (self._telling.requester(known, "refused"), self._telling.refresh(known))
        await self._records.save(refused, jobs=jobs, at=self._clock.now())
