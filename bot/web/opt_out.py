"""The opt-out: a page with one button, because scanners open every link; and one click for mail
programs that offer their own (RFC 8058).
"""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.domain.errors import ConcurrentChangeError, TransientError, UserMistakeError
from bot.services.opting_out import OptingOut, OptOutPage
from bot.web.pages import page

_log = structlog.get_logger(__name__)
_BUSY = "Something we need is not reachable at the moment. Please try again shortly."
_LONGEST = 10_000


class OptOutDoor:
    """No sign-in: whoever holds the email may end what comes after it. `support` is whom to ask
    where the organisation is not known.
    """

    def __init__(self, opting_out: OptingOut, support: str) -> None:
        self._opting_out = opting_out
        self._support = support

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the link in every email; GET changes nothing."""
        return [
            web.get("/optout/{token}", self._show),
            web.post("/optout/{token}", self._opt_out),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        return await self._answered(request, self._opting_out.page)

    async def _opt_out(self, request: web.Request) -> web.Response:
        if (request.content_length or 0) > _LONGEST:
            return web.Response(status=413)
        return await self._answered(
            request, self._opting_out.opt_out, one_click=await _is_one_click(request)
        )

    async def _answered(
        self,
        request: web.Request,
        do: Callable[[str], Awaitable[OptOutPage]],
        *,
        one_click: bool = False,
    ) -> web.Response:
        try:
            shown = await do(request.match_info["token"])
        except UserMistakeError as error:
            return self._problem("This did not work", tuple(error.problems), 404)
        except (TransientError, ConcurrentChangeError) as error:
            _log.warning("opt_out.unavailable", error=str(error))
            return self._problem("Please try again", (_BUSY,), 503)
        if one_click:
            return web.Response()
        name = "opted_out" if shown.done else "opt_out"
        return page(name, support=shown.support, organisation=shown.organisation, test=shown.test)

    def _problem(self, heading: str, problems: tuple[str, ...], status: int) -> web.Response:
        return page(
            "problem", status=status, support=self._support, heading=heading, problems=problems
        )


async def _is_one_click(request: web.Request) -> bool:
    """Whether a mail program asks, which shows no page (RFC 8058, 3.1: a form of either kind)."""
    try:
        return (await request.post()).get("List-Unsubscribe") == "One-Click"
    except ValueError:
        return False
