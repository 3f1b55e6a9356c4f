"""The product's web role, `app.py serve --role web`, on our core; the store is on the other."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.domain.records import Subscription
from bot.services.known_subscriptions import subscription_key
from bot.services.watching import WATCHED
from bot.storage.connection import connect
from bot.storage.redis_store import RedisStore
from tests.bench.hooks import MAILBOXES, state_of, subscription_of
from tests.bench.letters import TENANT
from tests.bench.planned import mailbox_named
from tests.bench.senders import OURS, embedded
from tests.bench.worker_run import KEY, Calendar
from tests.harness.cloud import Cloud
from tests.harness.processes import Process, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where Graph posts to, and the store behind it. It knows a subscription on every mailbox."""

    directory: Path
    port: int
    store_url: str
    client: Any
    store: RedisStore


@asynccontextmanager
async def door(directory: Path) -> AsyncIterator[Door]:
    """Give the door of an installation in which nobody reads what comes in."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(embedded(directory))
        client = connect(server.url)
        stack.push_async_callback(client.aclose)
        store = RedisStore(client, [KEY], Calendar())
        await _subscribed(store)
        port = await _web(directory, server.url, stack)
        yield Door(directory=directory, port=port, store_url=server.url, client=client, store=store)


@asynccontextmanager
async def running(
    core: int,
    name: str,
    arguments: list[str],
    directory: Path,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Process]:
    """Run this Python with `arguments` on a core, and kill it in the end."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        process = await Process.start(name, arguments, directory, environment or {})
    finally:
        os.sched_setaffinity(0, before)
    try:
        yield process
    finally:
        await process.kill()


async def _web(directory: Path, store: str, stack: AsyncExitStack) -> int:
    """Start the web role; it signs in at a local cloud, which then has nothing to do."""
    session = await stack.enter_async_context(aiohttp.ClientSession())
    cloud = await Cloud.start(directory, session, speed=1.0, arguments=[])
    stack.push_async_callback(cloud.process.stop)
    port = free_port()
    settings = {
        **cloud.settings,
        "MAILROOM_CLOCK_URL": "",
        "MAILROOM_REDIS_URL": store,
        "MAILROOM_ENCRYPTION_KEYS": KEY,
        "MAILROOM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MAILROOM_PORT": str(port),
    }
    serve = ["app.py", "serve", "--role", "web"]
    app = await stack.enter_async_context(running(OURS, "web", serve, directory, settings))
    await app.line_with('{"role": "web"')
    return port


async def _subscribed(store: RedisStore) -> None:
    """Keep the subscriptions that notifications are of."""
    for number in range(MAILBOXES):
        known = Subscription(
            id=subscription_key(state_of(number)),
            tenant_id=TENANT,
            mailbox_id=mailbox_named(number),
            resource=WATCHED[0],
            graph_id=subscription_of(number),
            expires=datetime.now(UTC) + timedelta(days=6),
        )
        await store.records.save(known, at=datetime.now(UTC))
