"""What happened in the sandbox, in order: the only oracle a test may read."""

from datetime import datetime
from typing import Any

from bot.sandbox.clock import Clock


class Journal:
    """Append-only record. No tokens and no message bodies go in.

    Entries are `{"n": 1.., "at": RFC 3339 in sandbox time, "kind": "mail.sent", "facts": {...}}`.
    Errors of the clock's actions are written as `sandbox.error`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.entries: list[dict[str, Any]] = []
        clock.on_error(self._note_error)

    def write(self, kind: str, /, **facts: Any) -> None:
        """Add an entry; facts must be plain JSON data."""
        self.entries.append(
            {
                "n": len(self.entries) + 1,
                "at": timestamp(self._clock.now()),
                "kind": kind,
                "facts": facts,
            }
        )

    def since(self, after: int = 0, kind: str = "") -> list[dict[str, Any]]:
        """Return the entries numbered above `after` whose kind starts with `kind`."""
        return [entry for entry in self.entries[max(after, 0) :] if entry["kind"].startswith(kind)]

    def _note_error(self, error: Exception) -> None:
        self.write("sandbox.error", error=type(error).__name__, message=str(error))


def timestamp(moment: datetime) -> str:
    """Return an aware UTC moment as RFC 3339 with Z and microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
