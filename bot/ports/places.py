"""The places of a mailbox's days (G6)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from bot.jobs import Job


class Places(Protocol):
    """How many emails each day of a mailbox holds, and what distributions have booked of it.

    An enrolment's places are counted when it is saved; where it had none yet, what its distribution
    booked before is taken from there.
    """

    async def book(
        self,
        mailbox_id: str,
        distribution_id: str,
        wanted: Mapping[date, int],
        *,
        today: date,
        watch: Job,
        at: datetime,
    ) -> Mapping[date, int]:
        """Book places for a whole distribution, all or nothing, and queue `watch` with them, due
        `at`. Returns how many are missing on which days; when empty all of them are booked. Booked
        again: what was booked before is given back first.
        """

    async def release(self, mailbox_id: str, distribution_id: str) -> None:
        """Give back what a distribution has booked and its enrolments have not taken."""

    async def taken(self, mailbox_id: str) -> Mapping[date, int]:
        """Return how many places of which days are taken or booked; of past days, the last two."""

    async def limit(self, mailbox_id: str, most: int, days: Mapping[date, int]) -> None:
        """Hold the mailbox to `most` a day, and to less on days of their own."""
