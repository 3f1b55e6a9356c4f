"""Moving: what a distribution has not sent leaves from another mailbox (G2).

Its home is the mailbox, so it crosses shards, and no step covers both. All places are booked at the
new mailbox before anything moves. Then each enrolment is sealed where it was, made anew where it
goes, and, when nobody is left behind, released there: whatever is interrupted goes on from what the
records say.
"""

import asyncio
from collections.abc import Sequence as Seq
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment
from bot.domain.errors import (
    ConcurrentChangeError,
    PermanentError,
    TransientError,
    UserMistakeError,
)
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.moving import arrived, begin_move, can_move, end_move, one_by_one, sealed
from bot.domain.planning import schedule_of
from bot.domain.quota import placed
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.views import View
from bot.jobs import MoveDistribution, RefreshDistributionCard, SteerDistribution
from bot.ports import Clock, Records
from bot.services.booking import Booking
from bot.services.changing import change
from bot.services.checking import unfit_values
from bot.services.distributions import Distributions
from bot.services.enrolled import enrolments_of
from bot.services.organisations import Organisations
from bot.services.senders import Senders
from bot.services.sent_items import SentItems
from bot.services.under_way import UnderWay

_AT_ONCE = 100
_SOON = timedelta(seconds=15)


class Moving:
    """Takes a distribution from one mailbox to another."""

    def __init__(
        self,
        *,
        records: Records,
        booking: Booking,
        distributions: Distributions,
        senders: Senders,
        sent_items: SentItems,
        under_way: UnderWay,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._booking = booking
        self._distributions = distributions
        self._senders = senders
        self._sent_items = sent_items
        self._under_way = under_way
        self._organisations = organisations
        self._clock = clock

    async def move(self, actor: Actor, distribution_id: str, mailbox_id: str) -> View:
        """Have a paused or held distribution go on from another mailbox; any other is only shown.
        Where it cannot, or its emails find no room there, nothing moves, and the card says why.
        """
        self._organisations.managed_by(actor)
        known, sequence = await self._load(actor.tenant_id, distribution_id)
        target = await self._records.get(Mailbox, actor.tenant_id, mailbox_id)
        now = self._clock.now()
        begun = begin_move(known, mailbox_id, actor.name, now)
        if begun is known:
            return await self._distributions.show(actor, distribution_id)
        people = [e for e in await enrolments_of(self._records, known) if can_move(e)]
        if target is None or (why := await self._why_not(sequence, target, people)):
            why = why if target else ("Choose the mailbox it is to move to.",)
            return await self._distributions.show(actor, distribution_id, *why)
        there = self._there(begun, sequence, [sealed(each, mailbox_id) for each in people])
        if short := await self._booking.rebook(known, target, there):
            return await self._distributions.show(actor, distribution_id, *short)
        await self._begin(begun, await self._under_way.joined_by(sequence, begun))
        return await self._distributions.show(actor, distribution_id)

    async def carry(self, job: MoveDistribution) -> datetime | None:
        """Carry everybody over who can move; return when to come again, while an email of somebody
        is under way this moment.

        Raises:
            TransientError: they change too fast for us; come again.
        """
        known, sequence = await self._load(job.tenant_id, job.distribution_id)
        if known.state is not DistributionState.MOVING:
            return None
        await self._learn_ids(known)
        gone: list[Enrolment] = []
        left = 0
        everybody = known.enrolment_ids
        for at in range(0, len(everybody), _AT_ONCE):
            some, kept = await self._seal(known, everybody[at : at + _AT_ONCE])
            gone += some
            left += kept
        there = self._there(known, sequence, gone)
        for at in range(0, len(there), _AT_ONCE):
            await self._arrive(known, sequence, there[at : at + _AT_ONCE])
        if left:
            return self._clock.now() + _SOON
        await self._finish(known)
        return None

    async def _why_not(
        self, sequence: Sequence, target: Mailbox, people: Seq[Enrolment]
    ) -> tuple[str, ...]:
        if not target.can_send:
            return (target.cannot_send,)
        if obstacle := await self._senders.obstacle(sequence, target):
            return (obstacle,)
        if not people:
            return ("Nothing is left that could move.",)
        organisation = self._organisations.of(sequence.tenant_id).name
        persons = [each.participant for each in people]
        return unfit_values(sequence, persons, organisation, target.owner_name)

    async def _begin(self, begun: Distribution, joined: Sequence) -> None:
        """Whoever was faster has it move, or go on: then what was booked for this is given back."""
        job = MoveDistribution(tenant_id=begun.tenant_id, distribution_id=begun.id)
        try:
            await self._records.save(begun, joined, jobs=(job,), at=self._clock.now())
        except ConcurrentChangeError:
            present, _ = await self._load(begun.tenant_id, begun.id)
            if present.moving_to != begun.moving_to:
                await self._booking.unbook(begun.moving_to, begun.id)

    async def _learn_ids(self, known: Distribution) -> None:
        """What left a moment ago is to be answered by the name Exchange gave it, if that can still
        be had; else by our own.
        """
        people = await enrolments_of(self._records, known)
        for home in known.homes:
            mailbox = await self._records.get(Mailbox, known.tenant_id, home)
            unread = [at for each in people if each.mailbox_id == home for at in each.unread_since]
            if unread and mailbox and mailbox.status is MailboxStatus.ACTIVE:
                with suppress(PermanentError, TransientError):
                    await self._sent_items.read_back(home, min(unread))

    async def _seal(self, known: Distribution, ids: Seq[str]) -> tuple[list[Enrolment], int]:
        """Seal those of these people who can move; return them, with those that are so already, and
        how many could not be just now.
        """
        gone: dict[str, Enrolment] = {}
        left = 0
        for home in known.homes:
            if home == known.moving_to:
                continue
            here = await self._records.enrolments(home, ids)
            closed = await asyncio.gather(
                *(self._close(each, known.moving_to) for each in here if can_move(each))
            )
            left += sum(each is None for each in closed)
            for each in (*here, *closed):
                if each and each.moved_to == known.moving_to:
                    before = gone.get(each.id, each)
                    gone[each.id] = max(before, each, key=lambda one: one.moves)
        return [gone[each] for each in ids if each in gone], left

    async def _close(self, each: Enrolment, mailbox_id: str) -> Enrolment | None:
        """Return the enrolment sealed; None where it is under way, or was changed, this moment."""
        closed = sealed(each, mailbox_id)
        try:
            await self._records.save(closed, at=self._clock.now())
        except ConcurrentChangeError:
            return None
        return closed

    def _there(
        self, known: Distribution, sequence: Sequence, gone: Seq[Enrolment]
    ) -> Seq[Enrolment]:
        """Return the sealed enrolments as they are to be at the new mailbox."""
        calendar = self._organisations.calendar_of(known.tenant_id)
        start = known.moving_since or self._clock.now()
        return [
            placed(
                arrived(each, schedule_of(sequence, each.participant, calendar), at),
                self._organisations.calendar.day_of,
            )
            for each, at in one_by_one(gone, start)
        ]

    async def _arrive(self, known: Distribution, sequence: Sequence, there: Seq[Enrolment]) -> None:
        """Make those who are not there yet. One that was there before, and went on to where it
        comes from now, left a record behind, which is the older one.
        """
        ids = [each.id for each in there]
        found = {e.id: e for e in await self._records.enrolments(known.moving_to, ids)}
        new = [
            replace(each, rev=found[each.id].rev if each.id in found else 0)
            for each in there
            if each.id not in found or found[each.id].moves < each.moves
        ]
        if new:
            try:
                await self._booking.save(sequence, new)
            except ConcurrentChangeError as error:
                raise TransientError("somebody else carries it over as well") from error

    async def _finish(self, known: Distribution) -> None:
        await self._booking.unbook(known.moving_to, known.id)
        named = {"tenant_id": known.tenant_id, "distribution_id": known.id}
        await change(
            self._records,
            known,
            end_move,
            home=known.tenant_id,
            at=self._clock.now(),
            jobs=(SteerDistribution(**named), RefreshDistributionCard(**named)),
        )

    async def _load(self, tenant_id: str, distribution_id: str) -> tuple[Distribution, Sequence]:
        known = await self._records.get(Distribution, tenant_id, distribution_id)
        if known is None:
            raise UserMistakeError("This distribution no longer exists.")
        sequence = await self._records.get(Sequence, tenant_id, known.sequence_id)
        if sequence is None:
            raise UserMistakeError("The sequence of this distribution no longer exists.")
        return known, sequence
