"""Polling 256 shards without asking all of them all the time.

Each answer of a shard tells when it has something next; only shards whose moment has come are
asked. What other processes put there is found by a look at everybody now and then.
"""

import random
import time
from collections.abc import Sequence

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from bot.storage import keys, scripts
from bot.storage.connection import translated

_EVERY = 0.25


class Rounds:
    """Which shards to ask. Moments are milliseconds of the calendar; the look is in real time.

    `what` is 0 for emails, 1 for jobs: the place of the answer in the LOOK script.
    """

    def __init__(self, redis: Redis, what: int) -> None:
        self._redis = redis
        self._what = what
        self._look = redis.register_script(scripts.LOOK)
        self._next: dict[int, int] = {}
        self._looked = 0.0

    async def due(self, now: int, most: int) -> Sequence[int]:
        """Return up to `most` shards that have something at `now`, in random order: fair to all."""
        if time.monotonic() - self._looked >= _EVERY:
            await self._look_at_all()
        shards = [shard for shard, moment in self._next.items() if moment <= now]
        random.shuffle(shards)
        return shards[:most]

    def told(self, shard: int, moment: int) -> None:
        """Note when a shard has something next; below zero: nothing waits there."""
        if moment < 0:
            self._next.pop(shard, None)
        else:
            self._next[shard] = moment

    async def _look_at_all(self) -> None:
        answers = await look(self._redis, self._look)
        self._looked = time.monotonic()
        for shard, answer in enumerate(answers):
            self.told(shard, int(answer[self._what]))


async def look(redis: Redis, script: AsyncScript) -> Sequence[Sequence[bytes | int]]:
    """Return the answer of the LOOK script for every shard, in one round trip."""
    async with translated(), redis.pipeline(transaction=False) as pipe:
        for shard in range(keys.SHARDS):
            await script(keys=[keys.tag(shard)], client=pipe)
        answers: list[list[bytes | int]] = await pipe.execute()
    return answers
