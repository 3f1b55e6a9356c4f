"""Scheduling: a distribution begins at its time, after everything was looked at once more, or it
fails as a whole.

Nothing is booked before. What is interrupted is done again from the beginning: the one decision is
a single write, and places that were booked for nothing come back by themselves.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain import distribution as rules
from bot.domain.approval import require_may_hurry
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.roles import Actor
from bot.domain.views import View
from bot.jobs import BeginScheduled, CallOffEdited
from bot.ports import Clock, Records
from bot.services.booking import Booking
from bot.services.changing import insist
from bot.services.checking import Checking
from bot.services.distributions import Distributions
from bot.services.organisations import Organisations
from bot.services.telling import Telling


class Scheduling:
    """What becomes of a scheduled distribution."""

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

    async def begin(self, job: BeginScheduled) -> datetime | None:
        """Begin it if its time has come, planned from now; return when to come again."""
        known = await self._records.get(Distribution, job.tenant_id, job.distribution_id)
        if known is None or known.starts_at is None:
            return None
        if known.state is not DistributionState.SCHEDULED:
            return None
        now = self._clock.now()
        if now < known.starts_at:
            return known.starts_at
        try:
            await self._begin(known, now)
        except UserMistakeError as error:
            await self._telling.fail(known, error.problems)
        except ConcurrentChangeError:
            return now
        return None

    async def begin_now(self, actor: Actor, distribution_id: str) -> View:
        """Begin it before its time.

        Raises:
            UserMistakeError: it cannot begin now, and still waits for its time.
        """

        async def attempt() -> None:
            known = await self._distributions.load(actor.tenant_id, distribution_id)
            if known.state is DistributionState.SCHEDULED:
                require_may_hurry(known, actor)
                await self._begin(known, self._clock.now())

        self._organisations.managed_by(actor)
        await insist(attempt)
        return await self._distributions.show(actor, distribution_id)

    async def call_off_edited(self, job: CallOffEdited) -> None:
        """Have what waits to send an edited sequence fail at once, while there is time to redo."""
        for each in await self._records.list(Distribution, job.tenant_id):
            if each.sequence_id != job.sequence_id or each.state not in rules.WAITING:
                continue
            if problems := await self._checking.voided(each):
                await self._telling.fail(each, problems)

    async def _begin(self, known: Distribution, now: datetime) -> None:
        plan = await self._checking.plan(known, now)
        started = rules.begin(plan.distribution, now)
        told = [self._telling.requester(known, "begun")] if started.dropped else []
        await self._booking.begin(
            replace(plan, distribution=started), self._telling.refresh(known), *told
        )
