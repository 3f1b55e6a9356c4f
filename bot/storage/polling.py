"""Polling 256 shards without asking all of them all the time.

Each answer of a shard tells when it has something next; only shards whose moment has come are
asked. What other processes put there is found by a look at everybody now and then.
"""

import random
import time
from collections.abc import Awaitable, Callable, Sequence

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from bot.storage import keys, scripts
from bot.storage.connection import translated

EVERY = 0.25
_EVERY_SHARD = [keys.tag(shard) for shard in range(keys.SHARDS)]


class Rounds:
    """The look at every shard, one for emails and jobs together; `every` is seconds of real time
    and the longest that something put there by another process waits unseen.
    """

    def __init__(self, redis: Redis, every: float = EVERY) -> None:
        self._redis = redis
        self._every = every
        self._look = redis.register_script(scripts.LOOK)
        self._looked = float("-inf")
        self.of_sends = Round(self.look_if_due)
        self.of_jobs = Round(self.look_if_due)

    async def look_if_due(self) -> None:
        """Look at every shard, unless that was done just now."""
        if time.monotonic() - self._looked < self._every:
            return
        answers = await look(self._redis, self._look)
        self._looked = time.monotonic()
        for shard, (emails, jobs) in enumerate(answers):
            self.of_sends.told(shard, int(emails))
            self.of_jobs.told(shard, int(jobs))


class Round:
    """Which shards have something at a moment, in milliseconds of the calendar."""

    def __init__(self, look_if_due: Callable[[], Awaitable[None]]) -> None:
        self._look_if_due = look_if_due
        self._next: dict[int, int] = {}

    async def due(self, now: int, most: int) -> Sequence[int]:
        """Return up to `most` shards that have something at `now`, in random order: fair to all."""
        await self._look_if_due()
        shards = [shard for shard, moment in self._next.items() if moment <= now]
        random.shuffle(shards)
        return shards[:most]

    def told(self, shard: int, moment: int) -> None:
        """Note when a shard has something next; below zero: nothing waits there."""
        if moment < 0:
            self._next.pop(shard, None)
        else:
            self._next[shard] = moment

    def heard(self, shard: int, moment: int) -> None:
        """Note a moment beside what is known of a shard; below zero: there is none."""
        known = self._next.get(shard)
        if moment >= 0 and (known is None or moment < known):
            self._next[shard] = moment


async def look(redis: Redis, script: AsyncScript, *wanted: str) -> Sequence[Sequence[bytes | int]]:
    """Return the answer of the LOOK script for every shard, in one round trip."""
    with translated():
        answers: list[list[bytes | int]] = await script(
            keys=_EVERY_SHARD, args=wanted, client=redis
        )
    return answers
