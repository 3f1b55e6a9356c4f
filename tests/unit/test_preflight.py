"""The pre-flight against the engine itself: what it foretells is what the send queue then does."""

import asyncio
from collections import Counter
from collections.abc import Sequence as Seq
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar
from bot.domain.delivery import Outcome, SendReport
from bot.domain.enrolment import Enrolment, enrol, enrolment_id
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.postponing import wait_for_window
from bot.domain.preflight import (
    Lane,
    Preflight,
    Way,
    fits,
    leaving,
    not_enough_room,
    preflight,
)
from bot.domain.quota import DayLoad
from bot.domain.route import Route
from bot.domain.schedule import ANY_TIME, AT_ONCE, LIMITS, WORKING_HOURS, Delay, SendWindow, Unit
from bot.domain.sequence import Email, Sequence
from bot.domain.submission import after_send
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

CALENDAR = Calendar(
    zone=ZoneInfo("Europe/Berlin"), is_holiday=frozenset({date(2026, 11, 25)}).__contains__
)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
TODAY = date(2026, 11, 23)
# So slow that a few people fill a window.
SLOW = replace(LIMITS, pace=timedelta(minutes=40))
MILLISECONDS = timedelta(milliseconds=100)  # the queue's moments are whole ones
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)


def written(*delays: Delay, window: SendWindow = ANY_TIME) -> Sequence:
    emails = tuple(
        Email(subject=f"S{number}", body="b", delay=delay)
        for number, delay in enumerate((AT_ONCE, *delays), 1)
    )
    return replace(samples.sequence(), emails=emails, window=window)


def enrolled(sequence: Sequence, many: int, start: datetime, pace: timedelta) -> Seq[Enrolment]:
    """People in the order in which the queue takes those who are due at the same moment."""
    people = [Participant(address=f"p{n}@customer.example", fields={}) for n in range(many)]
    people.sort(key=lambda each: enrolment_id(samples.BATCH, each))
    return [
        enrol(
            samples.BATCH,
            person,
            sequence,
            calendar=CALENDAR,
            domain="c.example",
            start=start + number * pace,
        )
        for number, person in enumerate(people)
    ]


def ways_of(sequence: Sequence, enrolments: Seq[Enrolment]) -> Seq[Way]:
    return [
        Way(schedule=schedule_of(sequence, each.participant, CALENDAR), deliveries=each.deliveries)
        for each in enrolments
    ]


def lane(
    most: int = 2500,
    taken: dict[date, int] | None = None,
    ahead: tuple[tuple[datetime, int], ...] = (),
    pace: timedelta = LIMITS.pace,
) -> Lane:
    return Lane(
        most=lambda _: most, day_of=CALENDAR.day_of, taken=taken or {}, ahead=ahead, pace=pace
    )


class HandClock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


async def driven(
    sequence: Sequence, enrolments: Seq[Enrolment], start: datetime
) -> dict[str, datetime]:
    """Have the send queue send everything, as the worker does; return when each email left."""
    clock = HandClock(start)
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    await store.records.save(*enrolments, at=start)
    left: dict[str, datetime] = {}
    now = start
    while (due := await store.next_email()) is not None:
        clock.moment = now = max(now, due)
        await store.sweeps.done("m1", now, now)
        (claim,) = await store.sends.claim(now, 1, SLOW, CALENDAR.day_of(now))
        known = claim.enrolment
        assert known is not None
        assert known.current is not None
        number = known.current.number
        schedule = schedule_of(sequence, known.participant, CALENDAR)
        if schedule.is_open(now):
            left[known.current.key] = now
            settled = after_send(known, number, ACCEPTED, schedule, now)
        else:
            settled = wait_for_window(known, number, schedule, now)
        await store.sends.settle(claim, settled, at=now)
        now += SLOW.pace
    return left


windows = st.builds(
    SendWindow,
    days=st.sets(st.integers(0, 6), min_size=1).map(tuple),
    from_hour=st.integers(0, 12),
    to_hour=st.integers(13, 24),
)
delays = st.one_of(
    st.builds(Delay, number=st.floats(1, 40), unit=st.just(Unit.HOURS)),
    st.builds(
        Delay, number=st.integers(1, 4), unit=st.sampled_from((Unit.DAYS, Unit.WORKING_DAYS))
    ),
)
sequences = st.builds(
    lambda waits, window: written(*waits, window=window),
    st.lists(delays, max_size=2),
    windows | st.just(ANY_TIME) | st.just(WORKING_HOURS),
)
starts = st.integers(0, 7 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


# Two emails each, and an hour of night: who comes up in it has had a turn all the same.
SHORT_NIGHT = written(Delay(number=1, unit=Unit.HOURS), window=SendWindow(from_hour=0, to_hour=23))


@given(sequences, st.integers(1, 9), starts)
@example(SHORT_NIGHT, 9, MONDAY + timedelta(hours=9))
def test_the_queue_does_what_was_foretold(sequence: Sequence, many: int, start: datetime) -> None:
    people = enrolled(sequence, many, start, SLOW.pace)
    foretold = list(leaving(ways_of(sequence, people), start, lane(pace=SLOW.pace)))
    left = asyncio.run(driven(sequence, people, start))
    assert {each.key for _, _, each in foretold} == set(left)
    for at, _, each in foretold:
        assert abs(left[each.key] - at) < MILLISECONDS


@given(sequences, st.integers(1, 8), starts, st.data())
def test_what_fits_is_what_a_count_of_every_email_says(
    sequence: Sequence, many: int, start: datetime, data: st.DataObject
) -> None:
    ways = ways_of(sequence, enrolled(sequence, many, start, SLOW.pace))
    days = [CALENDAR.day_of(at) for at, _, _ in leaving(ways, start, lane(pace=SLOW.pace))]
    most = data.draw(st.integers(1, 2 * many))
    taken = data.draw(st.dictionaries(st.sampled_from(days), st.integers(0, 2 * many)))
    here = lane(most, taken, pace=SLOW.pace)
    free = {day: max(0, most - taken.get(day, 0)) for day in days}
    asked = preflight(ways, start, here)
    assert {each.day: (each.wanted, each.free) for each in asked.days} == {
        day: (wanted, free[day]) for day, wanted in Counter(days).items()
    }
    everything = all(wanted <= free[day] for day, wanted in Counter(days).items())
    assert fits(ways, start, here) is (not asked.short) is everything
    assert (asked.fitting == many) is everything
    assert not asked.fitting or fits(ways[: asked.fitting], start, here)
    assert asked.fitting == many or not fits(ways[: asked.fitting + 1], start, here)
    assert asked.last == max(at for at, _, _ in leaving(ways, start, lane(pace=SLOW.pace)))


def test_what_others_send_at_that_time_is_waited_for() -> None:
    ways = ways_of(written(), enrolled(written(), 2, MONDAY, LIMITS.pace))
    hour = timedelta(hours=1)
    first = preflight(ways, MONDAY, lane(ahead=((MONDAY, 1500),)))
    assert first.last == MONDAY + 1501 * LIMITS.pace
    before = ((MONDAY - hour, hour // LIMITS.pace), (MONDAY + 2 * hour, 2000))
    assert preflight(ways, MONDAY, lane(ahead=before)).last == MONDAY + LIMITS.pace
    over = preflight(ways, MONDAY, lane(ahead=((MONDAY - hour, 1600),)))
    assert over.last == MONDAY - hour + 1601 * LIMITS.pace


def test_what_does_not_leave_before_the_window_closes_takes_places_of_the_next_day_open() -> None:
    """Wednesday is a holiday. Follow-ups are spread over ten minutes, so that some of Thursday's
    find the window closed.
    """
    sequence = written(Delay(number=1, unit=Unit.WORKING_DAYS), window=WORKING_HOURS)
    tuesday = MONDAY + timedelta(days=1, hours=7)
    ways = ways_of(sequence, enrolled(sequence, 2000, tuesday, LIMITS.pace))
    asked = preflight(ways, tuesday, lane())
    told = [(each.day.day, each.wanted, each.emails) for each in asked.days]
    assert told == [(24, 1494, (1,)), (26, 1858, (1, 2)), (27, 648, (2,))]
    assert not asked.short


def test_what_leaves_by_smtp_takes_no_place_and_knows_no_pace() -> None:
    sequence = replace(written(Delay(number=1)), route=Route.DKIM, domain="c.example")
    ways = ways_of(sequence, enrolled(sequence, 9, MONDAY, timedelta(0)))
    asked = preflight(ways, MONDAY, lane(most=0, ahead=((MONDAY, 900),)))
    assert (asked.days, asked.fitting, asked.last) == ((), 9, MONDAY + timedelta(days=1))


def test_a_whole_list_of_five_emails_is_looked_at_quickly() -> None:
    """12,500 emails, and a second look for the list that fits: no work that grows with the square
    of the list, which would take minutes.
    """
    sequence = written(*(Delay(number=3, unit=Unit.WORKING_DAYS),) * 4, window=WORKING_HOURS)
    ways = ways_of(sequence, enrolled(sequence, 2500, MONDAY, LIMITS.pace))
    full = {TODAY + timedelta(days=day): 2400 for day in range(12, 90)}
    begun = perf_counter()
    assert preflight(ways, MONDAY, lane(taken=full)).fitting == 100
    assert perf_counter() - begun < 5


def load(day: int, wanted: int, free: int) -> DayLoad:
    return DayLoad(day=date(2026, 11, day), wanted=wanted, free=free)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            Preflight(
                days=(load(23, 20, 12), load(24, 20, 20)), fitting=12, last=None, later=MONDAY
            ),
            (
                "o@c.example has room for 12 of 20 emails on Mon 23 Nov: 8 too many.",
                "Reduce the list to the first 12 of 20 people.",
                "Start on Mon 23 Nov, 08:00: everything fits then.",
            ),
        ),
        (
            Preflight(
                days=tuple(load(day, 20, 0) for day in (23, 24, 25, 26)),
                fitting=0,
                last=None,
                others=("a@c.example", "b@c.example", "d@c.example"),
            ),
            (
                "o@c.example has room for 0 of 20 emails on Mon 23 Nov: 20 too many.",
                "o@c.example has room for 0 of 20 emails on Tue 24 Nov: 20 too many.",
                "o@c.example has room for 0 of 20 emails on Wed 25 Nov: 20 too many.",
                "And on one more day.",
                "Choose a sequence sent from another mailbox: a@c.example, b@c.example and "
                "d@c.example have room for all of it.",
            ),
        ),
        (
            Preflight(days=(load(23, 20, 1),), fitting=1, last=None),
            (
                "o@c.example has room for 1 of 20 emails on Mon 23 Nov: 19 too many.",
                "Reduce the list to the first 1 of 20 people.",
                "No start within a month has room for all of it, and no other mailbox has.",
            ),
        ),
        (
            Preflight(days=(load(23, 20, 20),), fitting=20, last=None),
            ("o@c.example had no room for all of it at this moment. Please try again.",),
        ),
    ],
)  # fmt: skip
def test_what_is_short_is_told_with_the_ways_out(asked: Preflight, told: tuple[str, ...]) -> None:
    assert not_enough_room(asked, "o@c.example", 20) == told
