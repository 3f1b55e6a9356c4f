"""The head of an enrolment's record: what the scripts read of it without its JSON.

A record is `<rev>:<head>:<JSON>`. Of an enrolment whose emails have places in their mailbox's days
the head is `<n>;<day>,<day>,…`: the days in the order of the emails, nothing where an email has no
place, and `n` counts to the email that leaves next, 0 when none does. A day is the number of days
since 1970. Places stand nowhere else, so what a day's counter says and what the records say cannot
come apart.
"""

from dataclasses import replace
from datetime import date

from bot.domain.enrolment import Enrolment
from bot.ports import R, Record

_EPOCH = date(1970, 1, 1).toordinal()


def head_of(record: Record) -> str:
    """Return the head of a record, "" for most."""
    if not isinstance(record, Enrolment):
        return ""
    days = [_written(None if each.cancelled else each.place) for each in record.deliveries]
    if not any(days):
        return ""
    current = record.current
    settled = current is None or current.doubt_since is not None
    leaves = 0 if settled else [each is current for each in record.deliveries].index(True) + 1
    return f"{leaves};{','.join(days)}"


def with_head(record: R, head: str) -> R:
    """Return the record with what its head says."""
    if not isinstance(record, Enrolment) or not head:
        return record
    days = head.partition(";")[2].split(",")
    placed = tuple(
        replace(each, place=day_of(int(day)) if day else None)
        for each, day in zip(record.deliveries, days, strict=True)
    )
    return replace(record, deliveries=placed)


def split(value: str) -> tuple[int, str, str]:
    """Return rev, head and JSON of a record; those of an older program have no head."""
    rev, _, rest = value.partition(":")
    head, _, data = ("", "", rest) if rest.startswith("{") else rest.partition(":")
    return int(rev), head, data


def number_of(day: date) -> int:
    """Return the days since 1970."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day so many days after the first of 1970."""
    return date.fromordinal(number + _EPOCH)


def _written(day: date | None) -> str:
    return "" if day is None else str(number_of(day))
