"""What goes on between us and a mailbox: how many requests at once, and how fresh our view of its
mail is (ports.Requests, ports.Sweeps).
"""

import asyncio
from datetime import datetime, timedelta

from bot.storage import keys, lanes
from bot.storage.batch import Argument, Batch
from bot.storage.codec import milliseconds, moment_of
from bot.storage.connection import translated
from bot.storage.polling import Rounds


class RedisRequests:
    """ports.Requests: counted beside a mailbox's claims."""

    def __init__(self, batch: Batch, rounds: Rounds) -> None:
        self._take = batch.script(lanes.TAKE_CALL)
        self._end = batch.script(lanes.END_CALL)
        self._rounds = rounds.of_sends

    async def begin(
        self, mailbox_id: str, name: str, now: datetime, lasting: timedelta, most: int
    ) -> bool:
        """Take a place among the requests of a mailbox; return whether there was one."""
        until = milliseconds(now + lasting)
        arguments: list[Argument] = [mailbox_id, name, milliseconds(now), until, most]
        with translated():
            taken = await self._take([keys.tag(keys.shard_of(mailbox_id))], arguments)
        return bool(taken)

    async def end(self, mailbox_id: str, name: str) -> None:
        """Give the place back."""
        shard = keys.shard_of(mailbox_id)
        with translated():
            moment = await self._end([keys.tag(shard)], [mailbox_id, name])
        self._rounds.told(shard, int(moment))


class RedisSweeps:
    """ports.Sweeps."""

    def __init__(self, batch: Batch, rounds: Rounds) -> None:
        self._batch = batch
        self._swept = batch.script(lanes.SWEPT)
        self._rounds = rounds.of_sends

    async def read_to(self, mailbox_id: str) -> datetime | None:
        """Return up to when the mailbox's mail was read, None for never."""
        marks = keys.read_to(keys.shard_of(mailbox_id))
        with translated():
            mark = await self._batch.run("HGET", marks, mailbox_id)
        return moment_of(int(mark)) if mark else None

    async def note(self, mailbox_id: str, read_to: datetime) -> None:
        """Note how far a sweep has come."""
        await self._note(mailbox_id, "", read_to)

    async def done(self, mailbox_id: str, began: datetime, read_to: datetime) -> None:
        """Note that everything that lay in the mailbox at `began` was read."""
        await self._note(mailbox_id, milliseconds(began), read_to)

    async def answered(self, mailbox_id: str, at: datetime) -> None:
        """Note that an answer to an email of ours was read."""
        answers = keys.answered(keys.shard_of(mailbox_id))
        with translated():
            await self._batch.run("HSET", answers, mailbox_id, milliseconds(at))

    async def is_busy(self, mailbox_id: str, since: datetime) -> bool:
        """Return whether an email is to leave, or an answer was read from `since` on."""
        shard, run = keys.shard_of(mailbox_id), self._batch.run
        lanes_of = (mailbox_id, f"{mailbox_id}~relay")
        with translated():
            *waiting, answered = await asyncio.gather(
                *(run("ZCARD", keys.queue(shard, each)) for each in lanes_of),
                run("HGET", keys.answered(shard), mailbox_id),
            )
        return any(map(int, waiting)) or int(answered or 0) >= milliseconds(since)

    async def _note(self, mailbox_id: str, began: int | str, read_to: datetime) -> None:
        shard = keys.shard_of(mailbox_id)
        with translated():
            moment = await self._swept(
                [keys.tag(shard)], [mailbox_id, began, milliseconds(read_to)]
            )
        self._rounds.told(shard, int(moment))
