"""Tells the page that something changed, as server-sent events (html.spec.whatwg.org, chapter 9.2).

An event says how far the journal is, how many people there are outside, and what the clock shows;
the page fetches what it has on display.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

_LOOK = 0.2
# Looks between two events when nothing changed: the page's clock is put right, a dead line noticed.
_BEATS = 25

State = Callable[[], dict[str, Any]]


class Changes:
    """`state` is what is told; its "clock" runs on by itself and is compared without its "now"."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ended = asyncio.Event()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """GET /town/changes."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        last, looks = None, 0
        with suppress(ConnectionError):
            while not self._ended.is_set():
                state = self._state()
                still = {**state, "clock": {**state["clock"], "now": None}}
                looks += 1
                if still != last or looks >= _BEATS:
                    await response.write(f"data: {json.dumps(state)}\n\n".encode())
                    last, looks = still, 0
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ended.wait(), _LOOK)
        return response

    async def end(self, _app: web.Application) -> None:
        """End every stream, so that the listener can close."""
        self._ended.set()
