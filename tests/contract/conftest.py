"""Both twins of the store. The real one stands on a server that is started once and emptied before
each test; time is moved by hand.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.ports import (
    Inbound,
    JobQueue,
    Places,
    Records,
    Requests,
    Secrets,
    SendQueue,
    Sweeps,
    Watches,
)
from bot.storage.connection import connect
from bot.storage.memory_store import MemoryStore
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer

KEY = Fernet.generate_key().decode()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Store(Protocol):
    """What both twins are."""

    @property
    def records(self) -> Records: ...
    @property
    def sends(self) -> SendQueue: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def sweeps(self) -> Sweeps: ...
    @property
    def jobs(self) -> JobQueue: ...
    @property
    def places(self) -> Places: ...
    @property
    def inbound(self) -> Inbound: ...
    @property
    def watches(self) -> Watches: ...
    @property
    def secrets(self) -> Secrets: ...
    async def waiting(self, now: datetime) -> int: ...
    async def next_email(self) -> datetime | None: ...


@dataclass
class HandClock:
    """A clock moved by hand."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def forward(self, span: timedelta) -> datetime:
        self.moment += span
        return self.moment


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    started = EmbeddedServer(tmp_path_factory.mktemp("store"))
    with asyncio.Runner() as runner:
        runner.run(started.start())
        yield started
        runner.run(started.stop())


@pytest.fixture
async def redis(server: EmbeddedServer) -> AsyncIterator[Redis]:
    client = connect(server.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def redis_store(redis: Redis, clock: HandClock) -> RedisStore:
    opened = RedisStore(redis, [KEY], clock, look_every=0.0)
    await opened.open()
    return opened


@pytest.fixture(params=["redis", "memory"])
async def store(request: pytest.FixtureRequest, redis_store: RedisStore, clock: HandClock) -> Store:
    return redis_store if request.param == "redis" else MemoryStore([KEY], clock)
