"""Subscriptions as the door for notifications knows them (A21): by the clientState only Graph was
told, and without asking the store again for one that was there a moment ago.

A clientState is kept nowhere in the clear, and never compared: its hash is looked up, and how long
that takes tells a stranger nothing.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.domain.records import Subscription
from bot.ports import Clock, Records

# One that was removed is believed for as long at most.
_BELIEVED = timedelta(seconds=30)
_MOST_REMEMBERED = 10_000


class KnownSubscriptions:
    """Looks subscriptions up; remembers up to `most` of them."""

    def __init__(self, records: Records, clock: Clock, *, most: int = _MOST_REMEMBERED) -> None:
        self._records = records
        self._clock = clock
        self._most = most
        self._remembered: OrderedDict[str, tuple[datetime, Subscription]] = OrderedDict()

    async def of(self, client_states: Iterable[str]) -> Mapping[str, Subscription]:
        """Return the subscriptions there are, by clientState."""
        now = self._clock.now()
        oldest = now - _BELIEVED
        found: dict[str, Subscription] = {}
        unknown: dict[str, str] = {}
        for state in client_states:
            key = subscription_key(state)
            known = self._remembered.get(key)
            if known is not None and oldest < known[0] <= now:
                found[state] = known[1]
            elif state:
                unknown[key] = state
        if unknown:
            for known_now in await self._looked_up(unknown, now):
                found[unknown[known_now.id]] = known_now
        return found

    async def _looked_up(self, keys: Iterable[str], now: datetime) -> list[Subscription]:
        get = self._records.get
        looked_up = await asyncio.gather(*(get(Subscription, key, key) for key in keys))
        found = [each for each in looked_up if each is not None]
        for each in found:
            if each.graph_id:  # while Graph's answer is under way, it changes in a moment
                self._remembered[each.id] = now, each
                self._remembered.move_to_end(each.id)
        while len(self._remembered) > self._most:
            self._remembered.popitem(last=False)
        return found


def subscription_key(client_state: str) -> str:
    """Return the id a subscription is kept under."""
    return hashlib.sha256(client_state.encode()).hexdigest()
