"""Jobs, the inbound stream and secrets."""

import asyncio
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError
from bot.domain.records import Notification
from bot.jobs import ReadBack, Subscribe
from bot.storage import polling
from bot.storage.redis_store import RedisStore
from bot.storage.secrets import RedisSecrets
from tests.contract.conftest import KEY, NOW, HandClock

JOB = Subscribe(tenant_id="t1", mailbox_id="m1")
OTHER = ReadBack(tenant_id="t1", mailbox_id="m1")
LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "_EVERY", 0.0)


async def test_a_job_waits_for_its_time_and_is_taken_once(store: RedisStore) -> None:
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    assert await store.jobs.take(NOW, 10, LEASE) == []
    (taken,) = await store.jobs.take(NOW + HOUR, 10, LEASE)
    assert (taken.job, taken.attempt) == (JOB, 1)
    assert await store.jobs.take(NOW + HOUR, 10, LEASE) == []
    await store.jobs.finish(taken)
    assert await store.jobs.take(NOW + 9 * HOUR, 10, LEASE) == []


async def test_the_same_job_is_queued_once(store: RedisStore) -> None:
    await store.jobs.put("t1", JOB, OTHER, at=NOW)
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    assert len(await store.jobs.take(NOW + 2 * HOUR, 10, LEASE)) == 2


async def test_a_job_whose_worker_vanished_comes_back(store: RedisStore) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (lost,) = await store.jobs.take(NOW, 10, LEASE)
    (found,) = await store.jobs.take(NOW + LEASE, 10, LEASE)
    assert found.attempt == 2
    await store.jobs.finish(lost)
    assert len(await store.jobs.take(NOW + 2 * LEASE, 10, LEASE)) == 1


async def test_a_failed_job_counts_and_a_recurring_one_does_not(store: RedisStore) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    await store.jobs.again(taken, NOW + HOUR, failed=True)
    assert await store.jobs.take(NOW + LEASE, 10, LEASE) == []
    (taken,) = await store.jobs.take(NOW + HOUR, 10, LEASE)
    assert taken.attempt == 2
    await store.jobs.again(taken, NOW + 2 * HOUR, failed=False)
    (taken,) = await store.jobs.take(NOW + 2 * HOUR, 10, LEASE)
    assert taken.attempt == 1


async def test_a_job_asked_for_while_it_runs_runs_once_more(store: RedisStore) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    await store.jobs.finish(taken)
    assert await store.jobs.take(NOW, 10, LEASE) == []
    (again,) = await store.jobs.take(NOW + HOUR, 10, LEASE)
    await store.jobs.finish(again)
    assert await store.jobs.take(NOW + 9 * HOUR, 10, LEASE) == []


def notification(number: int = 1) -> Notification:
    return Notification(
        subscription_id="s", mailbox_id="m1", tenant_id="t1", message_id=f"message-{number}"
    )


async def test_what_arrived_is_read_once_and_forgotten_when_done(store: RedisStore) -> None:
    await store.inbound.append([notification(1), notification(2)])
    (entry,) = await store.inbound.read("a", 10, LEASE)
    assert [each.message_id for each in entry.notifications] == ["message-1", "message-2"]
    assert await store.inbound.read("b", 10, LEASE) == []
    await store.inbound.done(entry)
    assert await store.inbound.read("b", 10, timedelta(0)) == []


async def test_what_a_reader_never_finished_is_read_again(store: RedisStore) -> None:
    await store.inbound.append([notification()])
    (lost,) = await store.inbound.read("a", 10, LEASE)
    store.inbound._claimed_at = 0.0
    (found,) = await store.inbound.read("b", 10, timedelta(0))
    assert found.id == lost.id


async def test_many_at_the_same_moment_are_all_kept(store: RedisStore) -> None:
    await asyncio.gather(*(store.inbound.append([notification(n)]) for n in range(200)))
    seen = set()
    while entries := await store.inbound.read("a", 64, LEASE):
        seen |= {each.notifications[0].message_id for each in entries}
    assert len(seen) == 200


async def test_what_came_before_the_first_reader_is_read(redis: Redis, clock: HandClock) -> None:
    early = RedisStore(redis, [KEY], clock)
    await early.inbound.append([notification()])
    late = RedisStore(redis, [KEY], clock)
    await late.inbound.open()
    await late.inbound.open()
    assert len(await late.inbound.read("a", 10, LEASE)) == 1


async def test_a_secret_is_kept_encrypted(store: RedisStore, redis: Redis) -> None:
    await store.secrets.put("name", b"a refresh token")
    assert await store.secrets.get("name") == (b"a refresh token", 1)
    for key in await redis.keys("*"):
        if await redis.type(key) == b"string":
            value = await redis.get(key)
            assert value is not None
            assert b"refresh" not in bytes(value, "utf-8") if isinstance(value, str) else value


async def test_a_secret_is_taken_by_one(store: RedisStore) -> None:
    await store.secrets.put("name", b"once")
    taken = await asyncio.gather(*(store.secrets.take("name") for _ in range(5)))
    assert sorted(each or b"" for each in taken) == [b"", b"", b"", b"", b"once"]


async def test_a_secret_expires(store: RedisStore, clock: HandClock) -> None:
    await store.secrets.put("name", b"value", expires=NOW + HOUR)
    assert await store.secrets.get("name") is not None
    clock.forward(HOUR)
    assert await store.secrets.get("name") is None
    assert await store.secrets.take("name") is None


async def test_a_swap_loses_against_a_newer_value(store: RedisStore) -> None:
    await store.secrets.put("name", b"old")
    assert await store.secrets.swap("name", b"mine", 1)
    assert not await store.secrets.swap("name", b"late", 1)
    assert await store.secrets.get("name") == (b"mine", 2)


async def test_keys_rotate(redis: Redis, clock: HandClock) -> None:
    newer = Fernet.generate_key().decode()
    await RedisSecrets(redis, [KEY], clock).put("name", b"value")
    rotated = RedisSecrets(redis, [newer, KEY], clock)
    assert await rotated.get("name") == (b"value", 1)
    await rotated.put("name", b"again")
    assert await RedisSecrets(redis, [newer], clock).get("name") == (b"again", 2)
    with pytest.raises(ConfigurationError, match="ENCRYPTION_KEYS"):
        await RedisSecrets(redis, [KEY], clock).get("name")


async def test_a_key_that_is_none_is_named(redis: Redis, clock: HandClock) -> None:
    with pytest.raises(ConfigurationError, match="new-key"):
        RedisSecrets(redis, ["secret"], clock)
