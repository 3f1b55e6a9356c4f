"""When things happen: how long an email waits, when it may leave, and when to look again.

A day is a day of the calendar (RFC 5545, section 3.3.6, "nominal"): three days after nine o'clock
it is nine o'clock, summer time or not. An hour is an hour.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from bot.domain.calendar import Calendar, days_from


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLimits:
    """What a claim keeps to, per mailbox. What leaves by SMTP has no pace there, and a number in
    flight of its own.

    A follow-up is claimed while its mailbox was swept within `fresh`, and written within `write`
    after that (B12: a minute in all). The next sweep is asked for when the last one is `soon_stale`
    old, and again when it has not come within `sweep`.

    What is written within `prompt` of its claim is looked at no more; what takes longer needs its
    turn anew.
    """

    pace: timedelta
    in_flight: int
    lease: timedelta
    relay_in_flight: int = 8
    fresh: timedelta = timedelta(seconds=45)
    write: timedelta = timedelta(seconds=15)
    soon_stale: timedelta = timedelta(seconds=25)
    sweep: timedelta = timedelta(seconds=20)
    prompt: timedelta = timedelta(milliseconds=250)


# G7: at most 25 messages in any sliding 60 s, and 4 Graph requests at once, per mailbox. A 25th of
# `prompt` is on top, because an email is written up to that much later than its turn came.
LIMITS = SendLimits(pace=timedelta(milliseconds=2410), in_flight=4, lease=timedelta(minutes=5))

_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(minutes=30)
_LONGEST_ASKED = 86_400.0
_EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_MON_TO_FRI = (0, 1, 2, 3, 4)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_REMEMBERED = 8192


class Unit(StrEnum):
    """What a delay is counted in."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long an email waits for the one before it. Days of either kind are whole ones."""

    number: float = 0.0
    unit: Unit = Unit.DAYS

    def __post_init__(self) -> None:
        if not 0 <= self.number < float("inf"):
            raise ValueError("a delay is a number, zero or more")
        if self.unit is not Unit.HOURS and self.number != int(self.number):
            raise ValueError("a delay in days is a whole number")


AT_ONCE = Delay()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWindow:
    """When emails may leave: days of the week (Monday is 0) and whole hours, the last one excluded.

    `recipients_time`: in the time zone of whom they are written to, where it is known. A window
    that leaves out no time of the week is no window: holidays do not matter to it either.
    """

    days: tuple[int, ...] = _EVERY_DAY
    from_hour: int = 0
    to_hour: int = 24
    recipients_time: bool = False

    def __post_init__(self) -> None:
        if not self.days or any(day not in _EVERY_DAY for day in self.days):
            raise ValueError("a send window has at least one day of the week")
        if not 0 <= self.from_hour < self.to_hour <= 24:
            raise ValueError("a send window begins before it ends, within one day")

    @property
    def is_any_time(self) -> bool:
        """Whether it leaves nothing out."""
        return self.to_hour - self.from_hour == 24 and _names_every_day(self.days)

    def is_open(self, moment: datetime, calendar: Calendar) -> bool:
        """Return whether an email may leave at `moment`."""
        if self.is_any_time:
            return True
        opens, closes = next(self.openings(calendar, moment))
        return opens <= moment < closes

    def opens_on(self, day: date, calendar: Calendar) -> bool:
        """Return whether emails may leave on a day at all."""
        return day.weekday() in self.days and not calendar.is_holiday(day)

    def is_working_day(self, day: date, calendar: Calendar) -> bool:
        """Return whether a day counts as a working day: one of the window's own days, Monday to
        Friday where it names every day, and no holiday.
        """
        working = _MON_TO_FRI if _names_every_day(self.days) else self.days
        return day.weekday() in working and not calendar.is_holiday(day)

    def openings(self, calendar: Calendar, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Return when it opens and closes, from the day of `moment` on. On a day whose clock skips
        all of it, it closes as it opens.
        """
        for day in days_from(calendar.local(moment).date()):
            opening = _opening(self, calendar, day)
            if opening is not None:
                yield opening


def _names_every_day(days: tuple[int, ...]) -> bool:
    return days == _EVERY_DAY or set(days) == set(_EVERY_DAY)


ANY_TIME = SendWindow()
WORKING_HOURS = SendWindow(days=_MON_TO_FRI, from_hour=9, to_hour=17)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitter:
    """A wait that looks like chance and is always the same for the same seed, below `most`."""

    seed: str = ""
    most: timedelta = timedelta(0)

    def within(self, room: timedelta) -> timedelta:
        """Return the wait, squeezed into less than `room` where that is less than `most`."""
        if not self.most:
            return self.most
        share = int.from_bytes(hashlib.sha256(self.seed.encode()).digest()[:4])
        return (min(self.most, room) // _MICROSECOND * share >> 32) * _MICROSECOND


NO_JITTER = Jitter()


def next_slot(
    after: datetime,
    delay: Delay,
    window: SendWindow,
    calendar: Calendar,
    jitter: Jitter = NO_JITTER,
) -> datetime:
    """Return when an email leaves whose one before left at `after`: never before the delay has
    passed, always within the window. A later `after` never makes it earlier.
    """
    earliest = _delayed(after, delay, window, calendar)
    if window.is_any_time:
        return earliest + jitter.within(jitter.most)
    for opens, closes in window.openings(calendar, earliest):
        start = max(earliest, opens)
        if start < closes:
            return start + jitter.within(closes - start)
    raise AssertionError("days never end")


def after_return(back: date, planned: datetime, window: SendWindow, calendar: Calendar) -> datetime:
    """Return when an email planned for `planned` leaves to somebody who is back on `back`: on the
    working day after it at the earliest (G8), at the time of day it was planned for.
    """
    days = days_from(back + _DAY)
    day = next(each for each in days if window.is_working_day(each, calendar))
    moment = calendar.first_at(datetime.combine(day, calendar.wall(planned).time()))
    return max(planned, next_slot(moment, AT_ONCE, window, calendar))


def _delayed(after: datetime, delay: Delay, window: SendWindow, calendar: Calendar) -> datetime:
    if delay.unit is Unit.HOURS or not delay.number:
        return after + timedelta(hours=delay.number)
    wall = calendar.wall(after)
    if delay.unit is Unit.DAYS:
        return calendar.first_at(wall + int(delay.number) * _DAY)
    off, last = _working_days_after(wall.date(), int(delay.number), window, calendar)
    return calendar.first_at(datetime.combine(last, time() if off else wall.time()))


# Both are asked for every email, over and over about the same few days.
@lru_cache(maxsize=_REMEMBERED)
def _opening(window: SendWindow, calendar: Calendar, day: date) -> tuple[datetime, datetime] | None:
    if not window.opens_on(day, calendar):
        return None
    midnight = datetime.combine(day, time())
    opens = calendar.first_at(midnight + timedelta(hours=window.from_hour))
    return opens, calendar.first_at(midnight + timedelta(hours=window.to_hour))


@lru_cache(maxsize=_REMEMBERED)
def _working_days_after(
    day: date, number: int, window: SendWindow, calendar: Calendar
) -> tuple[bool, date]:
    """Return whether a day is one off, and the day that is `number` working days later. A day off
    counts as the first moment of the working day after it: a working day later means that one has
    passed.
    """
    days = (each for each in days_from(day) if window.is_working_day(each, calendar))
    first = last = next(days)
    for _ in range(number):
        last = next(days)
    return first != day, last


def retry_at(now: datetime, attempt: int, least_seconds: float = 0.0) -> datetime:
    """Return when to try again after the `attempt`-th failure (counts from 1): doubling, capped.

    `least_seconds` is what the other side asks for; more than a day is not believed.
    """
    least = min(max(0.0, least_seconds), _LONGEST_ASKED)
    doubled = _FIRST_RETRY * (1 << min(attempt - 1, 10))
    return now + max(min(doubled, _LONGEST_RETRY), timedelta(seconds=least))
