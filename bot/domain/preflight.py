"""Pre-flight (B6): when each email of a distribution really leaves, whether the days of its mailbox
have room for all of them, and what would.

A mailbox is followed as the engine drives it: who is due first leaves first, one behind the other
at its pace, and what comes up outside its window waits for the next one. What leaves by SMTP knows
no pace and takes no place.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heapify, heappop, heappush

from bot.domain.delivery import Delivery
from bot.domain.planning import Schedule
from bot.domain.quota import DayLoad, missing_room
from bot.domain.route import Route
from bot.domain.schedule import LIMITS

_OTHERS = -1
_MOST_DAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One person's way through a sequence: their emails, and when they get them."""

    schedule: Schedule
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A mailbox as a distribution finds it: how many emails may leave on a day, how many places of
    days are taken, and how many emails of others fall due from each of some moments on, in order.
    `day_of` says when a day begins.
    """

    most: Callable[[date], int]
    day_of: Callable[[datetime], date]
    taken: Mapping[date, int] = field(default_factory=dict)
    ahead: tuple[tuple[datetime, int], ...] = ()
    pace: timedelta = LIMITS.pace

    def free(self, day: date) -> int:
        """Return how many places a day has left."""
        return max(0, self.most(day) - self.taken.get(day, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a distribution asks of its mailbox's days. `last` is when the last email leaves,
    `fitting` counts the people of the list, from its beginning, for whom there is room.

    Where not all of them fit: `later` is the next start at which they do, `others` are mailboxes in
    which they do; None and () where there are none.
    """

    days: tuple[DayLoad, ...]
    fitting: int
    last: datetime | None
    later: datetime | None = None
    others: tuple[str, ...] = ()

    @property
    def short(self) -> tuple[DayLoad, ...]:
        """The days that lack places; () when everything fits."""
        return tuple(each for each in self.days if each.short)


def leaving(
    ways: Seq[Way], start: datetime, lane: Lane
) -> Iterator[tuple[datetime, int, Delivery]]:
    """Give every email with the moment it leaves and the position of its person, from `start` on:
    one person behind the other, at the pace.
    """
    behind = lane.pace if ways and _is_paced(ways[0].deliveries[0]) else timedelta(0)
    due = [(at, _OTHERS, many) for at, many in lane.ahead]
    due += [
        (way.schedule.slot(way.deliveries[0], start + number * behind), number, 0)
        for number, way in enumerate(ways)
    ]
    heapify(due)
    free_from, persons = min([start, *(at for at, _ in lane.ahead[:1])]), len(ways)
    while due and persons:
        at, number, index = heappop(due)
        if number == _OTHERS:
            free_from = max(free_from, at) + index * lane.pace
            continue
        schedule, deliveries = ways[number].schedule, ways[number].deliveries
        each, paced = deliveries[index], _is_paced(deliveries[index])
        at = max(at, free_from) if paced else at
        if paced:  # what finds the window closed has had its turn as well
            free_from = at + lane.pace
        if not schedule.is_open(at):
            heappush(due, (schedule.opening(each, at), number, index))
            continue
        yield at, number, each
        if index + 1 < len(deliveries):
            later = deliveries[index + 1]
            heappush(due, (schedule.slot(later, at), number, index + 1))
        else:
            persons -= 1


def preflight(ways: Seq[Way], start: datetime, lane: Lane) -> Preflight:
    """Return what a distribution that starts then asks of its mailbox, as `leaving` has it."""
    wanted: Counter[date] = Counter()
    numbers: defaultdict[date, set[int]] = defaultdict(set)
    days: list[list[date]] = [[] for _ in ways]
    last: datetime | None = None
    for at, number, each in leaving(ways, start, lane):
        last = max(last, at) if last else at
        if _is_paced(each):
            day = lane.day_of(at)
            wanted[day] += 1
            numbers[day].add(each.number)
            days[number].append(day)
    loads = tuple(
        DayLoad(
            day=day,
            wanted=many,
            free=lane.free(day),
            most=lane.most(day),
            emails=tuple(sorted(numbers[day])),
        )
        for day, many in sorted(wanted.items())
    )
    short = any(each.short for each in loads)
    fitting = _fitting(ways, start, lane, _guess(days, lane)) if short else len(ways)
    return Preflight(days=loads, fitting=fitting, last=last)


def places(ways: Seq[Way], start: datetime, lane: Lane) -> Seq[tuple[date | None, ...]]:
    """Return on which day each email of each person takes a place; None for one that takes none."""
    days: list[list[date | None]] = [[] for _ in ways]
    for at, number, each in leaving(ways, start, lane):
        days[number].append(lane.day_of(at) if _is_paced(each) else None)
    return [tuple(each) for each in days]


def fits(ways: Seq[Way], start: datetime, lane: Lane) -> bool:
    """Return whether every email finds a place on the day it leaves."""
    left: dict[date, int] = {}
    for at, _, each in leaving(ways, start, lane):
        if _is_paced(each):
            day = lane.day_of(at)
            left[day] = (left[day] if day in left else lane.free(day)) - 1
            if left[day] < 0:
                return False
    return True


def not_enough_room(asked: Preflight, address: str, people: int) -> tuple[str, ...]:
    """Return what is short, and the ways out, as sentences (A18, B6)."""
    if not asked.short:
        return (f"{address} had no room for all of it at this moment. Please try again.",)
    short = list(missing_room(asked.short[:_MOST_DAYS], address))
    if further := len(asked.short) - len(short):
        short.append(f"And on {further:,} more days." if further > 1 else "And on one more day.")
    return (*short, *_ways_out(asked, people))


def _ways_out(asked: Preflight, people: int) -> Iterator[str]:
    if asked.fitting:
        yield f"Reduce the list to the first {asked.fitting:,} of {people:,} people."
    if asked.later:
        yield f"Start on {asked.later:%a %d %b}, {asked.later:%H:%M}: everything fits then."
    if asked.others:
        named = " and ".join(filter(None, [", ".join(asked.others[:-1]), asked.others[-1]]))
        have = "have" if len(asked.others) > 1 else "has"
        yield f"Choose a sequence sent from another mailbox: {named} {have} room for all of it."
    if not asked.later and not asked.others:
        yield "No start within a month has room for all of it, and no other mailbox has."


def _is_paced(delivery: Delivery) -> bool:
    return delivery.route is Route.MAILBOX


def _guess(days: Iterable[Seq[date]], lane: Lane) -> int:
    """Return how many people fit when the places they would take are counted one by one."""
    left: dict[date, int] = {}
    for number, of in enumerate(days):
        for day in of:
            left[day] = (left[day] if day in left else lane.free(day)) - 1
            if left[day] < 0:
                return number
    raise ValueError("all of them fit")


def _fitting(ways: Seq[Way], start: datetime, lane: Lane, guess: int) -> int:
    """Return how many people fit with nobody behind them, by halves: the fewer there are, the
    earlier each of them is through.
    """
    fit, too_many = 0, len(ways)
    many = guess
    while too_many - fit > 1:
        if fit < many < too_many:
            if fits(ways[:many], start, lane):
                fit = many
            else:
                too_many = many
        many = guess + 1 if many == guess else (fit + too_many) // 2
    return fit
