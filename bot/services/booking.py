"""Booking: a distribution gets the places its emails need in their mailbox's days, or none (G6)."""

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.errors import DayFullError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.planning import schedule_of
from bot.domain.postponing import off_full_day
from bot.domain.quota import (
    DayLoad,
    Preflight,
    missing_room,
    not_enough_room,
    placed,
    preflight,
    wanted,
)
from bot.domain.route import Route
from bot.domain.schedule import LIMITS
from bot.domain.sequence import Sequence, route_of
from bot.jobs import Job, ReleasePlaces, StartDistribution
from bot.ports import Clock, Places, Records
from bot.services.organisations import Organisations

_TAKING = (DistributionState.STARTING, DistributionState.MOVING)
_WATCH_AFTER = timedelta(minutes=10)
_AT_ONCE = 100


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
        self, records: Records, places: Places, organisations: Organisations, clock: Clock
    ) -> None:
        self._records = records
        self._places = places
        self._organisations = organisations
        self._clock = clock

    async def preflight(self, plan: Plan) -> Preflight:
        """Return what a distribution that starts then asks of its mailbox's days (B6)."""
        mailbox, taken = plan.mailbox, await self._places.taken(plan.mailbox.id)
        return preflight(self._planned(plan), lambda day: mailbox.limit_on(day) - taken.get(day, 0))

    async def book(self, plan: Plan) -> bool:
        """Book every place the distribution needs; return whether all of them were to be had.

        Places booked by one that does not start after all come back by themselves.
        """
        days = wanted(self._planned(plan))
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
        planned = self._planned(plan)
        for at in range(0, len(planned), _AT_ONCE):
            some = planned[at : at + _AT_ONCE]
            ids = [each.id for each in some]
            there = {each.id for each in await self._records.enrolments(plan.mailbox.id, ids)}
            missing = [each for each in some if each.id not in there]
            if missing:
                await self.save(plan.sequence, missing)

    async def save(self, sequence: Sequence, enrolments: Seq[Enrolment]) -> None:
        """Save enrolments; who finds no room on the day of an email gets it on the next free one.

        Raises:
            ConcurrentChangeError: somebody changed one of them meanwhile; some may be saved.
        """
        try:
            await self._records.save(*enrolments, at=self._clock.now())
        except DayFullError:
            for each in enrolments:
                await self._save_where_room_is(sequence, each)

    async def _save_where_room_is(self, sequence: Sequence, enrolment: Enrolment) -> None:
        own = self._organisations.calendar_of(enrolment.tenant_id)
        schedule = schedule_of(sequence, enrolment.participant, own)
        calendar = self._organisations.calendar
        while True:
            try:
                await self._records.save(enrolment, at=self._clock.now())
            except DayFullError as error:
                enrolment = off_full_day(enrolment, error.day, schedule, calendar)
            else:
                return

    def _planned(self, plan: Plan) -> Seq[Enrolment]:
        """Return the enrolments, one behind the other at the mailbox's pace."""
        known, sequence = plan.distribution, plan.sequence
        calendar = self._organisations.calendar_of(known.tenant_id)
        domain = plan.mailbox.address.rpartition("@")[2]
        paced = route_of(sequence, 1) is Route.MAILBOX
        pace = LIMITS.pace if paced else timedelta(0)
        enrolled = (
            enrol(
                known.id,
                person,
                sequence,
                calendar=calendar,
                domain=domain,
                start=plan.start + number * pace,
            )
            for number, person in enumerate(known.people)
        )
        return [placed(each, self._organisations.calendar.day_of) for each in enrolled]
