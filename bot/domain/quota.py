"""The daily limit (A18, G6): every email of a mailbox has a place on the day of its planned slot.

A day is the calendar day in the organisation's time zone. Emails that leave by SMTP take no place.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain.delivery import Delivery
from bot.domain.enrolment import Enrolment
from bot.domain.route import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLoad:
    """What a distribution wants of one day of a mailbox, and what that day has left."""

    day: date
    wanted: int
    free: int

    @property
    def short(self) -> int:
        """How many places are missing."""
        return max(0, self.wanted - self.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a distribution asks of its mailbox's days (B6). `fitting` counts the people of the list,
    from its beginning, for whom there is room; `last` is when the last email leaves.
    """

    days: tuple[DayLoad, ...]
    fitting: int
    last: datetime | None

    @property
    def short(self) -> tuple[DayLoad, ...]:
        """The days that lack places; () when everything fits."""
        return tuple(each for each in self.days if each.short)


def preflight(plans: Seq[Enrolment], free: Callable[[date], int]) -> Preflight:
    """Return what these planned enrolments ask, where a day has `free` places left."""
    days = wanted(plans)
    due = [each.due for plan in plans for each in plan.deliveries]
    return Preflight(
        days=tuple(DayLoad(day=day, wanted=days[day], free=free(day)) for day in sorted(days)),
        fitting=_fitting(plans, {day: free(day) for day in days}),
        last=max(due, default=None),
    )


def not_enough_room(asked: Preflight, address: str, people: int) -> tuple[str, ...]:
    """Return what is short, and the ways out, as sentences (A18, B6)."""
    fewer = (
        f"Reduce the list to the first {asked.fitting:,} of {people:,} people, start"
        if asked.fitting
        else "Start"
    )
    other = "on another day, or choose a sequence that is sent from another mailbox."
    return (*missing_room(asked.short, address), f"{fewer} {other}")


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


def _fitting(plans: Seq[Enrolment], free: dict[date, int]) -> int:
    for number, plan in enumerate(plans):
        for day, many in wanted([plan]).items():
            free[day] -= many
            if free[day] < 0:
                return number
    return len(plans)
