"""Lanes: how mailboxes stand, as the pre-flight of a distribution needs to know it (B6)."""

import asyncio
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Sequence as Seq
from datetime import UTC, datetime, timedelta

from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Mailbox
from bot.domain.preflight import Lane, Preflight, Way, fits
from bot.ports import Clock, Places, Records, SendQueue
from bot.services.organisations import Organisations

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
# What others send is looked at by the hour from a day before the start on: more than a day's limit
# never waits.
_BEFORE = timedelta(days=1)
_HOURS = 33 * 24
_MOST_TRIED = 10
_MOST_NAMED = 3


class Lanes:
    """Looks at mailboxes. Nothing is booked by looking."""

    def __init__(
        self,
        records: Records,
        places: Places,
        sends: SendQueue,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._places = places
        self._sends = sends
        self._organisations = organisations
        self._clock = clock

    async def of(self, mailbox: Mailbox, start: datetime, own: Iterable[Enrolment] = ()) -> Lane:
        """Return how a mailbox stands around `start`. `own` is what the distribution itself has
        there already: the places of these are counted, their emails are nobody else's.

        The pace is shared with what falls due within a month: what waits behind another email of
        its person has a place on a day and no hour yet.
        """
        begin = max(self._clock.now(), start - _BEFORE)
        hours = [begin + number * _HOUR for number in range(_HOURS)]
        is_now = begin > start - _BEFORE
        spans = [_EVER if is_now else begin, *hours[1:]]  # what is late leaves now
        taken, due = await asyncio.gather(
            self._places.taken(mailbox.id), self._sends.due_between(mailbox.id, spans)
        )
        counts = list(due)
        for each in own:
            at = each.next_due
            if at is not None and spans[0] <= at < spans[-1] and not each.by_relay:
                counts[bisect_right(spans, at) - 1] -= 1
        return Lane(
            most=mailbox.limit_on,
            day_of=self._organisations.calendar.day_of,
            taken=taken,
            ahead=tuple((at, n) for at, n in zip(hours, counts, strict=False) if n > 0),
        )

    async def others_with_room(
        self, mailbox: Mailbox, ways: Seq[Way], start: datetime, asked: Preflight
    ) -> tuple[str, ...]:
        """Return the addresses of mailboxes of the same organisation, other than this one, through
        which all of it could be sent: the first few that are found.
        """
        known = await self._records.list(Mailbox, mailbox.tenant_id)
        others = [each for each in known if each.can_send and each.id != mailbox.id]
        standing = await asyncio.gather(*(self._places.taken(each.id) for each in others))
        roomy = [
            other
            for other, taken in zip(others, standing, strict=True)
            if all(
                each.wanted + taken.get(each.day, 0) <= other.limit_on(each.day)
                for each in asked.days
            )
        ]
        named: list[str] = []
        for other in roomy[:_MOST_TRIED]:
            if fits(ways, start, await self.of(other, start)):
                named.append(other.address)
            if len(named) == _MOST_NAMED:
                break
        return tuple(named)
