"""The opt-out: a page with one button, because scanners open every link; and one click for mail
programs that offer their own (RFC 8058).
"""

import re
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiohttp import web

from bot.domain.errors import ConcurrentChangeError, TransientError, UserMistakeError
from bot.domain.roles import Organisation
from bot.services.opting_out import OptingOut, OptOutPage
from bot.web.clients import Network, client_of
from bot.web.languages import Language, language_of
from bot.web.opt_out_pages import State, opt_out_page
from bot.web.pages import sealed
from bot.web.wrong_links import WrongLinks

_log = structlog.get_logger(__name__)
_LONGEST = 10_000
_A_MINUTE = 60
# RFC 8058, 3.1: a form of either kind. It only decides whether there is a page to show.
_ONE_CLICK = re.compile(rb"List-Unsubscribe.*One-Click", re.DOTALL)


class OptOutDoor:
    """No sign-in: whoever holds the email may end what comes after it. `host` is who speaks to the
    holder of a wrong link; `proxies` are trusted to tell whom they speak for.
    """

    def __init__(
        self,
        opting_out: OptingOut,
        host: Organisation,
        proxies: Sequence[Network] = (),
        wrong_links: WrongLinks | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opting_out = opting_out
        self._host = host
        self._proxies = proxies
        self._wrong_links = wrong_links or WrongLinks()
        self._seconds = seconds

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the link in every email, also where some of it is missing; GET and
        HEAD change nothing.
        """
        return [
            route
            for path in ("/optout", "/optout/{token:.*}")
            for route in (web.get(path, self._show), web.post(path, self._opt_out))
        ]

    async def _show(self, request: web.Request) -> web.Response:
        return await self._answered(request, self._opting_out.page)

    async def _opt_out(self, request: web.Request) -> web.Response:
        body = await request.clone(client_max_size=_LONGEST).read()
        answer = await self._answered(request, self._opting_out.opt_out)
        if answer.status == 200 and _ONE_CLICK.search(body):
            return web.Response(headers=sealed())
        return answer

    async def _answered(
        self, request: web.Request, do: Callable[[str], Awaitable[OptOutPage]]
    ) -> web.Response:
        accepted = request.headers.getall("Accept-Language", [])
        language = language_of(request.query.get("lang", ""), accepted)
        try:
            shown = await do(request.match_info.get("token", ""))
        except UserMistakeError:
            return self._refused(request, language)
        except (TransientError, ConcurrentChangeError) as error:
            _log.warning("opt_out.unavailable", error=str(error))
            return self._page("busy", language, wait=_A_MINUTE)
        return opt_out_page(_state(shown), language, shown.organisation, shown.support)

    def _refused(self, request: web.Request, language: Language) -> web.Response:
        client = client_of(request, self._proxies)
        wait = self._wrong_links.seconds_to_wait(client, self._seconds())
        return self._page("many" if wait else "wrong", language, wait)

    def _page(self, state: State, language: Language, wait: int = 0) -> web.Response:
        return opt_out_page(state, language, self._host.name, self._host.support, wait)


def _state(shown: OptOutPage) -> State:
    if not shown.done:
        return "ask"
    return "test" if shown.test else "done"
