"""The door for change notifications over HTTP: whatever is posted there, and however."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.fernet import Fernet

from bot.domain.records import Arrivals, Subscription
from bot.services.known_subscriptions import subscription_key
from bot.services.listening import Listening
from bot.storage.memory_store import MemoryStore
from bot.web import notifications
from tests.contract.conftest import NOW, HandClock

SLOWEST = 0.3
TENANTS = {"ada": "tenant-1", "bob": "tenant-2"}
JSON = {"Content-Type": "application/json"}


@dataclass
class Door:
    """Where Graph posts to, and what is kept behind it."""

    store: MemoryStore
    session: aiohttp.ClientSession
    port: int

    async def post(self, body: object, headers: dict[str, str] | None = None) -> int:
        """Post as Graph does; return the status."""
        raw = isinstance(body, bytes | io.IOBase | AsyncIterator)
        data = body if raw else json.dumps({"value": body})
        url = f"http://127.0.0.1:{self.port}/graph/notifications"
        async with self.session.post(url, data=data, headers=headers or JSON) as answer:
            return answer.status

    async def kept(self) -> list[tuple[Arrivals, ...]]:
        """Return what was kept of each POST since the last time, in order."""
        waiting = self.store.inbound.waiting()
        found = await self.store.inbound.read("a", 100, timedelta(hours=1)) if waiting else []
        for each in found:
            await self.store.inbound.done(each)
        return [each.arrivals for each in found]

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open a connection of one's own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Door]:
    clock = HandClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    for name, tenant in TENANTS.items():
        known = Subscription(
            id=subscription_key(f"state of {name}"),
            tenant_id=tenant,
            mailbox_id=name,
            resource="inbox",
            graph_id=f"graph-{name}",
            expires=NOW + timedelta(days=6),
        )
        await store.records.save(known, at=NOW)
    listening = Listening(store.records, store.jobs, store.inbound, clock)
    application = web.Application(client_max_size=notifications.MOST_BYTES)
    application.add_routes(notifications.routes(listening, slowest=SLOWEST))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        yield Door(store, session, runner.addresses[0][1])
    await runner.cleanup()


def told(name: str = "ada", message_id: str = "m", **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "subscriptionId": f"graph-{name}",
        "clientState": f"state of {name}",
        "changeType": "created",
        "tenantId": TENANTS[name],
        "resource": f"Users/{name}/Messages/{message_id}",
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "id": message_id},
    }
    return said | changes


def arrived(name: str, *message_ids: str) -> Arrivals:
    return Arrivals(tenant_id=TENANTS[name], mailbox_id=name, message_ids=message_ids)


async def test_one_post_is_one_entry_whosever_its_notifications_are(door: Door) -> None:
    batch = [told(), told("bob", "b"), told(message_id="n")]
    assert await door.post(batch) == 202
    assert await door.kept() == [(arrived("ada", "m", "n"), arrived("bob", "b"))]


async def test_posts_at_the_same_moment_are_all_kept(door: Door) -> None:
    posts = [door.post([told(message_id=f"m{n}")]) for n in range(200)]
    assert set(await asyncio.gather(*posts)) == {202}
    kept: list[tuple[Arrivals, ...]] = []
    while found := await door.kept():
        kept += found
    assert {each.message_ids for (each,) in kept} == {(f"m{n}",) for n in range(200)}


async def test_no_tenant_speaks_for_another(door: Door) -> None:
    forged = told("bob", "b", tenantId=TENANTS["ada"])
    assert await door.post([forged, told()]) == 202
    assert await door.kept() == [(arrived("ada", "m"),)]


@pytest.mark.parametrize(
    "changes",
    [
        {"clientState": "a guess"},
        {"clientState": None},
        {"clientState": ["state of ada"]},
        {"clientState": "state of bob"},
        {"subscriptionId": "graph-bob"},
        {"subscriptionId": None},
        {"tenantId": "tenant-3"},
        {"tenantId": 1},
        {"resourceData": None},
        {"resourceData": "m"},
        {"resourceData": {"id": 7}},
    ],
)
async def test_what_is_forged_gets_the_same_answer_and_leaves_nothing(
    door: Door, changes: dict[str, Any]
) -> None:
    assert await door.post([told(**changes)]) == 202
    assert await door.kept() == []


async def test_what_is_posted_again_is_kept_again(door: Door) -> None:
    """Whoever reads it finds that it changes nothing: tests/flows/test_watching."""
    for _ in range(3):
        assert await door.post([told(), told()]) == 202
    assert await door.kept() == [(arrived("ada", "m", "m"),)] * 3


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", json.dumps({"value": [told()]}).encode(), 202),
        ("application/octet-stream", json.dumps({"value": [told()]}).encode(), 202),
        ("application/json; charset=utf-16", json.dumps({"value": [told()]}).encode(), 202),
        ("application/json", json.dumps({"value": [told()]}).encode("utf-16"), 400),
        ("application/x-www-form-urlencoded", b"value=1&clientState=state+of+ada", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n{}\r\n--x--\r\n", 400),
        ("application/xml", b"<value/>", 400),
        ("application/json", b"", 400),
    ],
)
async def test_what_counts_is_the_body_whatever_it_is_called(
    door: Door, content_type: str, body: bytes, status: int
) -> None:
    assert await door.post(body, {"Content-Type": content_type}) == status
    assert len(await door.kept()) == (status == 202)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"value":' * 10_000, 400),
        (b'{"value":[{"x":' + b"[" * 5000 + b"]" * 5000 + b"}]}", 400),
        (b'{"value":[{"x":' + b"[" * 500 + b"]" * 500 + b"}]}", 202),
        (b'{"value":[{"clientState":"\\ud800"}]}', 400),
        (b'{"value":[{"clientState":"\xff"}]}', 400),
        (b'{"value":[{"clientState":' + b"9" * 5000 + b"}]}", 400),
        (b'{"value":{"0":{}}}', 400),
        (b'{"value":[null]}', 400),
        (b"null", 400),
    ],
)
async def test_json_made_to_hurt_hurts_nobody(door: Door, body: bytes, status: int) -> None:
    assert await door.post(body) == status
    assert await door.kept() == []
    assert await door.post([told()]) == 202


async def test_a_body_beyond_all_measure_is_refused_however_it_comes(door: Door) -> None:
    most = notifications.MOST_BYTES
    fits = json.dumps({"value": [told()]}).encode()
    large = fits.ljust(most + 1, b" ")
    assert await door.post(io.BytesIO(fits.ljust(most, b" "))) == 202
    assert await door.post(io.BytesIO(large)) == 413
    assert await door.post(in_chunks(large)) == 413
    zipped = JSON | {"Content-Encoding": "gzip"}
    assert await door.post(gzip.compress(fits), zipped) == 202
    assert await door.post(gzip.compress(large + b" " * 50 * most), zipped) == 413
    assert len(await door.kept()) == 2


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    """Give a body whose length nobody was told before."""
    for at in range(0, len(body), 4096):
        yield body[at : at + 4096]


def head(length: int) -> bytes:
    return b"POST /graph/notifications HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


async def test_who_posts_too_slowly_is_waited_for_no_longer(door: Door) -> None:
    body = json.dumps({"value": [told()]}).encode()
    async with door.wire() as (reader, writer):
        writer.write(head(len(body)) + body[:-1])
        assert await door.post([told("bob", "b")]) == 202  # nobody else waits meanwhile
        assert await door.kept() == [(arrived("bob", "b"),)]
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer.lower()
    assert await door.kept() == []


async def test_a_body_in_pieces_is_one_if_it_comes_in_time(door: Door) -> None:
    body = json.dumps({"value": [told()]}).encode()
    async with door.wire() as (reader, writer):
        for piece in (head(len(body)), body[:9], body[9:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202 ")
    assert await door.kept() == [(arrived("ada", "m"),)]


async def test_who_hangs_up_in_the_middle_has_told_nothing(door: Door) -> None:
    body = json.dumps({"value": [told()]}).encode()
    async with door.wire() as (_, writer):
        writer.write(head(len(body)) + body[:-1])
        await writer.drain()
    assert await door.post([told("bob", "b")]) == 202
    assert await door.kept() == [(arrived("bob", "b"),)]
