"""The store: every port over one Redis or Valkey."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError, TransientError
from bot.ports import Clock
from bot.storage import scripts
from bot.storage.codec import milliseconds
from bot.storage.connection import connect, translated
from bot.storage.inbound import RedisInbound
from bot.storage.jobs import RedisJobQueue
from bot.storage.keys import INBOUND
from bot.storage.polling import look
from bot.storage.records import RedisRecords
from bot.storage.secrets import RedisSecrets
from bot.storage.sends import RedisSendQueue
from bot.storage.server import EmbeddedServer, require_durable


class RedisStore:
    """One connection pool behind all the ports of storage."""

    def __init__(self, redis: Redis, encryption_keys: Sequence[str], clock: Clock) -> None:
        self._redis = redis
        self._look = redis.register_script(scripts.LOOK)
        self.records = RedisRecords(redis)
        self.sends = RedisSendQueue(redis, self.records)
        self.jobs = RedisJobQueue(redis)
        self.inbound = RedisInbound(redis)
        self.secrets = RedisSecrets(redis, encryption_keys, clock)

    async def waiting(self, now: datetime) -> int:
        """Return how much is due and not yet done: shards with something due, emails and jobs in
        work, notifications unread. 0 says that everything up to `now` has happened.

        Raises:
            TransientError: the store does not answer.
        """
        at, count = milliseconds(now), 0
        for emails, jobs, in_work in await look(self._redis, self._look):
            due = [moment for moment in (int(emails), int(jobs)) if 0 <= moment <= at]
            count += len(due) + int(in_work)
        async with translated():
            return count + int(await self._redis.xlen(INBOUND))


@asynccontextmanager
async def open_store(
    redis_url: str, data_dir: Path, encryption_keys: Sequence[str], clock: Clock
) -> AsyncIterator[RedisStore]:
    """Open the store at `redis_url`, or one of our own in `data_dir`.

    Raises:
        ConfigurationError: it cannot be reached, or could lose what it acknowledged.
    """
    server = None if redis_url else EmbeddedServer(data_dir)
    if server is not None:
        await server.start()
    redis = connect(server.url if server else redis_url)
    try:
        store = RedisStore(redis, encryption_keys, clock)
        await _first_contact(store, redis_url, clock)
        await require_durable(redis)
        await store.inbound.open()
        yield store
    finally:
        await redis.aclose()
        if server is not None:
            await server.stop()


async def _first_contact(store: RedisStore, redis_url: str, clock: Clock) -> None:
    try:
        await store.waiting(clock.now())
    except TransientError as error:
        place = "MAILROOM_REDIS_URL" if redis_url else "the data directory"
        raise ConfigurationError(f"{error}. Check {place} and that the server runs.") from error
