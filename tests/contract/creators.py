"""A process that makes distributions of one mailbox as fast as it can: `creators URL MANY EACH`.

Writes how many of its bookings passed.
"""

import asyncio
import sys
import uuid

from bot.jobs import ReleasePlaces
from bot.storage.connection import connect
from bot.storage.redis_store import RedisStore
from tests.contract.conftest import KEY, NOW, HandClock


async def booked(url: str, many: int, each: int) -> int:
    """Book `each` places of one day for so many distributions at once; return how many passed."""
    client = connect(url)
    store = RedisStore(client, [KEY], HandClock(), look_every=0.0)

    async def book() -> bool:
        batch = uuid.uuid4().hex
        watch = ReleasePlaces(tenant_id="t1", mailbox_id="m1", distribution_id=batch)
        today = NOW.date()
        short = await store.places.book(
            "m1", batch, {today: each}, today=today, watch=watch, at=NOW
        )
        return not short

    passed = await asyncio.gather(*(book() for _ in range(many)))
    await client.aclose()
    return sum(passed)


if __name__ == "__main__":
    passed = asyncio.run(booked(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    sys.stdout.write(f"{passed}\n")
