"""A real server for the store's contract: started once, emptied before each test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer

KEY = Fernet.generate_key().decode()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock moved by hand."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def forward(self, span: timedelta) -> datetime:
        self.moment += span
        return self.moment


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def redis(data_dir: Path) -> AsyncIterator[Redis]:
    server = EmbeddedServer(data_dir)
    await server.start()
    client = Redis.from_url(server.url)
    await client.flushall()
    yield client
    await client.aclose()
    await server.stop()


@pytest.fixture
async def store(redis: Redis, clock: HandClock) -> RedisStore:
    opened = RedisStore(redis, [KEY], clock)
    await opened.inbound.open()
    return opened
