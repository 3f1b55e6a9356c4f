"""Requests and sweeps in memory: what `requests` does in Redis, in one process."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from bot.domain.schedule import SendLimits
from bot.storage.memory_records import MemoryRecords

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryRequests:
    """ports.Requests. `flying` is how many emails of each mailbox are under a claim."""

    def __init__(self) -> None:
        self.flying: Counter[str] = Counter()
        self._calls: dict[tuple[str, str], datetime] = {}

    async def begin(
        self, mailbox_id: str, name: str, now: datetime, lasting: timedelta, most: int
    ) -> bool:
        """Take a place among the requests of a mailbox; return whether there was one."""
        if (mailbox_id, name) in self._calls:
            return True
        if self.under_way(mailbox_id, now) + self.flying[mailbox_id] >= most:
            return False
        self._calls[mailbox_id, name] = now + lasting
        return True

    async def end(self, mailbox_id: str, name: str) -> None:
        """Give the place back."""
        self._calls.pop((mailbox_id, name), None)

    def under_way(self, mailbox_id: str, now: datetime) -> int:
        """Return how many there are."""
        ended = [key for key, until in self._calls.items() if until <= now]
        for key in ended:
            del self._calls[key]
        return sum(of == mailbox_id for of, _ in self._calls)


class MemorySweeps:
    """ports.Sweeps."""

    def __init__(self, records: MemoryRecords) -> None:
        self._records = records
        self._answered: dict[str, datetime] = {}
        self._swept: dict[str, datetime] = {}
        self._read_to: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}

    async def read_to(self, mailbox_id: str) -> datetime | None:
        """Return up to when the mailbox's mail was read, None for never."""
        return self._read_to.get(mailbox_id)

    async def note(self, mailbox_id: str, read_to: datetime) -> None:
        """Note how far a sweep has come."""
        self._read_to[mailbox_id] = max(read_to, self._read_to.get(mailbox_id, _NEVER))

    async def done(self, mailbox_id: str, began: datetime, read_to: datetime) -> None:
        """Note that everything that lay in the mailbox at `began` was read."""
        await self.note(mailbox_id, read_to)
        self._swept[mailbox_id] = max(began, self._swept.get(mailbox_id, _NEVER))
        self._asked.pop(mailbox_id, None)

    async def answered(self, mailbox_id: str, at: datetime) -> None:
        """Note that an answer to an email of ours was read."""
        self._answered[mailbox_id] = at

    async def is_busy(self, mailbox_id: str, since: datetime) -> bool:
        """Return whether an email is to leave, or an answer was read from `since` on."""
        waits = any(of == mailbox_id for of, _ in self._records.due)
        return waits or self._answered.get(mailbox_id, _NEVER) >= since

    def is_fresh(self, mailbox_id: str, now: datetime, limits: SendLimits) -> bool:
        """Return whether a follow-up may be claimed."""
        return self._swept.get(mailbox_id, _NEVER) >= now - limits.fresh

    def ask(self, mailbox_id: str, now: datetime, limits: SendLimits) -> bool:
        """Return whether a sweep is wanted; whoever is told so has a while for it."""
        if self._swept.get(mailbox_id, _NEVER) >= now - limits.soon_stale:
            return False
        if self._asked.get(mailbox_id, _NEVER) > now:
            return False
        self._asked[mailbox_id] = now + limits.sweep
        return True
