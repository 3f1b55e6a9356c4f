"""The inbound stream in memory: what `inbound` does in Redis, in one process."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from bot.domain.records import Arrivals
from bot.ports import InboundEntry

_LONGEST_WAIT = 0.5
_NEVER = float("-inf")


@dataclass(slots=True)
class _Arrived:
    """An entry, and when (real time) somebody took it."""

    entry: InboundEntry
    taken_at: float = _NEVER


class MemoryInbound:
    """ports.Inbound."""

    def __init__(self) -> None:
        self._arrived: dict[str, _Arrived] = {}
        self._numbers = count(1)
        self._news = asyncio.Event()

    async def append(self, arrivals: Sequence[Arrivals]) -> None:
        """Keep them as one entry."""
        entry = InboundEntry(id=f"{next(self._numbers)}-0", arrivals=tuple(arrivals))
        self._arrived[entry.id] = _Arrived(entry)
        self._news.set()

    async def read(self, consumer: str, most: int, idle: timedelta) -> Sequence[InboundEntry]:
        """Return entries nobody took, and those somebody took and never finished; every consumer is
        alike here.
        """
        taken = self._take(most, idle)
        if taken:
            return taken
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), _LONGEST_WAIT)
        except TimeoutError:
            return []
        return self._take(most, idle)

    async def split(self, entry: InboundEntry) -> None:
        """Put an entry for each mailbox in its place."""
        await self.done(entry)
        for each in entry.arrivals:
            await self.append([each])

    async def done(self, entry: InboundEntry) -> None:
        """Forget an entry that was handled."""
        self._arrived.pop(entry.id, None)

    def waiting(self) -> int:
        """Return how many entries are not done."""
        return len(self._arrived)

    def _take(self, most: int, idle: timedelta) -> Sequence[InboundEntry]:
        now = time.monotonic()
        stale = now - idle.total_seconds()
        free = [each for each in self._arrived.values() if each.taken_at <= stale]
        free.sort(key=lambda each: each.taken_at)  # what stays unfinished goes to the end
        for each in free[:most]:
            each.taken_at = now
        return [each.entry for each in free[:most]]
