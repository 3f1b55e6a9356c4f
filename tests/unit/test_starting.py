"""When a distribution begins: a day and a time, by the clock of whoever chose them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.calendar import Calendar
from bot.domain.starting import read_start

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(zone=BERLIN)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
SUMMER = datetime(2027, 3, 20, 10, 0, tzinfo=BERLIN)


def test_nothing_chosen_is_now() -> None:
    assert read_start("", " ", CALENDAR, NOW) == (None, ())


@pytest.mark.parametrize(
    ("day", "hour", "begins"),
    [
        ("2026-11-24", "09:00", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("2026-11-24", "9:00", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("2026-11-24", "09:00:00", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("2026-11-23", "10:01", datetime(2026, 11, 23, 9, 1, tzinfo=UTC)),
        ("2027-07-01", "00:00", datetime(2027, 6, 30, 22, 0, tzinfo=UTC)),
        ("2027-11-23", "23:59", datetime(2027, 11, 23, 22, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_the_organisations_own(day: str, hour: str, begins: datetime) -> None:
    moment, problems = read_start(day, hour, CALENDAR, NOW)
    assert (moment, problems) == (begins, ())


@pytest.mark.parametrize(
    ("day", "hour", "said"),
    [
        ("2026-11-24", "", "Choose the time"),
        ("", "09:00", "Choose the day"),
        ("2026-02-30", "09:00", "Choose the day"),
        ("24.11.2026", "09:00", "Choose the day"),
        ("２０２６-11-24", "09:00", "Choose the day"),
        ("2026-11-24", "25:00", "Choose the time"),
        ("2026-11-24", "9 am", "Choose the time"),
        ("2026-11-23", "10:00", "Mon 23 Nov, 10:00 has passed"),
        ("2026-11-22", "23:00", "Sun 22 Nov, 23:00 has passed"),
        ("0001-01-01", "00:00", "has passed"),
        ("2027-11-24", "00:00", "within a year"),
        ("9999-12-31", "23:59", "within a year"),
    ],
)
def test_what_is_no_time_to_begin_is_told(day: str, hour: str, said: str) -> None:
    moment, (problem,) = read_start(day, hour, CALENDAR, NOW)
    assert moment is None
    assert said in problem


def test_a_time_the_clock_skips_is_told() -> None:
    moment, (problem,) = read_start("2027-03-28", "02:30", CALENDAR, SUMMER)
    assert moment is None
    assert "Sun 28 Mar, 02:30 never comes: the clock is put forward to 03:00 then." in problem
    assert read_start("2027-03-28", "03:00", CALENDAR, SUMMER)[0] == datetime(
        2027, 3, 28, 1, 0, tzinfo=UTC
    )


def test_a_time_that_comes_twice_is_its_first_coming() -> None:
    moment, problems = read_start("2027-10-31", "02:30", CALENDAR, SUMMER)
    assert (moment, problems) == (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), ())
