"""A place's own calendar: its clock with the two odd days of the year, and its holidays.

Local time jumps and repeats (PEP 495, RFC 5545 section 3.3.5). Here neither surprises: a time that
never comes is the moment the clock has passed it, a time that comes twice is its first coming, and
during the second coming the clock is taken to show the end of what repeats. So both ways, between
moments and what a clock shows, later stays later.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UTC = ZoneInfo("UTC")
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
# Beyond this no day is looked for: a calendar that has none is a mistake, not a long wait.
_HORIZON = 3660


def zone_named(name: str) -> ZoneInfo | None:
    """Return the time zone of an IANA name such as Europe/Berlin; None where there is none."""
    try:
        return ZoneInfo(name)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # of folders, OSError
        return None


def no_holiday(day: date) -> bool:
    """The holidays of whoever has told none."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A time zone and its holidays. `has_holidays` is for words only."""

    zone: ZoneInfo = _UTC
    is_holiday: Callable[[date], bool] = no_holiday

    @property
    def has_holidays(self) -> bool:
        """Whether anybody said which days are holidays."""
        return self.is_holiday is not no_holiday

    def local(self, moment: datetime) -> datetime:
        """Return the same moment as the clock shows it here."""
        return moment.astimezone(self.zone)

    def day_of(self, moment: datetime) -> date:
        """Return the calendar day of a moment."""
        return self.local(moment).date()

    def wall(self, moment: datetime) -> datetime:
        """Return what the clock shows, without a zone; while an hour repeats, its end."""
        local = self.local(moment)
        if local.fold:
            moment = moment.replace(second=0, microsecond=0)
        while local.fold:
            moment += _MINUTE
            local = self.local(moment)
        return local.replace(tzinfo=None)

    def first_at(self, wall: datetime) -> datetime:
        """Return the first moment, in UTC, at which the clock shows `wall` or later."""
        once, again = (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if once <= again:
            return once
        moment = again.replace(second=0, microsecond=0)
        while self.local(moment).replace(tzinfo=None) < wall:
            moment += _MINUTE
        return moment


# Of whoever has told neither zone nor holidays.
PLAIN = Calendar()


def days_from(day: date) -> Iterator[date]:
    """Return a day and those after it.

    Raises:
        ValueError: ten years have passed without the day that was looked for.
    """
    for ahead in range(_HORIZON):
        yield day + ahead * _DAY
    raise ValueError(f"no such day within ten years of {day}")
