"""The mailbox owner's way in a browser: invite page, Microsoft's sign-in, the page afterwards."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.domain.errors import PermanentError, TransientError, UserMistakeError
from bot.domain.mailbox import Permission
from bot.services.consent import Consent
from bot.web.pages import page

_log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BUSY = "Something we need is not reachable at the moment. Nothing was changed. Try again shortly."
_APPROVAL = (
    "Your organisation lets only a Microsoft 365 administrator approve this app. Ask them to "
    "approve Mailroom; the invitation stays open, and you can use the same link afterwards."
)
_UNTRUSTED = "Microsoft's answer could not be verified, so nothing was connected. Please try again."

_OURS = (
    "Mailroom itself could not sign in to Microsoft, so nothing was connected. This is not your "
    "doing: please tell the people who run it."
)


class Connect:
    """Three pages. `support` is whom to ask where the organisation is not known yet."""

    def __init__(self, consent: Consent, support: str) -> None:
        self._consent = consent
        self._support = support

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the consent flow; opening a link (GET) uses nothing up."""
        return [
            web.get("/connect/callback", self._explained(self._finish)),
            web.get("/connect/{token}", self._explained(self._show)),
            web.post("/connect/{token}", self._explained(self._start)),
        ]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        invite = await self._consent.page(request.match_info["token"])
        return page(
            "invite",
            support=invite.support,
            organisation=invite.organisation,
            address=invite.address,
            invited_by=invite.invited_by,
            sends=invite.permission is Permission.READ_SEND,
        )

    async def _start(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther(await self._consent.start(request.match_info["token"]))

    async def _finish(self, request: web.Request) -> web.StreamResponse:
        result = await self._consent.finish(dict(request.query))
        return page(
            "connected" if result.connected else "wrong_account",
            support=result.support,
            address=result.address,
            signed_in_as=result.signed_in_as,
            link=result.link,
        )

    def _explained(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except UserMistakeError as error:
                return self._problem("This did not work", tuple(error.problems), 410)
            except PermanentError as error:
                _log.warning("consent.refused", code=error.code)
                if error.code == "admin_approval":
                    return self._problem("An administrator has to approve", (_APPROVAL,), 403)
                words = _OURS if error.code == "our_registration" else _UNTRUSTED
                return self._problem("This did not work", (words,), 403)
            except TransientError as error:
                _log.warning("consent.unavailable", error=str(error))
                return self._problem("Please try again", (_BUSY,), 503)

        return answer

    def _problem(self, heading: str, problems: tuple[str, ...], status: int) -> web.Response:
        return page(
            "problem", status=status, support=self._support, heading=heading, problems=problems
        )
