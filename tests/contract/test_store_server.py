"""The embedded server: found again after a kill, refused when it could lose something."""

import os
import signal
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError
from bot.domain.mailbox import Mailbox
from bot.storage.redis_store import open_store
from bot.storage.server import EmbeddedServer, require_durable, server_binary
from tests.contract.conftest import KEY, NOW, HandClock
from tests.contract.samples import mailbox


def pid_of(data_dir: Path) -> int:
    return int((data_dir / "store" / "server.pid").read_text())


async def test_two_programs_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path)
    await first.start()
    pid = pid_of(tmp_path)
    await second.start()
    assert pid_of(tmp_path) == pid
    await first.stop()
    client = Redis.from_url(second.url)
    assert await client.ping()
    await client.aclose()
    await second.stop()
    assert not (tmp_path / "store" / "redis.sock").exists()


async def test_what_was_acknowledged_is_there_after_kill_nine(
    tmp_path: Path, clock: HandClock
) -> None:
    async with open_store("", tmp_path, [KEY], clock) as store:
        for number in range(200):
            await store.records.save(mailbox(f"m{number}"), at=NOW)
        os.kill(pid_of(tmp_path), signal.SIGKILL)
    async with open_store("", tmp_path, [KEY], clock) as store:
        assert len(await store.records.list(Mailbox, "t1")) == 200


async def test_a_long_path_works(tmp_path: Path, clock: HandClock) -> None:
    deep = tmp_path / ("deep" * 30)
    async with open_store("", deep, [KEY], clock) as store:
        assert await store.waiting(clock.now()) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("appendonly", "no"), ("appendfsync", "everysec"), ("maxmemory-policy", "allkeys-lru")],
)
async def test_a_store_that_could_lose_something_is_refused(
    redis: Redis, name: str, value: str
) -> None:
    before = str((await redis.config_get(name))[name])
    await require_durable(redis)
    await redis.config_set(name, value)
    try:
        with pytest.raises(ConfigurationError, match=name):
            await require_durable(redis)
    finally:
        await redis.config_set(name, before)


def test_the_bundled_server_is_the_end_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert server_binary().endswith("valkey-server")
