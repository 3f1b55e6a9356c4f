"""Records that many emails need and that hardly ever change: remembered for a moment."""

import time

from bot.ports import R, Record, Records

_SECONDS = 1.0  # of real time: a change is seen by the emails after that
_MOST = 10_000


class Recent:
    """Records as they were a second ago at most."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._known: dict[tuple[str, str, str], tuple[float, Record]] = {}

    async def get(self, kind: type[R], home: str, id: str) -> R | None:
        """Return the record, or None."""
        key, now = (kind.__name__, home, id), time.monotonic()
        known = self._known.get(key)
        if known is not None and isinstance(known[1], kind) and now - known[0] < _SECONDS:
            return known[1]
        found = await self._records.get(kind, home, id)
        if found is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = now, found
        return found
