"""Secrets in memory: what `secrets` does in Redis, in one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from bot.ports import Clock
from bot.storage.sealing import Seal


@dataclass(frozen=True, slots=True)
class _Kept:
    token: bytes
    revision: int
    expires: datetime | None


class MemorySecrets:
    """ports.Secrets; sealed here too, so that wrong keys show at once."""

    def __init__(self, encryption_keys: Sequence[str], clock: Clock) -> None:
        self._seal = Seal(encryption_keys)
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._revisions = count(1)

    async def put(self, name: str, value: bytes, *, expires: datetime | None = None) -> None:
        """Keep `value` under `name`, over what was there."""
        self._keep(name, value, expires)

    async def get(self, name: str) -> tuple[bytes, int] | None:
        """Return the value and its revision, or None."""
        kept = self._present(name)
        return None if kept is None else (self._seal.opened(kept.token), kept.revision)

    async def swap(self, name: str, value: bytes, revision: int) -> bool:
        """Replace the value if it is still at `revision`; it expires when it would have."""
        kept = self._present(name)
        if (kept.revision if kept else 0) != revision:
            return False
        self._keep(name, value, kept.expires if kept else None)
        return True

    async def take(self, name: str) -> bytes | None:
        """Return the value and forget it, in one step."""
        kept = self._present(name)
        self._kept.pop(name, None)
        return None if kept is None else self._seal.opened(kept.token)

    def _keep(self, name: str, value: bytes, expires: datetime | None) -> None:
        self._kept[name] = _Kept(self._seal.closed(value), next(self._revisions), expires)

    def _present(self, name: str) -> _Kept | None:
        kept = self._kept.get(name)
        if kept is None or (kept.expires is not None and kept.expires <= self._clock.now()):
            return None
        return kept
