"""Health: whether this process can do its work, and whether it has done what is due."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from bot.domain.errors import TransientError
from bot.ports import Clock


def routes(waiting: Callable[[datetime], Awaitable[int]], clock: Clock) -> list[web.RouteDef]:
    """Return GET /health: 200 while the store answers, else 503.

    `waiting` counts what is due and not yet done; 0 says that all of it up to `now` has happened.
    """

    async def health(request: web.Request) -> web.Response:
        now = clock.now()
        try:
            count = await waiting(now)
        except TransientError:
            return web.json_response({"store": "unreachable"}, status=503)
        return web.json_response({"store": "ok", "now": now.isoformat(), "waiting": count})

    return [web.get("/health", health)]
