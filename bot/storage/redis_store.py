"""The store: every port over one Redis or Valkey."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

from redis.asyncio import Redis

from bot.ports import Clock
from bot.storage import scripts
from bot.storage.batch import Batch
from bot.storage.codec import milliseconds, moment_of
from bot.storage.connection import connect, translated
from bot.storage.durability import require_durable, require_known_layout, require_reachable
from bot.storage.inbound import RedisInbound
from bot.storage.jobs import RedisJobQueue
from bot.storage.keys import INBOUND
from bot.storage.places import RedisPlaces
from bot.storage.polling import EVERY, Rounds, look
from bot.storage.records import RedisRecords
from bot.storage.requests import RedisRequests, RedisSweeps
from bot.storage.secrets import RedisSecrets
from bot.storage.sends import RedisSendQueue
from bot.storage.server import EmbeddedServer
from bot.storage.watches import RedisWatches


class RedisStore:
    """One connection pool behind all the ports of storage."""

    def __init__(
        self,
        redis: Redis,
        encryption_keys: Sequence[str],
        clock: Clock,
        *,
        look_every: float = EVERY,
    ) -> None:
        self._redis = redis
        self._look = redis.register_script(scripts.LOOK)
        rounds = Rounds(redis, look_every)
        batch = Batch(redis)
        self.records = RedisRecords(batch)
        self.sends = RedisSendQueue(batch, self.records, rounds)
        self.requests = RedisRequests(batch, rounds)
        self.sweeps = RedisSweeps(batch, rounds)
        self.places = RedisPlaces(redis)
        self.jobs = RedisJobQueue(batch, rounds)
        self.inbound = RedisInbound(batch)
        self.watches = RedisWatches(batch)
        self.secrets = RedisSecrets(redis, encryption_keys, clock)

    async def open(self) -> None:
        """Make the store ready for use.

        Raises:
            ConfigurationError: another version has written it.
        """
        await require_known_layout(self._redis)
        await self.inbound.open()

    async def waiting(self, now: datetime) -> int:
        """Return how much is due and not yet done: shards with something due, emails and jobs in
        work, notifications unread. 0 says that everything up to `now` has happened.

        Raises:
            TransientError: the store does not answer.
        """
        at, count = milliseconds(now), 0
        for emails, jobs, in_work in await look(self._redis, self._look, "in work"):
            due = [moment for moment in (int(emails), int(jobs)) if 0 <= moment <= at]
            count += len(due) + int(in_work)
        with translated():
            return count + int(await self._redis.xlen(INBOUND))

    async def next_email(self) -> datetime | None:
        """Return when the send queue has something next to do, or None.

        Raises:
            TransientError: the store does not answer.
        """
        looked = await look(self._redis, self._look)
        moments = [int(emails) for emails, _ in looked if int(emails) >= 0]
        return moment_of(min(moments)) if moments else None


@asynccontextmanager
async def open_store(
    redis_url: str | None, data_dir: Path, encryption_keys: Sequence[str], clock: Clock
) -> AsyncIterator[RedisStore]:
    """Open the store at `redis_url`, or one of our own in `data_dir`.

    Raises:
        ConfigurationError: it cannot be reached, or could lose what it acknowledged.
    """
    async with AsyncExitStack() as stack:
        if redis_url:
            redis, setting = connect(redis_url), "MAILROOM_REDIS_URL"
        else:
            server = EmbeddedServer(data_dir)
            await server.start()
            stack.push_async_callback(server.stop)
            redis, setting = connect(server.url), "MAILROOM_DATA_DIR"
        stack.push_async_callback(redis.aclose)
        await require_reachable(redis, setting)
        await require_durable(redis)
        store = RedisStore(redis, encryption_keys, clock)
        await store.open()
        yield store
