"""Changing a record that others change too: load, decide, save, and again if it moved meanwhile."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.errors import ConcurrentChangeError
from bot.jobs import Job
from bot.ports import R, Records


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
