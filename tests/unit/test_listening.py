"""What comes in by Graph's door: believed or not, kept, over the in-memory store."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from bot.domain.records import Notification, Subscription
from bot.jobs import CatchUp, Job, Subscribe
from bot.services.listening import Listening, Told, subscription_key
from bot.storage.memory_store import MemoryStore
from tests.contract.conftest import NOW, HandClock


@dataclass
class Door:
    """A store with the subscriptions of two mailboxes, and what stands before it."""

    store: MemoryStore
    listening: Listening

    async def kept(self) -> list[Notification]:
        """Return what was kept, in order."""
        entries = await self.store.inbound.read("a", 100, timedelta(hours=1))
        return [each for entry in entries for each in entry.notifications]


@pytest_asyncio.fixture
async def door() -> Door:
    clock = HandClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    for name in ("one", "two"):
        known = Subscription(
            id=subscription_key(f"state of {name}"),
            tenant_id="t1",
            mailbox_id=name,
            resource="inbox",
            graph_id=f"graph-{name}",
            expires=NOW + timedelta(days=6),
        )
        await store.records.save(known, at=NOW)
    listening = Listening(store.records, store.jobs, store.inbound, clock)
    return Door(store, listening)


def told(name: str = "one", message_id: str = "m", **changes: str) -> Told:
    values = {
        "subscription_id": f"graph-{name}",
        "client_state": f"state of {name}",
        "tenant_id": "t1",
        "message_id": message_id,
    }
    return Told(**(values | changes))


async def test_what_graph_tells_is_kept(door: Door) -> None:
    assert await door.listening.receive([told(), told("two"), told(message_id="n")]) == 0
    kept = [(each.mailbox_id, each.message_id) for each in await door.kept()]
    assert sorted(kept) == [("one", "m"), ("one", "n"), ("two", "m")]


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": ""},
        {"client_state": "a guess"},
        {"client_state": ""},
        {"subscription_id": "graph-two"},
        {"subscription_id": ""},
        {"tenant_id": "t2"},
    ],
)
async def test_what_does_not_hold_is_not_kept(door: Door, changes: dict[str, str]) -> None:
    assert await door.listening.receive([told(**changes), told(message_id="n")]) == 1
    assert [each.message_id for each in await door.kept()] == ["n"]


@dataclass
class Counted:
    """Counts what is looked up in the store behind it."""

    store: MemoryStore
    looked_up: int = 0

    async def get(self, kind: type[Subscription], home: str, id: str) -> Subscription | None:
        self.looked_up += 1
        return await self.store.records.get(kind, home, id)


async def test_a_flood_costs_one_look_up_for_each_subscription(door: Door) -> None:
    counted = Counted(door.store)
    records = cast(Any, counted)
    listening = Listening(records, door.store.jobs, door.store.inbound, HandClock())
    flood = [told(name, f"m{n}") for n in range(200) for name in ("one", "two")]
    guesses = [told(client_state="a guess", message_id=f"g{n}") for n in range(200)]
    empty = [
        told(message_id=""),
        told(client_state=""),
        told(subscription_id=""),
        told(tenant_id=""),
    ]
    assert await listening.receive([*flood, *guesses, *empty * 50]) == 400
    assert counted.looked_up == 3
    assert len(await door.kept()) == 400


async def test_the_same_event_many_times_is_acted_on_once(door: Door) -> None:
    event = told(message_id="", event="subscriptionRemoved")
    assert await door.listening.receive([event] * 200) == 0
    key = subscription_key("state of one")
    known = await door.store.records.get(Subscription, key, key)
    assert known is not None
    assert known.rev == 2


async def jobs(door: Door) -> list[Job]:
    """Take what was queued."""
    return [each.job for each in await door.store.jobs.take(NOW, 10, timedelta(minutes=5))]


WATCH = Subscribe(tenant_id="t1", mailbox_id="one")


async def test_a_subscription_graph_wants_renewed_is(door: Door) -> None:
    event = told(message_id="", event="reauthorizationRequired")
    assert await door.listening.receive([event, event]) == 0
    assert await jobs(door) == [WATCH]
    assert await door.kept() == []


async def test_a_subscription_graph_removed_is_made_anew(door: Door) -> None:
    assert await door.listening.receive([told(message_id="", event="subscriptionRemoved")]) == 0
    assert await jobs(door) == [WATCH]
    key = subscription_key("state of one")
    known = await door.store.records.get(Subscription, key, key)
    assert known is not None
    assert known.graph_id == ""


async def test_what_graph_missed_is_looked_for(door: Door) -> None:
    assert await door.listening.receive([told(message_id="", event="missed")]) == 0
    since = NOW - timedelta(days=1)
    assert await jobs(door) == [CatchUp(tenant_id="t1", mailbox_id="one", since=since)]


async def test_an_event_nobody_can_vouch_for_does_nothing(door: Door) -> None:
    for event in ("reauthorizationRequired", "subscriptionRemoved", "missed"):
        guess = told(message_id="", event=event, client_state="a guess")
        assert await door.listening.receive([guess]) == 1
    assert await jobs(door) == []
