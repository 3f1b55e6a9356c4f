"""How well mailboxes are watched, for those who run it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """All mailboxes together: how many are to be watched, and how many Graph tells of now; when the
    one renewed longest ago was renewed, and when the one silent longest was heard of, by a
    notification or a sweep. None where there is none.
    """

    mailboxes: int
    watched: int
    renewed_at: datetime | None
    heard_at: datetime | None


class Watches(Protocol):
    """When each mailbox was heard of, and its subscriptions renewed. Figures only: nothing is
    decided by them.
    """

    async def expect(self, mailbox_id: str, now: datetime) -> None:
        """Count a mailbox among those to be watched, heard of `now` where it was not yet."""

    async def heard(self, mailbox_id: str, now: datetime) -> None:
        """Note that something was heard of a mailbox; nothing where it is not to be watched."""

    async def renewed(self, mailbox_id: str, at: datetime) -> None:
        """Note that Graph tells of it, all its subscriptions renewed at `at` or later."""

    async def lost(self, mailbox_id: str) -> None:
        """Note that Graph does not tell of it, or not of everything."""

    async def forget(self, mailbox_id: str) -> None:
        """Count it no more."""

    async def watch(self) -> Watch:
        """Return how it stands; costs the same for one mailbox as for thousands."""
