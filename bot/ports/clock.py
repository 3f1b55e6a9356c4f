"""Time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Calendar time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
