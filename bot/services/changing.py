"""Changing a record that others change too: load, decide, save, and again if it moved meanwhile."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime

from bot.domain.errors import ConcurrentChangeError
from bot.jobs import Job
from bot.ports import R, Records

_TRIES = 5


async def insist(attempt: Callable[[], Awaitable[None]]) -> None:
    """Load, decide and save in one `attempt`, and again where somebody came in between.

    Raises:
        ConcurrentChangeError: that happened every time.
    """
    for _ in range(_TRIES - 1):
        with suppress(ConcurrentChangeError):
            return await attempt()
    return await attempt()


async def change(
    records: Records,
    known: R,
    decide: Callable[[R], R],
    *,
    home: str,
    at: datetime,
    jobs: Sequence[Job] = (),
) -> R | None:
    """Save what `decide` makes of `known`, or of what it has become, with `jobs` due `at`; nothing
    where it decides on no change. Returns the record as decided, None when it was deleted.
    """
    present: R | None = known
    while present is not None:
        decided = decide(present)
        if decided is present:
            return present
        try:
            await records.save(decided, jobs=jobs, at=at)
        except ConcurrentChangeError:
            present = await records.get(type(known), home, known.id)
        else:
            return decided
    return None
