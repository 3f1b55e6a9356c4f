"""Rate limits of Teams (msteams-platform/bots/how-to/rate-limit). They run on real time."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

# "Per bot per thread limit": (period in seconds, operations).
SEND = ((1, 7), (2, 8), (30, 60), (3600, 1800))
READ = ((1, 14), (2, 16), (30, 120), (3600, 3600))
# "The global limit per app per tenant" (50 in the page of 2025, 30 before).
GLOBAL = ((1, 50),)


class RateLimit:
    """Sliding windows per key. A refused operation does not count."""

    def __init__(
        self, windows: Sequence[tuple[int, int]], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._windows = windows
        self._now = now
        self._longest = max(seconds for seconds, _ in windows)
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    def __getstate__(self) -> dict[str, Any]:
        """What was taken is not kept: its times mean nothing after a restart."""
        return {**self.__dict__, "_taken": defaultdict(deque)}

    def wait(self, key: str) -> int | None:
        """Return after how many whole seconds `key` may go on, or None if it may now."""
        now, taken = self._now(), self._taken[key]
        while taken and taken[0] <= now - self._longest:
            taken.popleft()
        waits = [
            taken[-count] + seconds - now
            for seconds, count in self._windows
            if len(taken) >= count and taken[-count] > now - seconds
        ]
        return max(1, math.ceil(max(waits))) if waits else None

    def take(self, key: str) -> None:
        """Count one operation."""
        self._taken[key].append(self._now())
