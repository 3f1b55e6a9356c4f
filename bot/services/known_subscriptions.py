"""Subscriptions as the door for notifications knows them: one that was there a moment ago is not
asked for again, so that a flood costs no look-up each.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.records import Subscription
from bot.ports import Clock, Records

# One that was removed is believed for as long at most.
_BELIEVED = timedelta(seconds=30)
_MOST_REMEMBERED = 10_000


class KnownSubscriptions:
    """Looks subscriptions up by the hash of their clientState, which only Graph was told."""

    def __init__(self, records: Records, clock: Clock, *, most: int = _MOST_REMEMBERED) -> None:
        self._records = records
        self._clock = clock
        self._most = most
        self._remembered: OrderedDict[str, tuple[datetime, Subscription]] = OrderedDict()

    async def of(self, keys: Sequence[str]) -> Mapping[str, Subscription]:
        """Return those there are, by key."""
        now = self._clock.now()
        found: dict[str, Subscription] = {}
        unknown: list[str] = []
        for key in dict.fromkeys(keys):
            known = self._remembered.get(key)
            if known is not None and now - _BELIEVED < known[0] <= now:
                found[key] = known[1]
            else:
                unknown.append(key)
        if unknown:
            found |= await self._looked_up(unknown, now)
        return found

    async def _looked_up(self, keys: Sequence[str], now: datetime) -> Mapping[str, Subscription]:
        get = self._records.get
        looked_up = await asyncio.gather(*(get(Subscription, key, key) for key in keys))
        found = {each.id: each for each in looked_up if each is not None}
        for key, each in found.items():
            if each.graph_id:  # while Graph's answer is under way, it changes in a moment
                self._remembered[key] = now, each
                self._remembered.move_to_end(key)
        while len(self._remembered) > self._most:
            self._remembered.popitem(last=False)
        return found
