"""Booking: a distribution gets all of its places or none, on the days its emails really leave."""

import asyncio
from collections import Counter
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

from bot.domain.calendar import Calendar
from bot.domain.daily_limit import ramp
from bot.domain.distribution import Distribution, DistributionState, confirm
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.mailbox import Mailbox, Permission
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.postponing import off_full_day
from bot.domain.quota import DayLoad, placed
from bot.domain.roles import Actor, Organisation
from bot.domain.schedule import AT_ONCE, LIMITS, SendWindow
from bot.domain.sequence import Email, Sequence
from bot.jobs import ReleasePlaces
from bot.services.booking import Booking, Plan
from bot.services.organisations import Organisations
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

NEW_YORK = ZoneInfo("America/New_York")
CALENDAR = Calendar(zone=NEW_YORK)
# The next day, 1 November, has 25 hours there.
EVENING = datetime(2026, 10, 31, 23, 0, tzinfo=NEW_YORK).astimezone(UTC)
SATURDAY, SUNDAY = date(2026, 10, 31), date(2026, 11, 1)
ADMIN = Actor(tenant_id="t1", oid="admin", name="Admin")
IN_AN_HOUR = 1494  # at 2.41 s each


@dataclass
class HandClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class Desk:
    """A store, and bookings by New York's days."""

    store: MemoryStore
    clock: HandClock
    booking: Booking

    async def taken(self) -> dict[date, int]:
        return dict(await self.store.places.taken("m1"))


def desk(start: datetime = EVENING) -> Desk:
    clock = HandClock(start)
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    known = Organisation(tenant_id="t1", name="Contoso", support="s", calendar=CALENDAR)
    booking = Booking(store.records, store.places, store.sends, Organisations([known]), clock)
    return Desk(store, clock, booking)


def one_email() -> Sequence:
    return replace(samples.sequence(), emails=samples.sequence().emails[:1])


def plan(
    many: int,
    sequence: Sequence | None = None,
    *,
    batch: str = samples.BATCH,
    mailbox: Mailbox | None = None,
    start: datetime = EVENING,
) -> Plan:
    people = tuple(
        Participant(address=f"p{number}@customer.example", fields={}) for number in range(many)
    )
    draft = Distribution(
        id=batch,
        tenant_id="t1",
        sequence_id="s1",
        sequence_version=1,
        mailbox_id="m1",
        title="Autumn",
        people=people,
        left_out=(),
        created_by="admin",
        created_by_name="Admin",
        created_at=start,
    )
    return Plan(
        distribution=confirm(draft, ADMIN, start),
        sequence=sequence or one_email(),
        mailbox=mailbox or samples.mailbox(),
        start=start,
    )


async def test_exactly_2500_pass_and_2501_do_not() -> None:
    morning = datetime(2026, 10, 31, 9, 0, tzinfo=NEW_YORK).astimezone(UTC)
    at = desk(morning)
    one_more = await at.booking.preflight(plan(2501, start=morning))
    assert one_more.short == (DayLoad(day=SATURDAY, wanted=2501, free=2500, emails=(1,)),)
    assert one_more.fitting == 2500
    assert not await at.booking.book(plan(2501, start=morning))
    assert await at.taken() == {}
    assert not (await at.booking.preflight(plan(2500, start=morning))).short
    assert await at.booking.book(plan(2500, start=morning))
    assert await at.taken() == {SATURDAY: 2500}
    assert not await at.booking.book(plan(1, batch="a" * 32, start=morning))


async def test_a_start_in_the_evening_spills_into_the_next_days_places() -> None:
    at = desk()
    asked = await at.booking.preflight(plan(2500))
    assert [(each.day, each.wanted) for each in asked.days] == [
        (SATURDAY, IN_AN_HOUR),
        (SUNDAY, 2500 - IN_AN_HOUR),
    ]
    assert asked.last == EVENING + 2499 * LIMITS.pace
    assert await at.booking.book(plan(2500))
    assert await at.taken() == {SATURDAY: IN_AN_HOUR, SUNDAY: 2500 - IN_AN_HOUR}


async def test_the_day_the_clock_goes_back_is_one_day_of_places() -> None:
    """From 00:30 to the end of the 25-hour day: every email counts on it, none a day early."""
    night = datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK).astimezone(UTC)
    hourly = Email(subject="Again", body="2", delay=AT_ONCE)
    at = desk(night)
    asked = await at.booking.preflight(
        plan(1, replace(one_email(), emails=(hourly,)), start=night + timedelta(hours=24))
    )
    assert [each.day for each in asked.days] == [SUNDAY]
    asked = await at.booking.preflight(
        plan(1, replace(one_email(), emails=(hourly,)), start=night + timedelta(hours=25))
    )
    assert [each.day for each in asked.days] == [SUNDAY + timedelta(days=1)]


async def test_of_fifty_creators_at_once_exactly_a_day_of_places_passes() -> None:
    morning = datetime(2026, 10, 31, 9, 0, tzinfo=NEW_YORK).astimezone(UTC)
    at = desk(morning)
    plans = [plan(125, batch=f"{number:032x}", start=morning) for number in range(50)]
    booked = await asyncio.gather(*(at.booking.book(each) for each in plans))
    assert sum(booked) == 20
    for each, is_booked in zip(plans, booked, strict=True):
        if is_booked:
            await at.booking.make(each)
    assert await at.taken() == {SATURDAY: 2500}


async def test_follow_ups_take_places_too_and_making_takes_what_was_booked() -> None:
    at = desk()
    both = plan(30, samples.sequence())
    assert await at.booking.book(both)
    expected = {SATURDAY: 30, SUNDAY + timedelta(days=2): 30}
    assert await at.taken() == expected
    await at.booking.make(both)
    await at.booking.make(both)
    assert await at.taken() == expected
    made = await people_of(at, both)
    assert len(made) == 30
    assert Counter(each.place for one in made for each in one.deliveries) == expected


async def test_what_was_booked_and_not_made_comes_back_once_it_is_sure() -> None:
    at = desk()
    left = plan(30)
    await at.booking.book(left)
    await at.store.records.save(left.distribution, at=EVENING)
    job = ReleasePlaces(tenant_id="t1", mailbox_id="m1", distribution_id=samples.BATCH)
    assert await at.booking.release(job) == EVENING + timedelta(minutes=10)
    assert await at.taken() == {SATURDAY: 30}
    failed = replace(left.distribution, rev=1, state=DistributionState.CANCELLED)
    await at.store.records.save(failed, at=EVENING)
    assert await at.booking.release(job) is None
    assert await at.taken() == {}


async def test_a_mailbox_may_be_held_to_less_and_a_new_one_is_warmed_up() -> None:
    at = desk()
    low = replace(samples.mailbox(), daily_limit=40)
    assert (await at.booking.preflight(plan(41, mailbox=low))).short[0].short == 1
    new = replace(samples.mailbox(), ramp_from=SATURDAY)
    assert (await at.booking.preflight(plan(51, mailbox=new))).short[0].free == 50
    later = plan(51, mailbox=new, start=EVENING + timedelta(days=1))
    assert not (await at.booking.preflight(later)).short
    assert ramp(SATURDAY, 150) == {SATURDAY: 50, SUNDAY: 100}
    assert ramp(SATURDAY, 50) == {}


async def test_the_next_start_with_room_is_found_and_who_else_has_room() -> None:
    """Sunday to Tuesday are taken; of the other mailboxes one may send, has room, and is ours."""
    at = desk(EVENING - timedelta(hours=12))
    busy = {SATURDAY + timedelta(days=day): 2500 - 30 for day in range(4)}
    watch = ReleasePlaces(tenant_id="t1", mailbox_id="m1", distribution_id="d")
    for mailbox_id in ("m1", "full"):
        booked = await at.store.places.book(
            mailbox_id, f"of {mailbox_id}", busy, today=SATURDAY, watch=watch, at=EVENING
        )
        assert not booked
    for each in (
        samples.mailbox(),
        samples.mailbox("full"),
        samples.mailbox("roomy"),
        replace(samples.mailbox("reading"), permission=Permission.READ_ONLY),
        replace(samples.mailbox("low"), daily_limit=30),
        samples.mailbox("theirs", tenant="t2"),
    ):
        await at.store.records.save(each, at=EVENING)
    start = EVENING - timedelta(hours=12)
    asked = await at.booking.preflight(plan(31, start=start))
    assert asked.fitting == 30
    assert asked.others == ("roomy@contoso.example",)
    assert asked.later is not None
    assert asked.later.date() == SATURDAY + timedelta(days=4)
    assert asked.later.time() == CALENDAR.local(start).time()
    assert not (await at.booking.preflight(plan(31, start=asked.later))).short
    fits_here = await at.booking.preflight(plan(30, start=start))
    assert (fits_here.later, fits_here.others) == (None, ())


async def test_no_way_out_is_told_where_there_is_none() -> None:
    at = desk()
    low = replace(samples.mailbox(), daily_limit=5)
    asked = await at.booking.preflight(plan(6, mailbox=low))
    assert (asked.fitting, asked.later, asked.others) == (5, None, ())


async def test_the_pace_is_shared_with_what_falls_due_at_the_same_time() -> None:
    """An hour before midnight, 50 of others are due: the places of our last 49 are tomorrow's, also
    when a crash in between has left half of us among what is due.
    """
    at = desk()
    await at.store.records.save(
        *(samples.enrolment(number, start=EVENING) for number in range(50)), at=EVENING
    )
    last = EVENING + 59 * LIMITS.pace
    assert (await at.booking.preflight(plan(10, batch="a" * 32))).last == last
    other = plan(1499, batch="a" * 32)
    assert [each.wanted for each in (await at.booking.preflight(other)).days] == [1444, 55]
    assert await at.booking.book(other)
    await at.booking.make(replace(other, distribution=first_half(other.distribution)))
    await at.booking.make(other)
    made = await people_of(at, other)
    assert Counter(each.deliveries[0].place for each in made) == {SATURDAY: 1444, SUNDAY: 55}


async def test_a_day_that_filled_up_meanwhile_moves_its_email_to_the_next_one_allowed() -> None:
    """Booked, then the places were given to others: nobody is lost, the move is told."""
    at = desk()
    office = SendWindow(days=(0, 1, 2, 3, 4))
    held = plan(3, replace(samples.sequence(), window=office), start=EVENING)
    planned = (await at.booking.preflight(held)).days
    monday, thursday = SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=4)
    assert [each.day for each in planned] == [monday, thursday]
    await at.store.places.limit("m1", 2500, {monday: 2})
    await at.booking.make(held)
    tuesday, friday = monday + timedelta(days=1), thursday + timedelta(days=1)
    assert await at.taken() == {monday: 2, thursday: 2, tuesday: 1, friday: 1}
    moved = next(each for each in await people_of(at, held) if each.deliveries[0].place == tuesday)
    assert moved.deliveries[0].due == CALENDAR.first_at(datetime.combine(tuesday, time()))
    assert "full" in moved.deliveries[0].reason
    assert moved.deliveries[1].place == friday


def test_what_has_no_place_on_a_full_day_stays_where_it_is() -> None:
    each = planned_one(one_email())
    schedule = schedule_of(one_email(), each.participant, CALENDAR)
    assert off_full_day(each, SUNDAY, schedule, CALENDAR) is each


def test_what_comes_up_before_its_day_and_finds_no_room_waits_for_that_day() -> None:
    """The pace was to carry it over midnight; today it came up early, and today is full."""
    each = planned_one(samples.sequence())
    early, later = each.deliveries
    foretold = replace(each, deliveries=(replace(early, place=SUNDAY), later))
    schedule = schedule_of(samples.sequence(), each.participant, CALENDAR)
    waits = off_full_day(foretold, SATURDAY, schedule, CALENDAR)
    assert waits.deliveries[0].due == CALENDAR.first_at(datetime.combine(SUNDAY, time()))
    assert waits.deliveries[0].place == SUNDAY
    assert waits.deliveries[1].due == schedule.slot(later, waits.deliveries[0].due)


def planned_one(sequence: Sequence, name: str = "p") -> Enrolment:
    person = Participant(address=f"{name}@customer.example", fields={})
    made = enrol(
        samples.BATCH, person, sequence, calendar=CALENDAR, domain="c.example", start=EVENING
    )
    return placed(made, CALENDAR.day_of)


def first_half(distribution: Distribution) -> Distribution:
    """As if the worker had died in the middle of making it."""
    return replace(distribution, people=distribution.people[: len(distribution.people) // 2])


async def people_of(at: Desk, held: Plan) -> Seq[Enrolment]:
    return await at.store.records.enrolments("m1", held.distribution.enrolment_ids)
