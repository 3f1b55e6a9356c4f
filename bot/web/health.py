"""Health: whether this process can do its work."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.domain.errors import TransientError


def routes(store_answers: Callable[[], Awaitable[None]]) -> list[web.RouteDef]:
    """Return GET /health: 200 while the store answers, else 503."""

    async def health(request: web.Request) -> web.Response:
        try:
            await store_answers()
        except TransientError:
            return web.json_response({"store": "unreachable"}, status=503)
        return web.json_response({"store": "ok"})

    return [web.get("/health", health)]
