"""How many wrong links are taken, of one client and in all; right ones are never counted."""

import math
from collections import Counter
from dataclasses import dataclass, field

EACH = 30
ALL = 3000
WINDOW = 60.0


@dataclass(slots=True, kw_only=True)
class WrongLinks:
    """Counts in windows of so many seconds, and begins anew with each.

    Whoever is beyond the limit is not counted: no more than `all` clients are ever remembered.
    """

    each: int = EACH
    all: int = ALL
    window: float = WINDOW
    _counted: Counter[str] = field(default_factory=Counter, repr=False)
    _in_all: int = 0
    _ends: float = -math.inf

    def seconds_to_wait(self, client: str, now: float) -> int:
        """Count a wrong link of a client at `now` (in seconds of any steady clock); return for how
        long it has to wait, 0 where it need not.
        """
        if now >= self._ends:
            self._counted.clear()
            self._in_all = 0
            self._ends = now + self.window
        if self._counted[client] >= self.each or self._in_all >= self.all:
            return max(1, math.ceil(self._ends - now))
        self._counted[client] += 1
        self._in_all += 1
        return 0
