"""When a distribution begins: a day and a time as somebody chose them, by their own clock."""

import re
from datetime import date, datetime, time, timedelta

from bot.domain.calendar import Calendar

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?")
_FURTHEST = timedelta(days=365)


def read_start(
    day: str, hour: str, calendar: Calendar, now: datetime
) -> tuple[datetime | None, tuple[str, ...]]:
    """Return the moment chosen as a day (2026-11-24) and a time (09:00), None for at once; or what
    is wrong with it, as sentences.
    """
    if not day.strip() and not hour.strip():
        return None, ()
    chosen, begins = _read_day(day.strip()), _read_time(hour.strip())
    if chosen is None:
        return None, ("Choose the day on which it begins, or leave the time empty as well.",)
    if begins is None:
        return None, ("Choose the time at which it begins, or leave the day empty as well.",)
    wall = datetime.combine(chosen, begins)
    if problem := _problem(wall, calendar, now):
        return None, (problem,)
    return calendar.first_at(wall), ()


def _problem(wall: datetime, calendar: Calendar, now: datetime) -> str:
    """Return why nothing can begin then, "" where it can."""
    today = calendar.day_of(now)
    if wall.date() > today + _FURTHEST:
        return "Choose a day within a year from today."
    if wall.date() < today or calendar.first_at(wall) <= now:
        return (
            f"{_told(wall)} has passed. Choose a later time, or leave day and time empty to begin "
            "at once."
        )
    shown = calendar.local(calendar.first_at(wall)).replace(tzinfo=None)
    if shown != wall:
        return (
            f"{_told(wall)} never comes: the clock is put forward to {shown:%H:%M} then. "
            "Choose another time."
        )
    return ""


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:  # no such day in the calendar
        return None


def _read_time(text: str) -> time | None:
    found = _TIME.fullmatch(text)
    return time(int(found[1]), int(found[2])) if found else None


def _told(wall: datetime) -> str:
    return f"{wall:%a %d %b, %H:%M}"
