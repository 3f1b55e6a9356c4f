"""When things happen: due times of a sequence, and when to look again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.sequence import Email


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLimits:
    """What a claim keeps to, per mailbox. What leaves by SMTP has no pace there, and a number in
    flight of its own.
    """

    pace: timedelta
    in_flight: int
    lease: timedelta
    relay_in_flight: int = 8


# G7: at most 25 messages in any sliding 60 s, and 4 Graph requests at once, per mailbox.
LIMITS = SendLimits(pace=timedelta(milliseconds=2400), in_flight=4, lease=timedelta(minutes=5))

_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(minutes=30)
_LONGEST_ASKED = 86_400.0


def due_times(emails: Iterable[Email], start: datetime) -> list[datetime]:
    """Return when each email is due: each delay counts from the email before."""
    times, at = [], start
    for email in emails:
        at += email.delay
        times.append(at)
    return times


def retry_at(now: datetime, attempt: int, least_seconds: float = 0.0) -> datetime:
    """Return when to try again after the `attempt`-th failure (counts from 1): doubling, capped.

    `least_seconds` is what the other side asks for; more than a day is not believed.
    """
    least = min(max(0.0, least_seconds), _LONGEST_ASKED)
    doubled = _FIRST_RETRY * (1 << min(attempt - 1, 10))
    return now + max(min(doubled, _LONGEST_RETRY), timedelta(seconds=least))
