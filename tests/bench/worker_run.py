"""The product's own worker over a store full of due emails: `worker_run STORE GRAPH MAILBOXES
PEOPLE [FIRST]`. Writes what one email cost, from the claim to the ids of its copy being read back.
What else the store keeps, for later, stays there.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import structlog
import uvloop

from bot.bootstrap import Parts
from bot.config import Settings
from bot.domain.enrolment import EnrolmentState
from bot.graph.client import GraphClients
from bot.graph.gate import Gate
from bot.graph.mail import GraphMail
from bot.lifetime import keep_what_is_loaded
from bot.outside import Outside
from bot.storage.connection import connect
from bot.storage.redis_store import RedisStore
from tests.bench.letters import TENANT, TOKEN
from tests.bench.meter import Meter
from tests.bench.planned import START, drained

KEY = "UZQ2jq4nfQvWZJ8uZ3oYJ0l1yP8mVjJ0o0h1i2k3l4M="
# Of the calendar. So many mailboxes at full pace are somewhat less than we can do: each is swept as
# often for its emails as in real life.
_SPEED = 10.0
_UNTIL_READ_BACK = timedelta(minutes=4)
_SOON = timedelta(hours=1)  # longer than a lease
_IN_FLIGHT = 16
_START = START.timestamp()


class Calendar:
    """A calendar that runs from START on, `speed` times as fast as the clock."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._begun = time.monotonic()

    def begin(self) -> None:
        """Have it be START now."""
        self._begun = time.monotonic()

    def jump(self, span: timedelta) -> None:
        """Go on to a later moment."""
        self._begun -= span.total_seconds() / self._speed

    def now(self) -> datetime:
        """Return its present moment."""
        passed = (time.monotonic() - self._begun) * self._speed
        return datetime.fromtimestamp(_START + passed, UTC)


class Tokens:
    """A good token for every mailbox, as a worker holds it for most of an hour."""

    async def token(self, mailbox_id: str, *, claims: str | None = None) -> str:
        """Return it; long as Entra's are, and another one for each mailbox."""
        return f"{mailbox_id}.{TOKEN}"

    def spoiled(self, mailbox_id: str, token: str) -> None:
        """Never happens here."""
        raise AssertionError(mailbox_id)


@asynccontextmanager
async def working(
    store_url: str, graph_url: str, speed: float, sends_at_once: int
) -> AsyncIterator[tuple[RedisStore, Meter, Calendar]]:
    """Give the store a worker works on, as the product's own does, and the meter on it: it runs
    while the block does. The calendar begins at START, and runs at `speed`.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    clock, client = Calendar(speed), connect(store_url)
    store = RedisStore(client, [KEY], clock)
    await store.open()
    gate = Gate(store.requests, clock)
    clients = GraphClients(graph_url, Tokens(), ca_bundle=None, timeout=30, gate=gate)
    parts = Parts(_settings(), _outside(store, clock, clients))
    worker, ended = parts.worker(sends_at_once=sends_at_once), asyncio.Event()
    clients.warm_up()
    keep_what_is_loaded()
    clock.begin()
    meter = Meter()
    running = asyncio.create_task(worker.run(ended))
    yield store, meter, clock
    ended.set()
    await running
    await clients.aclose()
    await client.aclose()


async def main(store_url: str, graph_url: str, mailboxes: int, people: int, first: int = 0) -> None:
    """Send them all, and say what each cost."""
    async with working(store_url, graph_url, _SPEED, _IN_FLIGHT) as (store, meter, clock):
        while (due := await store.next_email()) and due < clock.now() + _SOON:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        clock.jump(_UNTIL_READ_BACK)  # nothing is measured by waiting for it
        while await store.waiting(clock.now()):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        meter.stop()
        await _tell(store, meter, mailboxes, people, first)


async def _tell(store: RedisStore, meter: Meter, mailboxes: int, people: int, first: int) -> None:
    known = [one async for one in drained(store, mailboxes, people, first)]
    meter.tell(sum(len(one.deliveries) for one in known))
    unread = [one.id for one in known if one.unread_since]
    assert not unread, f"{len(unread)} copies were not read back"
    assert {one.state for one in known} == {EnrolmentState.FINISHED}


def _settings() -> Settings:
    return Settings(
        tenant_id=TENANT,
        app_id="app",
        app_secret="secret",
        encryption_keys=KEY,
        admins="a",
        postal_address="1 Harbour Street, Hamburg",
        privacy_url="https://contoso.example/privacy",
    )


def _outside(store: RedisStore, clock: Calendar, clients: GraphClients) -> Outside:
    nobody = cast(Any, None)  # Teams and Entra are not asked
    return Outside(
        store=store,
        clock=clock,
        clients=clients,
        mail=GraphMail(clients, clock),
        subscriptions=nobody,
        sign_in=nobody,
        teams=nobody,
        chat=nobody,
        dns=nobody,
        postage=None,
    )


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
