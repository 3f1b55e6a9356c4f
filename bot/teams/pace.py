"""Teams' limits on posting, kept by waiting in line, per conversation.

"Per bot per thread limit" (bots/how-to/rate-limit); a channel with its threads is one.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from bot.domain.errors import TransientError

_WINDOWS = ((1, 7), (2, 8), (30, 60), (3600, 1800))
# Teams counts when a request arrives there, a little earlier or later than it left here.
_SLACK = 1.1
_LONGEST_WAIT = 10.0
_MOST_KEPT = 5000


class _Lane:
    """One conversation's line."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.taken: deque[float] = deque(maxlen=max(count for _, count in _WINDOWS))

    def wait(self, now: float) -> float:
        """Return how long to wait until one more fits under every limit."""
        waits = [
            self.taken[-count] + seconds * _SLACK - now
            for seconds, count in _WINDOWS
            if len(self.taken) >= count
        ]
        return max(0.0, *waits) if waits else 0.0


class Pace:
    """The lines of all conversations."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    async def turn(self, conversation_id: str) -> None:
        """Return when one may post there.

        Raises:
            TransientError: that would take too long to wait for.
        """
        lane = self._lane(conversation_id.partition(";")[0])
        async with lane.lock:
            wait = lane.wait(self._now())
            if wait > _LONGEST_WAIT:
                raise TransientError("Teams' limits for this conversation", retry_after=wait)
            if wait:
                await self._sleep(wait)
            lane.taken.append(self._now())

    def _lane(self, key: str) -> _Lane:
        known = self._lanes.get(key)
        if known is None:
            if len(self._lanes) >= _MOST_KEPT:
                self._forget_idle()
            known = self._lanes[key] = _Lane()
        return known

    def _forget_idle(self) -> None:
        idle = self._now() - _WINDOWS[-1][0] * _SLACK
        for key, lane in list(self._lanes.items()):
            if not lane.lock.locked() and (not lane.taken or lane.taken[-1] < idle):
                del self._lanes[key]
