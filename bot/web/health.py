"""Health: whether this process can do its work, and whether it has done what is due."""

from datetime import datetime
from typing import Protocol

from aiohttp import web

from bot.domain.errors import TransientError
from bot.ports import Clock


class Store(Protocol):
    """What the store tells of itself."""

    async def waiting(self, now: datetime) -> int:
        """Return how much is due and not yet done; 0: all of it up to `now` has happened."""

    async def next_email(self) -> datetime | None:
        """Return when an email falls due next, or None."""


def routes(store: Store, clock: Clock) -> list[web.RouteDef]:
    """Return GET /health: 200 while the store answers, else 503.

    Tells `waiting`, a number of things, and `next`, a moment of the calendar or null.
    """

    async def health(request: web.Request) -> web.Response:
        now = clock.now()
        try:
            count, soon = await store.waiting(now), await store.next_email()
        except TransientError:
            return web.json_response({"store": "unreachable"}, status=503)
        told = {"now": now.isoformat(), "next": soon.isoformat() if soon else None}
        return web.json_response({"store": "ok", "waiting": count, **told})

    return [web.get("/health", health)]
