"""What the card of what goes out shows."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.views.notices import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class HourAhead:
    """How many emails leave in an hour of today; `begins` by the organisation's clock."""

    begins: datetime
    emails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAhead:
    """How many emails have a place on a day, of the most that may leave; of today's some have left
    already.
    """

    day: date
    emails: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAhead:
    """What is still to leave from one mailbox today, and has places on the six days after."""

    address: str
    today: int
    later: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What goes out from all mailboxes, or the `chosen` one. `after_today`: due today, and not
    through before midnight; `by_smtp`: due today beside the mailboxes, in no hour and no day here.
    """

    now: datetime
    choices: tuple[Choice, ...]
    chosen: str
    hours: tuple[HourAhead, ...]
    after_today: int
    by_smtp: int
    days: tuple[DayAhead, ...]
    mailboxes: tuple[MailboxAhead, ...]
