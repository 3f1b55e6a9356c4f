"""Graph's door: change notifications in, kept durably, answered 202. No Graph call here.

Graph takes 2xx within 3 s as delivered and sends again on anything else (change notifications:
delivery by webhooks). The same 202 answers good and bad: a stranger learns nothing.
"""

import html

import structlog
from aiohttp import web

from bot.domain.errors import TransientError
from bot.graph.notifications import ChangeNotification, NotANotificationError, parse
from bot.services.listening import Listening, Told

_log = structlog.get_logger(__name__)
MOST_BYTES = 1 << 20
# Far more than Graph puts into one POST; refused whole, because what is left out would be lost.
_MOST_AT_ONCE = 1000


def routes(listening: Listening) -> list[web.RouteDef]:
    """Return the routes Graph calls: notifications, and lifecycle events of subscriptions."""

    async def receive(request: web.Request) -> web.Response:
        token = request.query.get("validationToken")
        if token is not None:
            return _validated(token)
        try:
            told = parse(await request.read())
        except NotANotificationError as error:
            _log.warning("notification.unreadable", error=str(error))
            return web.Response(status=400)
        if len(told) > _MOST_AT_ONCE:
            _log.warning("notification.flood", count=len(told))
            return web.Response(status=413)
        try:
            refused = await listening.receive([_told(each) for each in told])
        except TransientError as error:
            _log.error("notification.not_kept", error=str(error))
            return web.Response(status=503)
        if refused:
            _log.warning("notification.refused", count=refused)
        return web.Response(status=202)

    return [web.post("/graph/notifications", receive), web.post("/graph/lifecycle", receive)]


def _validated(token: str) -> web.Response:
    """Echo the token, escaped, as plain text (endpoint validation)."""
    return web.Response(text=html.escape(token), content_type="text/plain")


def _told(notification: ChangeNotification) -> Told:
    return Told(
        subscription_id=notification.subscription_id,
        client_state=notification.client_state,
        tenant_id=notification.tenant_id,
        message_id=notification.message_id,
        event=notification.lifecycle_event,
    )
