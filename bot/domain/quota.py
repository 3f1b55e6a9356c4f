"""The daily limit (A18, G6): every email of a mailbox has a place on the day of its planned slot.

A day is the calendar day in the organisation's time zone. Emails that leave by SMTP take no place.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain.daily_limit import MOST_A_DAY
from bot.domain.delivery import Delivery
from bot.domain.enrolment import Enrolment
from bot.domain.route import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLoad:
    """What a distribution wants of one day of a mailbox, for its emails of these numbers, and what
    that day has left of the `most` it may send.
    """

    day: date
    wanted: int
    free: int
    most: int = MOST_A_DAY
    emails: tuple[int, ...] = ()

    @property
    def short(self) -> int:
        """How many places are missing."""
        return max(0, self.wanted - self.free)


def missing_room(days: Iterable[DayLoad], address: str) -> tuple[str, ...]:
    """Return what is short on which days of a mailbox, as sentences."""
    return tuple(
        f"{address} has room for {each.free:,} of {each.wanted:,} emails on {each.day:%a %d %b}: "
        f"{each.short:,} too many."
        for each in days
    )


def placed(enrolment: Enrolment, day_of: Callable[[datetime], date]) -> Enrolment:
    """Return the enrolment with a place for each email still to leave, on the day it is due or the
    later one it was moved to; what has left keeps its own.
    """
    deliveries = tuple(_placed(each, day_of) for each in enrolment.deliveries)
    if all(new is old for new, old in zip(deliveries, enrolment.deliveries, strict=True)):
        return enrolment
    return replace(enrolment, deliveries=deliveries)


def wanted(enrolments: Iterable[Enrolment]) -> Mapping[date, int]:
    """Return how many places on which days these enrolments take."""
    return Counter(
        each.place
        for enrolment in enrolments
        for each in enrolment.deliveries
        if each.place is not None
    )


def _placed(delivery: Delivery, day_of: Callable[[datetime], date]) -> Delivery:
    if not delivery.waiting or delivery.route is not Route.MAILBOX or delivery.doubt_since:
        return delivery
    day = day_of(delivery.due)
    if delivery.place and delivery.place >= day:
        return delivery
    return replace(delivery, place=day)
