"""What comes in by Graph's door: believed or not, kept, over the in-memory store."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from bot.domain.records import Notification, Subscription
from bot.services.watching import Told, Watching, subscription_key
from bot.storage.memory_store import MemoryStore
from tests.contract.conftest import NOW, HandClock


@dataclass
class Door:
    """A store with the subscriptions of two mailboxes, and what stands before it."""

    store: MemoryStore
    watching: Watching

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
    nothing = cast(Any, None)
    watching = Watching(
        records=store.records,
        subscriptions=nothing,
        inbound=store.inbound,
        clock=clock,
        webhook_url="https://mailroom.example",
    )
    return Door(store, watching)


def told(name: str = "one", message_id: str = "m", **changes: str) -> Told:
    values = {
        "subscription_id": f"graph-{name}",
        "client_state": f"state of {name}",
        "tenant_id": "t1",
        "message_id": message_id,
    }
    return Told(**(values | changes))


async def test_what_graph_tells_is_kept(door: Door) -> None:
    assert await door.watching.receive([told(), told("two"), told(message_id="n")]) == 0
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
    assert await door.watching.receive([told(**changes), told(message_id="n")]) == 1
    assert [each.message_id for each in await door.kept()] == ["n"]
