"""A stand-in's clock: followed while it makes sense; no answer of it ends the following."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web

from bot.clock import RemoteClock
from tests.flows.cloud_thread import bound

SOUND = b'{"now": "2026-11-23T09:00:00Z", "speed": 0}'


@dataclass
class Served:
    """A clock that answers `body`; `asked` counts."""

    url: str = ""
    body: bytes = SOUND
    asked: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(body=self.body)

    async def asked_again(self) -> None:
        """Wait until an answer was read and the next one asked for."""
        before = self.asked
        for _ in range(500):
            if self.asked > before + 1:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the clock is not followed any more")


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    listening, port = bound()
    built = Served(f"http://127.0.0.1:{port}/clock")
    app = web.Application()
    app.router.add_get("/clock", built.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    yield built
    await runner.cleanup()


async def test_a_broken_answer_changes_nothing_and_ends_nothing(served: Served) -> None:
    clock = RemoteClock(served.url)
    following = asyncio.create_task(clock.follow())
    await served.asked_again()
    assert clock.now().isoformat() == "2026-11-23T09:00:00+00:00"
    for body in (
        b"{}", b"[]", b"null", b"x", b'{"now": 7, "speed": 1}', b'{"now": "soon", "speed": 1}',
        b'{"now": "2027-01-01T00:00:00Z", "speed": null}',
        b'{"now": "2027-01-01T00:00:00Z", "speed": "nan"}',
        b'{"now": "2027-01-01T00:00:00Z", "speed": "inf"}',
        b'{"now": "2027-01-01T00:00:00", "speed": 1}',
    ):  # fmt: skip
        served.body = body
        await served.asked_again()
        assert clock.now().isoformat() == "2026-11-23T09:00:00+00:00", body
    served.body = SOUND.replace(b"09:00", b"10:00")
    await served.asked_again()
    assert clock.now().hour == 10
    following.cancel()
