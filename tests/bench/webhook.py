"""The door change notifications come in by, `app.py serve --role web`, beside a bare handler that
keeps nothing: a burst, and what each takes in for as long as it lasts.

The server under test has a core to itself; who posts and the store share the other.
"""

import os
import statistics
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.domain.records import Subscription
from bot.services.known_subscriptions import subscription_key
from bot.storage.codec import decode_arrivals
from bot.storage.connection import connect
from bot.storage.keys import INBOUND
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer
from tests.bench.hooks import SUBSCRIPTIONS, TENANT, state_of, subscription_of
from tests.bench.senders import ROUNDS, Told, say, told
from tests.bench.worker_run import KEY, Calendar
from tests.harness.cloud import Cloud
from tests.harness.processes import Process, free_port

_OURS, _THEIRS = 1, 0  # processor cores
_CONNECTIONS = 64
_BURST = 5000
_WARM_UP = 500
_SUSTAINED = {1: 40_000, 50: 8_000}


async def webhook(directory: Path) -> dict[str, float]:
    """Return how long a burst waits at most but for one of a hundred, and the ratios of what is
    taken in to what a bare handler answers; POSTs of one notification, and of fifty.
    """
    async with _doors(directory) as (ours, bare, client):
        burst = await _kept(client, ours, _BURST, 1)
        say(f"a burst of {_BURST}: p99 {burst['p99_ms']:.1f} ms, none lost")
        ratios = {each: [await _ratio(client, ours, bare, each) for _ in range(ROUNDS)]
                  for each in _SUSTAINED}  # fmt: skip
    return {
        "webhook_ratio_vs_bare": statistics.median(ratios[1]),
        "webhook50_ratio_vs_bare": statistics.median(ratios[50]),
        "webhook_burst_p99_ms": burst["p99_ms"],
    }


async def _ratio(client: Any, ours: int, bare: int, each: int) -> float:
    many = _SUSTAINED[each]
    raw = await _posted(bare, many, each)
    kept = await _kept(client, ours, many, each)
    say(f"POSTs of {each}: bare {raw['per_s']:,.0f} a second, ours {kept['per_s']:,.0f}")
    return kept["per_s"] / raw["per_s"]


async def _kept(client: Any, port: int, many: int, each: int) -> Told:
    """Post to us, and see that every notification stands in the stream."""
    await client.xtrim(INBOUND, maxlen=0, approximate=False)
    answered = await _posted(port, many, each)
    entries = await client.xrange(INBOUND)
    assert len(entries) == many, f"{many - len(entries)} POSTs left no entry"
    kept = sum(
        len(arrivals.message_ids)
        for _, fields in entries
        for arrivals in decode_arrivals(fields[b"n"])
    )
    assert kept == many * each, f"{many * each - kept} notifications were lost"
    return answered


async def _posted(port: int, many: int, each: int) -> Told:
    arguments = (str(port), str(_CONNECTIONS), str(many), str(each))
    return await told("tests.bench.hook_client", *arguments, core=_THEIRS)


@asynccontextmanager
async def _doors(directory: Path) -> AsyncIterator[tuple[int, int, Any]]:
    """Give the port of our web role, that of the bare handler, and the store."""
    async with AsyncExitStack() as stack:
        server = EmbeddedServer(directory)
        await server.start()
        stack.push_async_callback(server.stop)
        os.sched_setaffinity(int((directory / "store" / "server.pid").read_text()), {_THEIRS})
        client = connect(server.url)
        stack.push_async_callback(client.aclose)
        await _subscribed(client)
        ours = await _web(directory, server.url, stack)
        bare = free_port()
        process = await _on(_OURS, "bare", ["-m", "tests.bench.bare_hook", str(bare)], directory)
        stack.push_async_callback(process.kill)
        await process.line_with("{}")
        for port in (ours, bare):
            for each in _SUSTAINED:
                await _posted(port, _WARM_UP, each)
        yield ours, bare, client


async def _web(directory: Path, store: str, stack: AsyncExitStack) -> int:
    """Start the product's web role; it signs in at a local cloud, which then has nothing to do."""
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
    app = await _on(_OURS, "web", ["app.py", "serve", "--role", "web"], directory, settings)
    stack.push_async_callback(app.stop)
    await app.line_with('{"role": "web"')
    return port


async def _on(
    core: int,
    name: str,
    arguments: list[str],
    directory: Path,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """Start a process on a core of its own."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        return await Process.start(name, arguments, directory, environment or {})
    finally:
        os.sched_setaffinity(0, before)


async def _subscribed(client: Any) -> None:
    """Keep the subscriptions the notifications are of."""
    records = RedisStore(client, [KEY], Calendar()).records
    for number in range(SUBSCRIPTIONS):
        known = Subscription(
            id=subscription_key(state_of(number)),
            tenant_id=TENANT,
            mailbox_id=f"{number:032x}",
            resource="me/mailFolders('Inbox')/messages",
            graph_id=subscription_of(number),
            expires=datetime.now(UTC) + timedelta(days=6),
        )
        await records.save(known, at=datetime.now(UTC))
