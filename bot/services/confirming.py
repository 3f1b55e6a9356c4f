"""Confirming: what becomes of a draft. It begins, waits for its time, or for a second person; or it
is dropped.
"""

from dataclasses import replace
from functools import partial

from bot.domain import distribution as rules
from bot.domain.approval import ask, fingerprint
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Message
from bot.domain.roles import Actor
from bot.domain.views import View
from bot.jobs import BeginScheduled, Job
from bot.ports import Clock, Records
from bot.services.booking import Booking, Plan
from bot.services.changing import change, insist
from bot.services.checking import Checking
from bot.services.distributions import Distributions
from bot.services.organisations import Organisations
from bot.services.second_person import SecondPerson
from bot.services.telling import Telling

_LATE = (
    "The time you chose has passed, so nothing was sent. "
    "Say “distribute” and choose another, or none."
)


class Confirming:
    """The decision about a draft, made once."""

    def __init__(
        self,
        *,
        records: Records,
        distributions: Distributions,
        checking: Checking,
        booking: Booking,
        second_person: SecondPerson,
        telling: Telling,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._distributions = distributions
        self._checking = checking
        self._booking = booking
        self._second_person = second_person
        self._telling = telling
        self._organisations = organisations
        self._clock = clock

    async def confirm(self, actor: Actor, distribution_id: str, card: Message) -> View:
        """Decide a draft, once: whoever presses second sees what became of it.

        Raises:
            UserMistakeError: it cannot be sent as it was previewed; nothing was changed.
        """
        self._organisations.managed_by(actor)
        await insist(partial(self._confirm, actor, distribution_id, card))
        return await self._distributions.show(actor, distribution_id)

    async def cancel(self, actor: Actor, distribution_id: str) -> View:
        """Drop what has not begun; what has goes on and is shown."""
        self._organisations.managed_by(actor)
        known = await self._distributions.load(actor.tenant_id, distribution_id)
        jobs: list[Job] = []
        if known.decided_by:
            jobs.append(self._telling.refresh(known))
        if known.decided_by not in ("", actor.oid):
            jobs.append(self._telling.requester(known, "cancelled"))
        await change(
            self._records,
            known,
            lambda each: rules.cancel(each, actor.name),
            home=known.tenant_id,
            at=self._clock.now(),
            jobs=jobs,
        )
        return await self._distributions.show(actor, distribution_id)

    async def _confirm(self, actor: Actor, distribution_id: str, card: Message) -> None:
        known = await self._distributions.load(actor.tenant_id, distribution_id)
        if known.state is not DistributionState.DRAFT:
            return
        draft, now = replace(known, card=card), self._clock.now()
        if draft.starts_at and draft.starts_at <= now:
            raise UserMistakeError(_LATE)
        plan = await self._checking.plan(draft, now)
        if why := await self._second_person.why(draft, plan.mailbox):
            await self._ask(actor, draft, plan, why)
        elif draft.starts_at:
            scheduled = rules.confirm(draft, actor, now)
            begin = BeginScheduled(tenant_id=draft.tenant_id, distribution_id=draft.id)
            jobs = (begin, self._telling.refresh(draft))
            await self._records.save(scheduled, plan.sequence, jobs=jobs, at=now)
        else:
            started = rules.confirm(plan.distribution, actor, now)
            await self._booking.begin(replace(plan, distribution=started))

    async def _ask(self, actor: Actor, draft: Distribution, plan: Plan, why: str) -> None:
        """Have it wait for a second person. What is approved is the list as it was previewed."""
        if nobody := self._second_person.nobody(actor):
            raise UserMistakeError(f"Somebody else has to approve this. {why}", nobody)
        now = self._clock.now()
        asked = ask(draft, actor, now, fingerprint(draft, plan.sequence, plan.mailbox))
        told = await self._telling.channels(draft, "asked")
        jobs: list[Job] = [*told, self._telling.refresh(draft)]
        await self._records.save(asked, plan.sequence, jobs=jobs, at=now)
