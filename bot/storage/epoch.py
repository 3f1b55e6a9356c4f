"""The store's epochs: whether it is still the server that acknowledged what we rely on.

A server that was killed with its machine, or a replica that took over, may have lost the last
moments before; nothing in it tells. Its run_id does: a server has the same one for as long as it
runs (INFO, section server). What was due when a new one was first seen may have been sent before.
"""

from datetime import datetime, timedelta

from redis.asyncio import Redis

from bot.storage import keys
from bot.storage.codec import milliseconds, moment_of
from bot.storage.connection import text, translated

# How long what was due before is looked up first: as long as a doubt is at most (Sending, rule 5).
_FIRST = timedelta(minutes=15)

# Answers since when the server runs as far as we know, 0 where nothing can have been lost: on a
# store that is new to us, and behind a server that was shut down in order.
_SEEN = """
local known = redis.call('GET', KEYS[1])
local run, since = string.match(known or '', '^(.*):(%d+)$')
if run == ARGV[1] then return since end
local lost = known and redis.call('GET', KEYS[2]) ~= run
since = lost and ARGV[2] or '0'
redis.call('SET', KEYS[1], ARGV[1]..':'..since)
return since
"""


class Epochs:
    """Tells what may have been lost, by the run_id that came with an answer of the store."""

    def __init__(self, redis: Redis) -> None:
        self._seen = redis.register_script(_SEEN)
        self._run_id = ""
        self._since = 0

    async def doubtful(self, run_id: str, now: datetime) -> datetime | None:
        """Return the moment before which everything due may have been sent already, None when
        there is no reason to think so.

        Raises:
            TransientError: the store does not answer.
        """
        if run_id != self._run_id:
            with translated():
                told = await self._seen(
                    keys=[keys.EPOCH, keys.IN_ORDER], args=[run_id, milliseconds(now)]
                )
            self._run_id, self._since = run_id, int(told)
        since = moment_of(self._since)
        return since if self._since and now - since < _FIRST else None


async def end_in_order(client: Redis) -> None:
    """Note that the server is about to be shut down with everything written."""
    run_id = text((await client.info("server"))["run_id"])
    await client.set(keys.IN_ORDER, run_id)
