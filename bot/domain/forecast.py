"""Forecast (B7): what leaves in each hour, of what falls due in each."""

from collections.abc import Sequence as Seq
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from bot.domain.calendar import Calendar

_HOUR = timedelta(hours=1)


def rest_of_day(now: datetime, calendar: Calendar) -> Seq[datetime]:
    """Return now, every full hour after it, and the end of the day."""
    tomorrow = calendar.day_of(now) + timedelta(days=1)
    ends = calendar.first_at(datetime.combine(tomorrow, time()))
    full = calendar.local(now).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    hours = [now]
    while (full := full + _HOUR) < ends:
        hours.append(full)
    return (*hours, ends)


def at_pace(due: Seq[int], moments: Seq[datetime], pace: timedelta) -> tuple[Seq[int], int]:
    """Return how many emails leave between each two moments, of those that fall due there and one
    behind the other, and how many leave after the last of them.
    """
    leave: list[int] = []
    waiting = 0
    for many, (begin, end) in zip(due, pairwise(moments), strict=True):
        waiting += many
        leave.append(min(waiting, -(-(end - begin) // pace)))
        waiting -= leave[-1]
    return leave, waiting
