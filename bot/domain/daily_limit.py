"""How many emails may leave a mailbox on a day (A18), and on the first days of a new one (B4)."""

from collections.abc import Mapping
from datetime import date, timedelta

MOST_A_DAY = 2500
_FIRST_OF_RAMP = 50


def ramp(begun: date, most: int) -> Mapping[date, int]:
    """Return the limits of a new mailbox's first days: doubling from 50 until they reach `most`."""
    limits, day, limit = {}, begun, _FIRST_OF_RAMP
    while limit < most:
        limits[day] = limit
        day, limit = day + timedelta(days=1), limit * 2
    return limits
