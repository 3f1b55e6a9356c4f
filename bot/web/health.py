"""Health: whether this process can do its work, and whether it has done what is due."""

from datetime import datetime
from typing import Protocol

from aiohttp import web

from bot.domain.errors import TransientError
from bot.ports import Clock, Watches


class Store(Protocol):
    """What the store tells of itself."""

    async def waiting(self, now: datetime) -> int:
        """Return how much is due and not yet done; 0: all of it up to `now` has happened."""

    async def next_email(self) -> datetime | None:
        """Return when an email falls due next, or None."""

    @property
    def watches(self) -> Watches:
        """How well mailboxes are watched."""


def routes(store: Store, clock: Clock) -> list[web.RouteDef]:
    """Return GET /health: 200 while the store answers, else 503.

    Tells `waiting`, a number of things, and `next`, a moment of the calendar or null. `watching`:
    how many mailboxes are to be watched and how many Graph tells of, and the longest seconds since
    one was renewed, and since anything was heard of one (null where there is none).
    """

    async def health(request: web.Request) -> web.Response:
        now = clock.now()
        try:
            count, soon = await store.waiting(now), await store.next_email()
            watch = await store.watches.watch()
        except TransientError:
            return web.json_response({"store": "unreachable"}, status=503)
        told = {"now": now.isoformat(), "next": soon.isoformat() if soon else None}
        watching = {
            "mailboxes": watch.mailboxes,
            "watched": watch.watched,
            "oldest_renewal": _age(watch.renewed_at, now),
            "longest_gap": _age(watch.heard_at, now),
        }
        return web.json_response({"store": "ok", "waiting": count, "watching": watching, **told})

    return [web.get("/health", health)]


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, round((now - moment).total_seconds(), 1))
