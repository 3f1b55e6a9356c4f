"""The stream between Graph's POST and our reading of it."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from redis.exceptions import ResponseError

from bot.domain.records import Arrivals
from bot.ports import InboundEntry
from bot.storage.batch import Batch
from bot.storage.codec import decode_arrivals, encode_arrivals
from bot.storage.connection import translated
from bot.storage.keys import INBOUND

_GROUP = "readers"
_FIRST = "0-0"
_BLOCK = 500
_CLAIM_EVERY = 5.0
_log = structlog.get_logger(__name__)


class RedisInbound:
    """ports.Inbound, over one Redis Stream with a consumer group."""

    def __init__(self, batch: Batch, reclaim_every: float = _CLAIM_EVERY) -> None:
        self._batch = batch
        self._redis = batch.redis
        self._reclaim_every = reclaim_every
        self._claimed_at = float("-inf")
        self._claimed_up_to: str | bytes = _FIRST

    async def open(self) -> None:
        """Make the group once, from the stream's beginning: what came before it is read too."""
        with translated():
            try:
                await self._redis.xgroup_create(INBOUND, _GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    async def append(self, arrivals: Sequence[Arrivals]) -> None:
        """Keep them as one entry before returning. Callers at the same moment share a round trip
        (group commit): the disk is asked once for all of them.
        """
        with translated():
            await self._batch.run("XADD", INBOUND, "*", "n", encode_arrivals(arrivals))

    async def read(self, consumer: str, most: int, idle: timedelta) -> Sequence[InboundEntry]:
        """Return new entries, and those somebody took and never finished.

        A group that is gone (a store put back from before it, or emptied) is made anew.
        """
        with translated():
            try:
                found = await self._left_behind(consumer, most, idle)
                if not found:
                    told = await self._redis.xreadgroup(
                        _GROUP, consumer, {INBOUND: ">"}, count=most, block=_BLOCK
                    )
                    found = _entries(told)
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                await self.open()
                return []
        entries = [_entry(*each) for each in found]
        return [each for each in entries if each is not None]

    async def split(self, entry: InboundEntry) -> None:
        """Put an entry for each mailbox in its place. Told twice, what is kept twice is read twice,
        which changes nothing.
        """
        await self._replace(entry, [encode_arrivals([each]) for each in entry.arrivals])

    async def done(self, entry: InboundEntry) -> None:
        """Forget an entry that was handled."""
        await self._replace(entry, ())

    async def _replace(self, entry: InboundEntry, others: Sequence[bytes]) -> None:
        with translated():
            async with self._redis.pipeline(transaction=True) as pipe:
                for data in others:
                    pipe.xadd(INBOUND, {"n": data})
                pipe.xack(INBOUND, _GROUP, entry.id)
                pipe.xdel(INBOUND, entry.id)
                await pipe.execute()

    async def _left_behind(self, consumer: str, most: int, idle: timedelta) -> Any:
        """Take over what others took and never finished: now and then, also when nothing comes, and
        going on where the last time ended: what stays unfinished keeps nothing from its turn.
        """
        if time.monotonic() - self._claimed_at < self._reclaim_every:
            return []
        self._claimed_at = time.monotonic()
        left = await self._redis.xautoclaim(
            INBOUND,
            _GROUP,
            consumer,
            idle // timedelta(milliseconds=1),
            self._claimed_up_to,
            count=most,
        )
        self._claimed_up_to = left[0]
        return left[1]


def _entries(found: Any) -> Any:
    """RESP3 answers a mapping of stream to batches, RESP2 a list of pairs."""
    if not found:
        return []
    if isinstance(found, dict):
        return [each for batches in found.values() for batch in batches for each in batch]
    return found[0][1]


def _entry(id_: bytes, fields: Mapping[bytes, bytes]) -> InboundEntry | None:
    """Return an entry. One this program cannot read stays where it is and holds up no other."""
    try:
        return InboundEntry(id=id_.decode(), arrivals=decode_arrivals(fields[b"n"]))
    except ValueError as error:
        _log.error("inbound.unreadable", entry=id_.decode(), error=str(error))
        return None
