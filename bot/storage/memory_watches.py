"""How well mailboxes are watched, in memory: what `watches` does in Redis, in one process."""

from datetime import datetime

from bot.ports import Watch


class MemoryWatches:
    """ports.Watches."""

    def __init__(self) -> None:
        self._heard: dict[str, datetime] = {}
        self._renewed: dict[str, datetime] = {}

    async def expect(self, mailbox_id: str, now: datetime) -> None:
        """Count a mailbox among those to be watched."""
        self._heard.setdefault(mailbox_id, now)

    async def heard(self, mailbox_id: str, now: datetime) -> None:
        """Note that something was heard of a mailbox."""
        if mailbox_id in self._heard:
            self._heard[mailbox_id] = max(now, self._heard[mailbox_id])

    async def renewed(self, mailbox_id: str, at: datetime) -> None:
        """Note that Graph tells of it."""
        self._renewed[mailbox_id] = at

    async def lost(self, mailbox_id: str) -> None:
        """Note that Graph does not tell of it."""
        self._renewed.pop(mailbox_id, None)

    async def forget(self, mailbox_id: str) -> None:
        """Count it no more."""
        self._heard.pop(mailbox_id, None)
        self._renewed.pop(mailbox_id, None)

    async def watch(self) -> Watch:
        """Return how it stands."""
        return Watch(
            mailboxes=len(self._heard),
            watched=len(self._renewed),
            renewed_at=min(self._renewed.values(), default=None),
            heard_at=min(self._heard.values(), default=None),
        )
