"""How many emails may leave a mailbox on a day (A18), and on the first days of a new one (B4)."""

from collections.abc import Mapping
from datetime import date, timedelta

from bot.domain.errors import UserMistakeError

MOST_A_DAY = 2500
_FIRST_OF_RAMP = 50


def read_limit(typed: str) -> int:
    """Return the limit somebody typed.

    Raises:
        UserMistakeError: it is no number from 1 to MOST_A_DAY.
    """
    plain = typed.strip().replace(",", "")
    if not plain.isascii() or not plain.isdecimal() or not 1 <= int(plain[:9]) <= MOST_A_DAY:
        raise UserMistakeError(
            f"“{typed.strip()[:20]}” is not a number of emails from 1 to {MOST_A_DAY:,}. "
            "Nothing was changed."
        )
    return int(plain)


def ramp(begun: date, most: int) -> Mapping[date, int]:
    """Return the limits of a new mailbox's first days: doubling from 50 until they reach `most`."""
    limits, day, limit = {}, begun, _FIRST_OF_RAMP
    while limit < most:
        limits[day] = limit
        day, limit = day + timedelta(days=1), limit * 2
    return limits
