"""What comes in by Graph's door: believed or not, kept, over the in-memory store."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from bot.domain.records import Arrivals, Subscription, Told
from bot.jobs import Job, Subscribe, SweepMailbox
from bot.services.known_subscriptions import KnownSubscriptions, subscription_key
from bot.services.listening import Listening
from bot.storage.memory_store import MemoryStore
from tests.contract.conftest import NOW, HandClock


@dataclass
class Door:
    """A store with the subscriptions of two mailboxes, and what stands before it."""

    store: MemoryStore
    listening: Listening

    async def kept(self) -> list[tuple[Arrivals, ...]]:
        """Return what was kept of each POST, in order."""
        entries = await self.store.inbound.read("a", 100, timedelta(hours=1))
        return [entry.arrivals for entry in entries]


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
        "event": "",
    }
    subscription_id, client_state, tenant_id, message, event = (values | changes).values()
    return subscription_id, client_state, tenant_id, message, event


async def test_what_graph_tells_in_one_post_is_one_entry(door: Door) -> None:
    assert await door.listening.receive([told(), told("two"), told("one", "n")]) == 0
    assert await door.kept() == [
        (
            Arrivals(tenant_id="t1", mailbox_id="one", message_ids=("m", "n")),
            Arrivals(tenant_id="t1", mailbox_id="two", message_ids=("m",)),
        )
    ]


async def test_subscriptions_of_one_mailbox_tell_of_one_mailbox(door: Door) -> None:
    junk = Subscription(
        id=subscription_key("junk"),
        tenant_id="t1",
        mailbox_id="one",
        resource="junk",
        graph_id="graph-junk",
        expires=NOW + timedelta(days=6),
    )
    await door.store.records.save(junk, at=NOW)
    also = told("junk", "j", client_state="junk")
    assert await door.listening.receive([told(), also]) == 0
    assert await door.kept() == [
        (Arrivals(tenant_id="t1", mailbox_id="one", message_ids=("m", "j")),)
    ]


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
    assert await door.listening.receive([told(**changes), told("one", "n")]) == 1
    ((kept,),) = await door.kept()
    assert kept.message_ids == ("n",)


async def test_nothing_that_holds_is_nothing_kept(door: Door) -> None:
    assert await door.listening.receive([told(client_state="a guess")]) == 1
    assert await door.kept() == []


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
    guesses = [told("one", f"g{n}", client_state="a guess") for n in range(200)]
    empty = [
        told(message_id=""),
        told(client_state=""),
        told(subscription_id=""),
        told(tenant_id=""),
    ]
    assert await listening.receive([*flood, *guesses, *empty * 50]) == 400
    assert counted.looked_up == 3
    ((one, two),) = await door.kept()
    assert len(one.message_ids) + len(two.message_ids) == 400


async def test_who_was_known_a_moment_ago_is_not_looked_up_again(door: Door) -> None:
    counted, clock = Counted(door.store), HandClock()
    listening = Listening(cast(Any, counted), door.store.jobs, door.store.inbound, clock)
    for _ in range(20):
        assert await listening.receive([told()]) == 0
        clock.forward(timedelta(seconds=1))
    assert counted.looked_up == 1
    key = subscription_key("state of one")
    await door.store.records.delete(Subscription, key, key)
    clock.forward(timedelta(seconds=39))
    assert await listening.receive([told()]) == 1
    assert counted.looked_up == 2


async def test_nobody_is_remembered_before_graph_has_answered(door: Door) -> None:
    key = subscription_key("state of one")
    known = await door.store.records.get(Subscription, key, key)
    assert known is not None
    await door.store.records.save(replace(known, graph_id=""), at=NOW)
    assert await door.listening.receive([told(subscription_id="another")]) == 0
    await door.store.records.save(replace(known, rev=2), at=NOW)
    assert await door.listening.receive([told(subscription_id="another")]) == 1


async def test_what_is_remembered_has_an_end(door: Door) -> None:
    counted = Counted(door.store)
    known = KnownSubscriptions(cast(Any, counted), HandClock(), most=1)
    for name in ("one", "two", "two", "one"):
        assert list(await known.of([f"state of {name}"])) == [f"state of {name}"]
    assert counted.looked_up == 3


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
    assert await jobs(door) == [SweepMailbox(tenant_id="t1", mailbox_id="one", once=True)]


async def test_an_event_nobody_can_vouch_for_does_nothing(door: Door) -> None:
    for event in ("reauthorizationRequired", "subscriptionRemoved", "missed"):
        guess = told(message_id="", event=event, client_state="a guess")
        assert await door.listening.receive([guess]) == 1
    assert await jobs(door) == []
