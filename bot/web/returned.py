"""The door for bounces: the mail server hands over what came to a return path of ours.

The path is the key: only we can make one (VERP, signed), and it opens one email's status alone.
"""

import structlog
from aiohttp import web

from bot.domain.errors import ConcurrentChangeError, TransientError, UserMistakeError
from bot.services.returned import ReturnedMail

_log = structlog.get_logger(__name__)


def routes(returned: ReturnedMail) -> list[web.RouteDef]:
    """Return the route: the envelope's recipient as `to`, the message as it came for the body."""

    async def take(request: web.Request) -> web.Response:
        try:
            counted = await returned.take(request.query.get("to", ""), await request.read())
        except UserMistakeError:
            return web.Response(status=404)
        except (TransientError, ConcurrentChangeError) as error:
            _log.warning("returned.not_kept", error=str(error))
            return web.Response(status=503)
        _log.info("returned.taken", counted=counted)
        return web.Response(status=204)

    return [web.post("/returned", take)]
