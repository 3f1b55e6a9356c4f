"""Jobs, the inbound stream and secrets."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError, TransientError
from bot.domain.records import Arrivals
from bot.jobs import ReadBack, Subscribe, SweepMailbox
from bot.storage.batch import Batch
from bot.storage.codec import encode_job
from bot.storage.connection import connect, text
from bot.storage.inbound import RedisInbound
from bot.storage.keys import INBOUND, secret, shard_of, tag
from bot.storage.memory_inbound import MemoryInbound
from bot.storage.redis_store import RedisStore
from bot.storage.secrets import RedisSecrets
from tests.contract.conftest import KEY, NOW, HandClock, Store

JOB = Subscribe(tenant_id="t1", mailbox_id="m1")
OTHER = ReadBack(tenant_id="t1", mailbox_id="m1", since=NOW)
LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


async def test_a_job_waits_for_its_time_and_is_taken_once(store: Store) -> None:
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    assert await store.jobs.take(NOW, 10, LEASE) == []
    (taken,) = await store.jobs.take(NOW + HOUR, 10, LEASE)
    assert (taken.job, taken.attempt) == (JOB, 1)
    assert await store.jobs.take(NOW + HOUR, 10, LEASE) == []
    await store.jobs.finish(taken)
    assert await store.jobs.take(NOW + 9 * HOUR, 10, LEASE) == []


async def test_a_job_asked_for_earlier_while_it_runs_runs_at_the_earlier_time(
    store: Store,
) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    await store.jobs.put("t1", JOB, at=NOW)
    await store.jobs.again(taken, NOW + HOUR, failed=True)
    (again,) = await store.jobs.take(NOW, 10, LEASE)
    assert again.attempt == 1
    await store.jobs.again(again, NOW + HOUR, failed=False)
    assert await store.jobs.take(NOW + HOUR / 2, 10, LEASE) == []


async def test_a_job_taken_over_is_not_put_back_by_its_first_worker(store: Store) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (lost,) = await store.jobs.take(NOW, 10, LEASE)
    (found,) = await store.jobs.take(NOW + LEASE, 10, LEASE)
    await store.jobs.again(lost, NOW, failed=True)
    assert await store.jobs.take(NOW + LEASE, 10, LEASE) == []
    await store.jobs.finish(found)
    assert await store.jobs.take(NOW + 9 * LEASE, 10, LEASE) == []


async def test_a_job_that_cannot_be_read_holds_up_no_other(
    redis_store: RedisStore, redis: Redis
) -> None:
    await redis_store.jobs.put("t1", JOB, OTHER, at=NOW)
    kept = f"job:{tag(shard_of('t1'))}"
    await redis.hset(kept, JOB.key, b'{"job":"OfANewerProgram"}')
    assert [each.job for each in await redis_store.jobs.take(NOW, 10, LEASE)] == [OTHER]
    await redis.hset(kept, JOB.key, encode_job(JOB))
    assert JOB in [each.job for each in await redis_store.jobs.take(NOW + LEASE, 10, LEASE)]


async def test_a_job_of_an_earlier_version_is_ended_under_the_key_it_has(
    redis_store: RedisStore, redis: Redis
) -> None:
    await redis_store.jobs.put("t1", JOB, at=NOW)
    place = tag(shard_of("t1"))
    await redis.zrem(f"jobs:{place}", JOB.key)
    old = b'{"job":"CatchUp","tenant_id":"t1","mailbox_id":"m1","since":1764320400000000}'
    await redis.hset(f"job:{place}", "catch-up:m1", old)
    await redis.zadd(f"jobs:{place}", {"catch-up:m1": 0})
    (taken,) = await redis_store.jobs.take(NOW, 10, LEASE)
    assert taken.job == SweepMailbox(tenant_id="t1", mailbox_id="m1", once=True)
    await redis_store.jobs.finish(taken)
    assert await redis_store.jobs.take(NOW + 9 * LEASE, 10, LEASE) == []


async def test_two_at_the_same_moment_never_take_the_same_job(store: Store) -> None:
    many = [Subscribe(tenant_id="t1", mailbox_id=f"m{n}") for n in range(40)]
    for each in many:
        await store.jobs.put(each.mailbox_id, each, at=NOW)
    rounds = await asyncio.gather(*(store.jobs.take(NOW, 20, LEASE) for _ in range(2)))
    got = [each.job.key for taken in rounds for each in taken]
    while taken := await store.jobs.take(NOW, 20, LEASE):
        got += [each.job.key for each in taken]
    assert sorted(got) == sorted(each.key for each in many)


async def test_waiting_counts_until_all_is_done(store: Store) -> None:
    assert await store.waiting(NOW) == 0
    await store.jobs.put("t1", JOB, at=NOW)
    assert await store.waiting(NOW - HOUR) == 0
    assert await store.waiting(NOW) == 1
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    assert await store.waiting(NOW) == 1
    await store.jobs.finish(taken)
    assert await store.waiting(NOW) == 0


async def test_the_same_job_is_queued_once(store: Store) -> None:
    await store.jobs.put("t1", JOB, OTHER, at=NOW)
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    assert len(await store.jobs.take(NOW + 2 * HOUR, 10, LEASE)) == 2


async def test_a_queued_job_is_brought_forward_never_put_off(store: Store) -> None:
    await store.jobs.put("t1", JOB, at=NOW + 2 * HOUR)
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    await store.jobs.put("t1", JOB, at=NOW + 3 * HOUR)
    assert await store.jobs.take(NOW, 10, LEASE) == []
    (taken,) = await store.jobs.take(NOW + HOUR, 10, LEASE)
    await store.jobs.finish(taken)
    assert await store.jobs.take(NOW + 9 * HOUR, 10, LEASE) == []


async def test_a_job_whose_worker_vanished_comes_back(store: Store) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (lost,) = await store.jobs.take(NOW, 10, LEASE)
    (found,) = await store.jobs.take(NOW + LEASE, 10, LEASE)
    assert found.attempt == 2
    await store.jobs.finish(lost)
    assert len(await store.jobs.take(NOW + 2 * LEASE, 10, LEASE)) == 1


async def test_a_failed_job_counts_and_a_recurring_one_does_not(store: Store) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    await store.jobs.again(taken, NOW + HOUR, failed=True)
    assert await store.jobs.take(NOW + LEASE, 10, LEASE) == []
    (taken,) = await store.jobs.take(NOW + HOUR, 10, LEASE)
    assert taken.attempt == 2
    await store.jobs.again(taken, NOW + 2 * HOUR, failed=False)
    (taken,) = await store.jobs.take(NOW + 2 * HOUR, 10, LEASE)
    assert taken.attempt == 1


async def test_a_job_asked_for_while_it_runs_runs_once_more(store: Store) -> None:
    await store.jobs.put("t1", JOB, at=NOW)
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    await store.jobs.put("t1", JOB, at=NOW + HOUR)
    await store.jobs.put("t1", JOB, at=NOW + 2 * HOUR)
    await store.jobs.finish(taken)
    assert await store.jobs.take(NOW, 10, LEASE) == []
    (again,) = await store.jobs.take(NOW + HOUR, 10, LEASE)
    await store.jobs.finish(again)
    assert await store.jobs.take(NOW + 9 * HOUR, 10, LEASE) == []


def arrivals(number: int = 1, mailbox: str = "m1") -> Arrivals:
    return Arrivals(tenant_id="t1", mailbox_id=mailbox, message_ids=(f"message-{number}",))


async def test_of_two_jobs_of_one_key_the_first_is_done(store: Store) -> None:
    await store.jobs.put("m1", OTHER, at=NOW + HOUR)
    await store.jobs.put("m1", replace(OTHER, since=NOW + HOUR), at=NOW)
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    assert taken.job == OTHER


async def test_what_arrived_is_read_once_and_forgotten_when_done(store: Store) -> None:
    await store.inbound.append([arrivals(1), arrivals(2, "m2")])
    (entry,) = await store.inbound.read("a", 10, LEASE)
    assert entry.arrivals == (arrivals(1), arrivals(2, "m2"))
    assert await store.inbound.read("b", 10, LEASE) == []
    assert await store.waiting(NOW) == 1
    await store.inbound.done(entry)
    assert await store.waiting(NOW) == 0


async def test_an_entry_of_several_mailboxes_is_split(store: Store) -> None:
    await store.inbound.append([arrivals(1), arrivals(2, "m2")])
    (entry,) = await store.inbound.read("a", 10, LEASE)
    await store.inbound.split(entry)
    found = await store.inbound.read("b", 10, LEASE)
    assert [each.arrivals for each in found] == [(arrivals(1),), (arrivals(2, "m2"),)]
    assert await store.waiting(NOW) == 2


async def test_what_a_reader_never_finished_is_read_again(
    store: Store, redis: Redis, clock: HandClock
) -> None:
    await store.inbound.append([arrivals()])
    (lost,) = await store.inbound.read("a", 10, LEASE)
    other = RedisStore(redis, [KEY], clock) if isinstance(store, RedisStore) else store
    (found,) = await other.inbound.read("b", 10, timedelta(0))
    assert found == lost


async def test_what_nobody_finished_is_found_when_nothing_else_comes(redis: Redis) -> None:
    inbound = RedisInbound(Batch(redis), reclaim_every=0.0)
    await inbound.open()
    await inbound.append([arrivals()])
    (lost,) = await inbound.read("a", 10, LEASE)
    assert await inbound.read("b", 10, timedelta(0)) == [lost]
    assert await inbound.read("a", 10, timedelta(0)) == [lost]


@pytest.mark.parametrize("twin", ["redis", "memory"])
async def test_what_stays_unfinished_keeps_no_later_entry_from_its_turn(
    twin: str, redis: Redis
) -> None:
    inbound = RedisInbound(Batch(redis), reclaim_every=0.0) if twin == "redis" else MemoryInbound()
    if isinstance(inbound, RedisInbound):
        await inbound.open()
    for number in range(30):
        await inbound.append([arrivals(number)])
    for _ in range(3):
        assert len(await inbound.read("a", 10, LEASE)) == 10
    # In batches, and never done: nobody can read that mailbox.
    rounds = [await inbound.read("a", 10, timedelta(0)) for _ in range(4)]
    read = {each.arrivals[0].message_ids[0] for entries in rounds for each in entries}
    assert len(read) == 30


async def test_a_reader_survives_an_emptied_store(redis_store: RedisStore, redis: Redis) -> None:
    await redis.flushall()
    await redis_store.inbound.append([arrivals()])
    assert await redis_store.inbound.read("a", 10, LEASE) == []
    assert len(await redis_store.inbound.read("a", 10, LEASE)) == 1


async def test_an_entry_that_cannot_be_read_holds_up_no_other(
    redis_store: RedisStore, redis: Redis
) -> None:
    await redis.xadd(INBOUND, {"n": b'[{"from":"a newer program"}]'})
    await redis_store.inbound.append([arrivals()])
    (entry,) = await redis_store.inbound.read("a", 10, LEASE)
    assert entry.arrivals == (arrivals(),)
    assert await redis_store.waiting(NOW) == 2


async def test_many_at_the_same_moment_are_all_kept(store: Store) -> None:
    await asyncio.gather(*(store.inbound.append([arrivals(n)]) for n in range(200)))
    seen: list[str] = []
    while len(seen) < 200:
        entries = await store.inbound.read("a", 64, LEASE)
        assert entries
        seen += [each.arrivals[0].message_ids[0] for each in entries]
    assert len(set(seen)) == 200


async def test_an_idle_reader_is_woken_by_what_comes(store: Store) -> None:
    reading = asyncio.create_task(store.inbound.read("a", 10, LEASE))
    await asyncio.sleep(0)
    await store.inbound.append([arrivals()])
    (entry,) = await reading
    assert entry.arrivals == (arrivals(),)


async def test_a_failed_write_is_told_to_everybody_who_waits(clock: HandClock) -> None:
    gone = RedisStore(connect("unix:///nowhere/redis.sock"), [KEY], clock)
    told = await asyncio.gather(
        *(gone.inbound.append([arrivals(n)]) for n in range(20)), return_exceptions=True
    )
    assert [type(each) for each in told] == [TransientError] * 20


async def test_what_came_before_the_first_reader_is_read(redis: Redis, clock: HandClock) -> None:
    early = RedisStore(redis, [KEY], clock)
    await early.inbound.append([arrivals()])
    late = RedisStore(redis, [KEY], clock)
    await late.inbound.open()
    await late.inbound.open()
    assert len(await late.inbound.read("a", 10, LEASE)) == 1


async def test_a_secret_is_kept_encrypted(redis_store: RedisStore, redis: Redis) -> None:
    await redis_store.secrets.put("name", b"a refresh token", expires=NOW + HOUR)
    assert await redis_store.secrets.get("name") == (b"a refresh token", 1)
    names = await redis.keys("*")
    for each in names:
        assert b"refresh" not in (await redis.dump(each) or b"refresh")
    assert any(text(each).endswith(":name") for each in names)


async def test_a_secret_is_taken_by_one(store: Store) -> None:
    await store.secrets.put("name", b"once")
    taken = await asyncio.gather(*(store.secrets.take("name") for _ in range(5)))
    assert sorted(each or b"" for each in taken) == [b"", b"", b"", b"", b"once"]


async def test_a_secret_expires(store: Store, clock: HandClock) -> None:
    await store.secrets.put("name", b"value", expires=NOW + HOUR)
    assert await store.secrets.get("name") is not None
    clock.forward(HOUR)
    assert await store.secrets.get("name") is None
    assert await store.secrets.take("name") is None


async def test_a_swap_keeps_the_expiry(store: Store, clock: HandClock) -> None:
    await store.secrets.put("name", b"value", expires=NOW + HOUR)
    assert await store.secrets.swap("name", b"other", 1)
    assert await store.secrets.get("name") == (b"other", 2)
    clock.forward(HOUR)
    assert await store.secrets.get("name") is None
    assert not await store.secrets.swap("name", b"late", 2)


async def test_no_expired_secret_is_swapped_however_many_there_are(
    store: Store, clock: HandClock
) -> None:
    names = [name for name in map(str, range(9999)) if shard_of(name) == 0][:30]
    for name in names:
        await store.secrets.put(name, b"value", expires=NOW + HOUR)
    kept = [await store.secrets.get(name) for name in names]
    clock.forward(HOUR)
    for name, known in reversed(list(zip(names, kept, strict=True))):
        assert known is not None
        assert not await store.secrets.swap(name, b"late", known[1])


async def test_a_swap_never_meets_a_revision_from_before(store: Store) -> None:
    await store.secrets.put("name", b"old")
    kept = await store.secrets.get("name")
    assert kept is not None
    await store.secrets.take("name")
    await store.secrets.put("name", b"new consent")
    assert not await store.secrets.swap("name", b"renewal of the old", kept[1])
    now_kept = await store.secrets.get("name")
    assert now_kept is not None
    assert now_kept[0] == b"new consent"


async def test_expired_secrets_do_not_pile_up(
    redis_store: RedisStore, redis: Redis, clock: HandClock
) -> None:
    names = [name for name in map(str, range(9999)) if shard_of(name) == 0][:5]
    for name in names:
        await redis_store.secrets.put(name, b"abandoned", expires=NOW + HOUR)
    await redis_store.secrets.put(names[0], b"for good")
    clock.forward(HOUR)
    await redis_store.secrets.put(names[1], b"new", expires=clock.now() + HOUR)
    assert set(await redis.keys("s:*")) == {secret(each).encode() for each in names[:2]}
    assert await redis_store.secrets.get(names[0]) is not None


async def test_a_swap_loses_against_a_newer_value(store: Store) -> None:
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


async def test_putting_tells_when_the_job_runs_next(store: Store) -> None:
    later = NOW + timedelta(minutes=1)
    assert await store.jobs.put("t1", JOB, at=NOW) == NOW
    assert await store.jobs.put("t1", JOB, at=later) == NOW
    (taken,) = await store.jobs.take(NOW, 10, LEASE)
    assert await store.jobs.put("t1", JOB, at=later) == later
    await store.jobs.finish(taken)
    assert await store.jobs.put("t1", JOB, at=later + LEASE) == later
