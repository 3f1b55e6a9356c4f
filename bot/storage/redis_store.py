"""The store: every port over one Redis or Valkey."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError, TransientError
from bot.ports import Clock
from bot.storage.connection import connect, translated
from bot.storage.inbound import RedisInbound
from bot.storage.jobs import RedisJobQueue
from bot.storage.records import RedisRecords
from bot.storage.secrets import RedisSecrets
from bot.storage.sends import RedisSendQueue
from bot.storage.server import EmbeddedServer, require_durable


class RedisStore:
    """One connection pool behind all the ports of storage."""

    def __init__(self, redis: Redis, encryption_keys: Sequence[str], clock: Clock) -> None:
        self._redis = redis
        self.records = RedisRecords(redis)
        self.sends = RedisSendQueue(redis, self.records)
        self.jobs = RedisJobQueue(redis)
        self.inbound = RedisInbound(redis)
        self.secrets = RedisSecrets(redis, encryption_keys, clock)

    async def answers(self) -> None:
        """Return when the store answers.

        Raises:
            TransientError: it does not.
        """
        async with translated():
            await self._redis.ping()


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
        await _first_contact(store, redis_url)
        await require_durable(redis)
        await store.inbound.open()
        yield store
    finally:
        await redis.aclose()
        if server is not None:
            await server.stop()


async def _first_contact(store: RedisStore, redis_url: str) -> None:
    try:
        await store.answers()
    except TransientError as error:
        place = "MAILROOM_REDIS_URL" if redis_url else "the data directory"
        raise ConfigurationError(f"{error}. Check {place} and that the server runs.") from error
