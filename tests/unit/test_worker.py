"""The worker's loops over the in-memory store: one run of a job at a time, nothing given up."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import PermanentError, TransientError
from bot.domain.records import Arrivals, Notification
from bot.jobs import Announce
from bot.ports import Claim
from bot.storage.memory_store import MemoryStore
from bot.worker import Worker
from bot.workshop import Workshop

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
JOB = Announce(
    tenant_id="t", mailbox_id="m", enrolment_id="e", number=1, event="replied", conversation_id="c"
)


@dataclass
class HandClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


class NothingToSend:
    async def claim(self, most: int) -> list[Claim]:
        return []


@dataclass
class Channel:
    """Counts what it is told; waits while `open` is not set, and raises what is in `faults`."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    faults: list[Exception] = field(default_factory=list)
    told: int = 0

    async def tell(self, job: Announce) -> None:
        self.told += 1
        await self.open.wait()
        if self.faults:
            raise self.faults.pop(0)


@dataclass
class Reader:
    """Raises what it is told for each message, and counts; waits at a `slow` one until `open`."""

    faults: dict[str, Exception]
    asked: list[str] = field(default_factory=list)
    slow: str = ""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, notification: Notification) -> None:
        self.asked.append(notification.message_id)
        self.begun.set()
        if notification.message_id == self.slow:
            await self.open.wait()
        if notification.message_id in self.faults:
            raise self.faults[notification.message_id]


@dataclass
class Running:
    store: MemoryStore
    clock: HandClock
    channel: Channel
    worker: Worker
    loops: asyncio.Task[None]
    ended: asyncio.Event

    async def taken_again(self) -> None:
        """Wait until the running job was taken a second time."""
        for _ in range(500):
            if [each.attempt for each in self.worker._running.values()] == [2]:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it was never taken again")

    async def until(self, told: int, waiting: int) -> None:
        """Wait until the channel was told so often and so much is left to do."""
        for _ in range(500):
            left = await self.store.waiting(self.clock.now())
            if self.channel.told == told and left == waiting:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"told {self.channel.told}, left {left}")


async def started(channel: Channel) -> Running:
    clock = HandClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    workshop = Workshop(**dict.fromkeys(Workshop.__dataclass_fields__, cast(Any, None)))
    object.__setattr__(workshop, "announcing", channel)
    object.__setattr__(workshop, "sending", NothingToSend())
    worker = Worker(workshop, store.jobs, store.inbound, clock, "w")
    await store.jobs.put("m", JOB, at=NOW)
    ended = asyncio.Event()
    return Running(store, clock, channel, worker, asyncio.create_task(worker.run(ended)), ended)


async def test_a_job_that_outlives_its_lease_is_not_run_twice_here() -> None:
    running = await started(Channel())
    await running.until(told=1, waiting=1)
    running.clock.moment += timedelta(hours=3)
    await running.taken_again()
    running.channel.open.set()
    await running.until(told=1, waiting=0)
    running.clock.moment += timedelta(hours=3)
    await running.until(told=1, waiting=0)
    running.loops.cancel()


async def test_the_same_job_of_two_homes_is_done_for_both() -> None:
    running = await started(Channel())
    await running.store.jobs.put("another home", JOB, at=NOW)
    await running.until(told=2, waiting=2)
    running.channel.open.set()
    await running.until(told=2, waiting=0)
    running.loops.cancel()


@pytest.mark.parametrize("times", [3, 20])
async def test_a_passing_fault_is_tried_again_for_as_long_as_it_lasts(times: int) -> None:
    channel = Channel(faults=[TransientError("away")] * times)
    channel.open.set()
    running = await started(channel)
    for told in range(1, times + 1):
        await running.until(told=told, waiting=0)
        running.clock.moment += timedelta(hours=1)
    await running.until(told=times + 1, waiting=0)
    running.loops.cancel()


async def test_what_cannot_ever_be_done_is_given_up() -> None:
    channel = Channel(faults=[PermanentError("gone")])
    channel.open.set()
    running = await started(channel)
    await running.until(told=1, waiting=0)
    running.clock.moment += timedelta(days=1)
    await running.until(told=1, waiting=0)
    running.loops.cancel()


async def test_told_to_end_it_takes_nothing_more_and_finishes_what_it_has_begun() -> None:
    running = await started(Channel())
    await running.until(told=1, waiting=1)
    running.ended.set()
    await running.store.jobs.put("another home", JOB, at=NOW)
    await asyncio.sleep(0.2)
    assert not running.loops.done()
    running.channel.open.set()
    await running.loops
    assert running.channel.told == 1
    assert await running.store.waiting(NOW) == 1


async def test_mail_that_cannot_be_read_now_is_kept_and_not_asked_for_in_a_hurry() -> None:
    channel = Channel()
    channel.open.set()
    running = await started(channel)
    faults = {"closed": TransientError("not connected"), "unknown": PermanentError("no such id")}
    reader = Reader(dict(faults))
    object.__setattr__(running.worker._workshop, "reading", reader)
    for message in ("closed", "unknown", "fine"):
        told = Arrivals(tenant_id="t", mailbox_id="m", message_ids=(message, message))
        await running.store.inbound.append([told])
    await running.until(told=1, waiting=1)
    await asyncio.sleep(1.5)
    assert sorted(reader.asked) == ["closed", "fine", "unknown"]
    assert await running.store.waiting(NOW) == 1
    running.loops.cancel()


async def test_a_mailbox_that_cannot_be_read_holds_up_no_other_of_its_post() -> None:
    channel = Channel()
    channel.open.set()
    running = await started(channel)
    reader = Reader({"closed": TransientError("not connected")})
    object.__setattr__(running.worker._workshop, "reading", reader)
    told = [Arrivals(tenant_id="t", mailbox_id=m, message_ids=(m,)) for m in ("closed", "fine")]
    await running.store.inbound.append(told)
    await running.until(told=1, waiting=1)
    assert sorted(reader.asked) == ["closed", "fine"]
    (left,) = await running.store.inbound.read("w", 10, timedelta(0))
    assert left.arrivals == (told[0],)
    running.loops.cancel()


async def test_what_takes_long_to_read_is_not_read_twice_at_the_same_time() -> None:
    channel = Channel()
    channel.open.set()
    running = await started(channel)
    await running.until(told=1, waiting=0)
    reader = Reader({}, slow="slow")
    object.__setattr__(running.worker._workshop, "reading", reader)
    told = Arrivals(tenant_id="t", mailbox_id="m", message_ids=("slow", "next"))
    await running.store.inbound.append([told])
    await asyncio.wait_for(reader.begun.wait(), 5)
    (again,) = await running.store.inbound.read("w", 10, timedelta(0))
    await asyncio.wait_for(running.worker._read(again), 5)
    assert reader.asked == ["slow"]
    reader.open.set()
    await running.until(told=1, waiting=0)
    assert reader.asked == ["slow", "next"]
    running.loops.cancel()


async def test_what_could_not_be_read_is_read_when_it_is_taken_again() -> None:
    channel = Channel()
    channel.open.set()
    running = await started(channel)
    await running.until(told=1, waiting=0)
    running.ended.set()
    await running.loops
    reader = Reader({"a": TransientError("not connected")})
    object.__setattr__(running.worker._workshop, "reading", reader)
    await running.store.inbound.append(
        [Arrivals(tenant_id="t", mailbox_id="m", message_ids=("a",))]
    )
    for _ in range(2):
        (taken,) = await running.store.inbound.read("w", 10, timedelta(0))
        with pytest.raises(TransientError):
            await running.worker._read(taken)
    assert reader.asked == ["a", "a"]
