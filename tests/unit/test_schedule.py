"""When emails leave: in the window, never early, in the right order, whatever the clock does."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.calendar import PLAIN, Calendar, days_from, zone_named
from bot.domain.schedule import (
    ANY_TIME,
    AT_ONCE,
    WORKING_HOURS,
    Delay,
    Jitter,
    SendWindow,
    Unit,
    after_return,
    next_slot,
    retry_at,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
# The second Sunday of each pair puts the clock back (tz database, 2026).
CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
}
HOLIDAYS = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 10, 26), date(2026, 12, 25)})


def calendars() -> st.SearchStrategy[Calendar]:
    holidays = st.sampled_from([HOLIDAYS, frozenset[date]()])
    return st.builds(
        lambda name, days: Calendar(zone=ZoneInfo(name), is_holiday=days.__contains__),
        st.sampled_from(ZONES),
        holidays,
    )


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Any moment of 2026, half of them within two days of a change of some clock."""
    days = [each for pair in CHANGES.values() for each in pair]
    near = draw(st.booleans())
    day = draw(st.sampled_from(days)) if near else date(2026, 1, 1)
    span = timedelta(days=2) if near else timedelta(days=364)
    midnight = datetime.combine(day, time(), UTC)
    return midnight + draw(st.timedeltas(-span if near else timedelta(0), span))


@st.composite
def windows(draw: st.DrawFn) -> SendWindow:
    begin = draw(st.integers(0, 23))
    return SendWindow(
        days=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))),
        from_hour=begin,
        to_hour=draw(st.integers(begin + 1, 24)),
    )


def delays() -> st.SearchStrategy[Delay]:
    hours = st.floats(0, 200).map(lambda number: Delay(number=number, unit=Unit.HOURS))
    units = st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS])
    return hours | st.builds(lambda number, unit: Delay(number=number, unit=unit),
                             st.integers(0, 9), units)  # fmt: skip


jitters = st.builds(
    Jitter, seed=st.text(max_size=5), most=st.timedeltas(timedelta(0), timedelta(hours=3))
)


def is_within(moment: datetime, window: SendWindow, calendar: Calendar) -> bool:
    """The promise itself, by the clock on the wall."""
    if window.is_any_time:
        return True
    local = moment.astimezone(calendar.zone)
    hours = window.from_hour <= local.hour < window.to_hour
    return local.weekday() in window.days and hours and not calendar.is_holiday(local.date())


@given(moments(), delays(), windows(), calendars(), jitters)
def test_an_email_leaves_within_its_window(
    after: datetime, delay: Delay, window: SendWindow, calendar: Calendar, jitter: Jitter
) -> None:
    slot = next_slot(after, delay, window, calendar, jitter)
    assert is_within(slot, window, calendar)
    assert window.is_open(slot, calendar)


@given(moments(), windows(), calendars())
def test_a_window_is_open_by_the_clock_on_the_wall(
    moment: datetime, window: SendWindow, calendar: Calendar
) -> None:
    assert window.is_open(moment, calendar) is is_within(moment, window, calendar)


def test_a_window_opens_with_its_first_moment_and_closes_before_its_last() -> None:
    opens, closes = datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert WORKING_HOURS.is_open(opens, PLAIN)
    assert not WORKING_HOURS.is_open(closes, PLAIN)
    assert next_slot(closes, AT_ONCE, WORKING_HOURS, PLAIN) == opens + DAY


@given(moments(), delays(), windows(), calendars(), jitters)
def test_an_email_never_leaves_before_its_delay_has_passed(
    after: datetime, delay: Delay, window: SendWindow, calendar: Calendar, jitter: Jitter
) -> None:
    slot = next_slot(after, delay, window, calendar, jitter)
    assert slot >= after
    if delay.unit is Unit.HOURS:
        assert slot - after >= timedelta(hours=delay.number)
        return
    begun, left = (each.astimezone(calendar.zone) for each in (after, slot))
    if delay.unit is Unit.DAYS:
        # So many dates later, at the same time by the wall or after it.
        assert left.replace(tzinfo=None) >= begun.replace(tzinfo=None) + int(delay.number) * DAY
        return
    passed = [begun.date() + n * DAY for n in range(1, (left.date() - begun.date()).days + 1)]
    assert sum(window.is_working_day(day, calendar) for day in passed) >= delay.number


@given(moments(), st.timedeltas(timedelta(0), 3 * DAY), delays(), windows(), calendars(), jitters)
def test_what_comes_later_leaves_later(  # noqa: PLR0917
    after: datetime,
    more: timedelta,
    delay: Delay,
    window: SendWindow,
    calendar: Calendar,
    jitter: Jitter,
) -> None:
    first = next_slot(after, delay, window, calendar, jitter)
    assert first <= next_slot(after + more, delay, window, calendar, jitter)


@given(moments(), delays(), windows(), calendars(), jitters)
def test_jitter_is_the_same_for_the_same_seed_and_small(
    after: datetime, delay: Delay, window: SendWindow, calendar: Calendar, jitter: Jitter
) -> None:
    plain = next_slot(after, delay, window, calendar)
    slot = next_slot(after, delay, window, calendar, jitter)
    same = Jitter(seed=jitter.seed, most=jitter.most)
    assert slot == next_slot(after, delay, window, calendar, same)
    assert plain <= slot <= plain + jitter.most


def test_seeds_spread_over_the_whole_jitter() -> None:
    most = timedelta(minutes=10)
    waits = [Jitter(seed=f"e.{n}", most=most).within(DAY) for n in range(400)]
    assert min(waits) < most / 20
    assert max(waits) > most * 19 / 20
    assert len({wait // timedelta(minutes=1) for wait in waits}) == 10


@given(moments(), calendars())
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), Calendar(zone=ZoneInfo("Europe/Berlin")))
def test_a_moment_and_its_wall_clock_agree(moment: datetime, calendar: Calendar) -> None:
    back = calendar.first_at(calendar.wall(moment))
    local = moment.astimezone(calendar.zone)
    assert back >= moment if local.fold else back == moment


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_the_same_time_of_day_across_both_changes_of_the_clock(name: str) -> None:
    """Three days after nine it is nine, though it is an hour (on Lord Howe half of one) off."""
    calendar = Calendar(zone=ZoneInfo(name))
    off = timedelta(minutes=30) if "Lord_Howe" in name else timedelta(hours=1)
    for change, lost in zip(CHANGES[name], (off, -off), strict=True):
        before = datetime.combine(change - DAY, time(9), calendar.zone).astimezone(UTC)
        slot = next_slot(before, Delay(number=3), ANY_TIME, calendar)
        assert slot - before == 3 * DAY - lost
        hours = next_slot(before, Delay(number=72, unit=Unit.HOURS), ANY_TIME, calendar)
        assert hours - before == 3 * DAY


def test_a_time_that_never_comes_and_one_that_comes_twice() -> None:
    berlin = Calendar(zone=ZoneInfo("Europe/Berlin"))
    night = SendWindow(from_hour=2, to_hour=3)
    saturday = datetime(2026, 3, 28, 5, 0, tzinfo=UTC)
    # On the 29th the clock goes from 2:00 to 3:00: there is no window that day.
    assert next_slot(saturday, AT_ONCE, night, berlin) == datetime(2026, 3, 30, 0, 0, tzinfo=UTC)
    eve = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    assert next_slot(eve, Delay(number=1), ANY_TIME, berlin) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    # On 25 October it is 2:30 twice, and both are within.
    for twice in (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ):
        assert next_slot(twice, AT_ONCE, night, berlin) == twice


def test_working_days_leave_out_weekends_and_holidays() -> None:
    calendar = Calendar(is_holiday=HOLIDAYS.__contains__)
    two = Delay(number=2, unit=Unit.WORKING_DAYS)
    # Good Friday and Easter Monday are holidays.
    thursday = datetime(2026, 4, 2, 10, 0, tzinfo=UTC)
    assert next_slot(thursday, two, WORKING_HOURS, calendar) == thursday + 6 * DAY
    assert next_slot(thursday, two, WORKING_HOURS, PLAIN) == thursday + 4 * DAY
    assert next_slot(thursday, two, ANY_TIME, calendar) == thursday + 6 * DAY
    # From a Saturday on, a working day has passed when Monday has.
    saturday = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
    one = Delay(number=1, unit=Unit.WORKING_DAYS)
    assert next_slot(saturday, one, WORKING_HOURS, PLAIN) == datetime(2026, 12, 1, 9, tzinfo=UTC)
    # Where people work from Sunday to Thursday, Sunday counts and Friday does not.
    sunday_on = SendWindow(days=(0, 1, 2, 3, 6), from_hour=8, to_hour=16)
    assert next_slot(thursday, one, sunday_on, PLAIN) == thursday + 3 * DAY


def test_somebody_away_is_written_to_on_the_working_day_after_they_are_back() -> None:
    planned = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)
    friday = date(2026, 11, 27)
    monday = datetime(2026, 11, 30, 10, 20, tzinfo=UTC)
    assert after_return(friday, planned, WORKING_HOURS, PLAIN) == monday
    assert after_return(friday, planned, ANY_TIME, PLAIN) == monday
    assert after_return(date(2026, 11, 20), planned, WORKING_HOURS, PLAIN) == planned


@pytest.mark.parametrize(
    ("days", "begin", "end"),
    [((), 9, 17), ((7,), 9, 17), ((-1,), 9, 17), ((0,), 9, 9), ((0,), 17, 9), ((0,), 9, 25),
     ((0,), -1, 9)],
)  # fmt: skip
def test_a_window_that_never_opens_is_refused(days: tuple[int, ...], begin: int, end: int) -> None:
    with pytest.raises(ValueError, match="send window"):
        SendWindow(days=days, from_hour=begin, to_hour=end)


def test_a_calendar_of_holidays_alone_is_refused_and_not_waited_for() -> None:
    always = Calendar(is_holiday=lambda day: True)
    with pytest.raises(ValueError, match="ten years"):
        next_slot(NOW, AT_ONCE, WORKING_HOURS, always)
    assert next(days_from(NOW.date())) == NOW.date()


@pytest.mark.parametrize("number", [-1.0, float("inf"), float("nan"), 1.5])
def test_a_delay_that_is_none_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="delay"):
        Delay(number=number)


@pytest.mark.parametrize(
    "name",
    ["", "Berlin", "Europe/Berln", "Europe", "../etc/passwd", "/etc/passwd", "Europe/", "UTC+2",
     "Europe/Berlin\n", "a" * 5000, "\x00"],
)  # fmt: skip
def test_a_time_zone_that_is_none(name: str) -> None:
    assert zone_named(name) is None


@pytest.mark.parametrize("name", [*ZONES, "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_a_time_zone_that_is_one(name: str) -> None:
    assert zone_named(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    ("attempt", "asked", "wait"),
    [
        (1, 0.0, timedelta(seconds=30)),
        (3, 0.0, timedelta(minutes=2)),
        (99, 0.0, timedelta(minutes=30)),
        (1, 45.0, timedelta(seconds=45)),
        (1, 1e300, timedelta(days=1)),
        (1, float("inf"), timedelta(days=1)),
        (1, float("nan"), timedelta(seconds=30)),
        (1, -5.0, timedelta(seconds=30)),
    ],
)
def test_when_to_try_again(attempt: int, asked: float, wait: timedelta) -> None:
    assert retry_at(NOW, attempt, asked) == NOW + wait
