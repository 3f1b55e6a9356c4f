"""How well mailboxes are watched, in Redis: two sorted sets for the whole installation."""

import asyncio
from datetime import datetime
from typing import Any

from bot.ports import Watch
from bot.storage.batch import Batch
from bot.storage.codec import milliseconds, moment_of
from bot.storage.connection import translated
from bot.storage.keys import HEARD, RENEWED


class RedisWatches:
    """ports.Watches."""

    def __init__(self, batch: Batch) -> None:
        self._run = batch.run

    async def expect(self, mailbox_id: str, now: datetime) -> None:
        """Count a mailbox among those to be watched."""
        with translated():
            await self._run("ZADD", HEARD, "NX", milliseconds(now), mailbox_id)

    async def heard(self, mailbox_id: str, now: datetime) -> None:
        """Note that something was heard of a mailbox."""
        with translated():
            await self._run("ZADD", HEARD, "XX", "GT", milliseconds(now), mailbox_id)

    async def renewed(self, mailbox_id: str, at: datetime) -> None:
        """Note that Graph tells of it."""
        with translated():
            await self._run("ZADD", RENEWED, milliseconds(at), mailbox_id)

    async def lost(self, mailbox_id: str) -> None:
        """Note that Graph does not tell of it."""
        with translated():
            await self._run("ZREM", RENEWED, mailbox_id)

    async def forget(self, mailbox_id: str) -> None:
        """Count it no more."""
        with translated():
            await asyncio.gather(
                *(self._run("ZREM", each, mailbox_id) for each in (HEARD, RENEWED))
            )

    async def watch(self) -> Watch:
        """Return how it stands."""
        asked = [("ZCARD", HEARD), ("ZCARD", RENEWED)]
        first = [("ZRANGE", each, 0, 0, "WITHSCORES") for each in (RENEWED, HEARD)]
        with translated():
            told = await asyncio.gather(*(self._run(*each) for each in (*asked, *first)))
        mailboxes, watched, renewed, heard = told
        return Watch(
            mailboxes=int(mailboxes),
            watched=int(watched),
            renewed_at=_score(renewed),
            heard_at=_score(heard),
        )


def _score(first: Any) -> datetime | None:
    """RESP3 answers pairs, RESP2 a flat list."""
    if not first:
        return None
    score = first[0][1] if isinstance(first[0], list) else first[1]
    return moment_of(int(float(score)))
