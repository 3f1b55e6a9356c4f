"""Graph's door: change notifications in, kept durably, answered 202. No Graph call here.

Graph takes 2xx within 3 s as delivered and sends again on anything else (change notifications:
delivery by webhooks). The same 202 answers good and bad: a stranger learns nothing.
"""

import asyncio
import html

import structlog
from aiohttp import web

from bot.domain.errors import TransientError
from bot.graph.notifications import NotANotificationError, parse
from bot.services.listening import Listening

_log = structlog.get_logger(__name__)
MOST_BYTES = 1 << 20
# Far more than Graph puts into one POST; refused whole, because what is left out would be lost.
_MOST_AT_ONCE = 1000
# Graph itself gives up on us after 10 s.
_SLOWEST = 10.0


def routes(listening: Listening, slowest: float = _SLOWEST) -> list[web.RouteDef]:
    """Return the routes Graph calls: notifications, and lifecycle events of subscriptions. A body
    that is not there within `slowest` seconds is waited for no longer.
    """

    async def receive(request: web.Request) -> web.Response:
        if request.query_string and "validationToken" in request.query:
            return _validated(request.query["validationToken"])
        try:
            told = parse(await _body(request, slowest))
        except NotANotificationError as error:
            _log.warning("notification.unreadable", error=str(error))
            return web.Response(status=400)
        except TimeoutError:
            _log.warning("notification.slow")
            return web.Response(status=408, headers={"Connection": "close"})
        if len(told) > _MOST_AT_ONCE:
            _log.warning("notification.flood", count=len(told))
            return web.Response(status=413)
        try:
            refused = await listening.receive(told)
        except TransientError as error:
            _log.error("notification.not_kept", error=str(error))
            return web.Response(status=503)
        if refused:
            _log.warning("notification.refused", count=refused)
        return web.Response(status=202)

    return [web.post("/graph/notifications", receive), web.post("/graph/lifecycle", receive)]


async def _body(request: web.Request, slowest: float) -> bytes:
    """Return the body; most are there as a whole when the handler begins.

    Raises:
        TimeoutError: it did not come in time.
    """
    if request.content.is_eof():
        return await request.read()
    async with asyncio.timeout(slowest):
        return await request.read()


def _validated(token: str) -> web.Response:
    """Echo the token, escaped, as plain text (endpoint validation)."""
    return web.Response(text=html.escape(token), content_type="text/plain")
