"""Booking: a distribution gets the places its emails need in their mailbox's days, or none (G6)."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.errors import DayFullError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.planning import schedule_of
from bot.domain.postponing import off_full_day
from bot.domain.preflight import (
    Lane,
    Preflight,
    Way,
    fits,
    not_enough_room,
    places,
    preflight,
)
from bot.domain.quota import DayLoad, missing_room, wanted
from bot.domain.route import Route
from bot.domain.schedule import LIMITS
from bot.domain.sequence import Sequence, route_of
from bot.jobs import Job, ReleasePlaces, StartDistribution
from bot.ports import Clock, Places, Records, SendQueue
from bot.services.lanes import Lanes
from bot.services.organisations import Organisations

_TAKING = (DistributionState.STARTING, DistributionState.MOVING)
_WATCH_AFTER = timedelta(minutes=10)
_AT_ONCE = 100
_DAYS_AHEAD = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A distribution with what it sends, from where, and when: planned alike every time."""

    distribution: Distribution
    sequence: Sequence
    mailbox: Mailbox
    start: datetime


class Booking:
    """Plans enrolments, looks whether they fit, books their places and makes them."""

    def __init__(
        self,
        records: Records,
        places: Places,
        sends: SendQueue,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._places = places
        self._lanes = Lanes(records, places, sends, organisations, clock)
        self._organisations = organisations
        self._clock = clock

    async def preflight(self, plan: Plan) -> Preflight:
        """Return what a distribution that starts then asks of its mailbox's days; where they lack
        places, with the ways out (B6).
        """
        ways = self._ways(plan, self._enrolled(plan))
        lane = await self._lanes.of(plan.mailbox, plan.start)
        asked = preflight(ways, plan.start, lane)
        if not asked.short:
            return asked
        later = await self._later_start(plan, ways, lane)
        others = await self._lanes.others_with_room(plan.mailbox, ways, plan.start, asked)
        return replace(asked, later=later, others=others)

    async def book(self, plan: Plan) -> bool:
        """Book every place the distribution needs; return whether all of them were to be had.

        Places booked by one that does not start after all come back by themselves.
        """
        ways = self._ways(plan, self._enrolled(plan))
        asked = places(ways, plan.start, await self._lanes.of(plan.mailbox, plan.start))
        days = Counter(day for of in asked for day in of if day)
        return not await self._book(plan.distribution, plan.mailbox.id, days)

    async def _book(
        self, known: Distribution, mailbox_id: str, days: Mapping[date, int]
    ) -> Mapping[date, int]:
        now = self._clock.now()
        watch = ReleasePlaces(
            tenant_id=known.tenant_id, mailbox_id=mailbox_id, distribution_id=known.id
        )
        return await self._places.book(
            mailbox_id,
            known.id,
            days,
            today=self._organisations.calendar.day_of(now),
            watch=watch,
            at=now + _WATCH_AFTER,
        )

    async def rebook(
        self, known: Distribution, mailbox: Mailbox, enrolments: Seq[Enrolment]
    ) -> tuple[str, ...]:
        """Book every place these enrolments need at another mailbox; return what is short, as
        sentences, and then nothing was booked.
        """
        days = wanted(enrolments)
        short = await self._book(known, mailbox.id, days)
        loads = (
            DayLoad(day=day, wanted=days[day], free=days[day] - missing)
            for day, missing in sorted(short.items())
        )
        return missing_room(loads, mailbox.address)

    async def unbook(self, mailbox_id: str, distribution_id: str) -> None:
        """Give back what a distribution has booked there and nobody has taken."""
        await self._places.release(mailbox_id, distribution_id)

    async def begin(self, plan: Plan, *jobs: Job) -> None:
        """Book every place and save the distribution, which has been decided to start, with `jobs`:
        all of it or nothing.

        Raises:
            UserMistakeError: there is not room enough; says where, and the ways out.
            ConcurrentChangeError: the distribution or its sequence was changed meanwhile.
        """
        known = plan.distribution
        if not await self.book(plan):
            asked = await self.preflight(plan)
            people = len(known.people)
            raise UserMistakeError(*not_enough_room(asked, plan.mailbox.address, people))
        start = StartDistribution(tenant_id=known.tenant_id, distribution_id=known.id)
        # With the sequence: an edit at the same moment loses, or makes this one lose.
        await self._records.save(known, plan.sequence, jobs=(start, *jobs), at=self._clock.now())

    async def release(self, job: ReleasePlaces) -> datetime | None:
        """Give back what is booked and not taken; return when to look again, while the distribution
        still makes its enrolments, or moves.
        """
        known = await self._records.get(Distribution, job.tenant_id, job.distribution_id)
        if known is not None and known.state in _TAKING:
            return self._clock.now() + _WATCH_AFTER
        await self._places.release(job.mailbox_id, job.distribution_id)
        return None

    async def make(self, plan: Plan) -> None:
        """Make the enrolments, each once; goes on where a crash left it."""
        planned = self._enrolled(plan)
        there: dict[str, Enrolment] = {}
        for some in _by_hundreds(planned):
            known = await self._records.enrolments(plan.mailbox.id, [each.id for each in some])
            there |= {each.id: each for each in known}
        lane = await self._lanes.of(plan.mailbox, plan.start, there.values())
        days = places(self._ways(plan, planned), plan.start, lane)
        missing = [
            _with_places(each, of)
            for each, of in zip(planned, days, strict=True)
            if each.id not in there
        ]
        for some in _by_hundreds(missing):
            await self.save(plan.sequence, some)

    async def save(
        self, sequence: Sequence, enrolments: Seq[Enrolment], jobs: Seq[Job] = ()
    ) -> None:
        """Save enrolments and queue jobs with them; who finds no room on the day of an email gets
        it on the next free one.

        Raises:
            ConcurrentChangeError: somebody changed one of them meanwhile; some may be saved.
        """
        try:
            await self._records.save(*enrolments, jobs=jobs, at=self._clock.now())
        except DayFullError:
            for each in enrolments:
                await self._save_where_room_is(sequence, each, jobs)

    async def _save_where_room_is(
        self, sequence: Sequence, enrolment: Enrolment, jobs: Seq[Job]
    ) -> None:
        own = self._organisations.calendar_of(enrolment.tenant_id)
        schedule = schedule_of(sequence, enrolment.participant, own)
        calendar = self._organisations.calendar
        while True:
            try:
                await self._records.save(enrolment, jobs=jobs, at=self._clock.now())
            except DayFullError as error:
                enrolment = off_full_day(enrolment, error.day, schedule, calendar)
            else:
                return

    async def _later_start(self, plan: Plan, ways: Seq[Way], lane: Lane) -> datetime | None:
        """Return the next day at the same time at which everything fits, None within a month."""
        calendar = self._organisations.calendar_of(plan.distribution.tenant_id)
        wall = calendar.wall(plan.start)
        for number in range(1, _DAYS_AHEAD + 1):
            start = calendar.first_at(wall + timedelta(days=number))
            if fits(ways, start, lane):
                return calendar.local(start)
            await asyncio.sleep(0)  # a long list takes a while: others get their turn
        return None

    def _enrolled(self, plan: Plan) -> Seq[Enrolment]:
        """Return the enrolments without places, planned alike every time: one behind the other at
        the mailbox's pace.
        """
        known, sequence = plan.distribution, plan.sequence
        calendar = self._organisations.calendar_of(known.tenant_id)
        domain = plan.mailbox.address.rpartition("@")[2]
        paced = route_of(sequence, 1) is Route.MAILBOX
        pace = LIMITS.pace if paced else timedelta(0)
        return [
            enrol(
                known.id,
                person,
                sequence,
                calendar=calendar,
                domain=domain,
                start=plan.start + number * pace,
            )
            for number, person in enumerate(known.people)
        ]

    def _ways(self, plan: Plan, enrolled: Seq[Enrolment]) -> Seq[Way]:
        calendar = self._organisations.calendar_of(plan.distribution.tenant_id)
        return [
            Way(
                schedule=schedule_of(plan.sequence, each.participant, calendar),
                deliveries=each.deliveries,
            )
            for each in enrolled
        ]


def _with_places(enrolment: Enrolment, days: Seq[date | None]) -> Enrolment:
    placed = (
        replace(each, place=day) for each, day in zip(enrolment.deliveries, days, strict=True)
    )
    return replace(enrolment, deliveries=tuple(placed))


def _by_hundreds(enrolments: Seq[Enrolment]) -> Iterator[Seq[Enrolment]]:
    return (enrolments[at : at + _AT_ONCE] for at in range(0, len(enrolments), _AT_ONCE))
