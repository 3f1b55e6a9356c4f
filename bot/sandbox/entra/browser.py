"""Handlers of the pages a person sees: sign in and consent, and an admin's consent for all."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from bot.sandbox.directory import Directory, UnknownUserError, User
from bot.sandbox.entra import pages, scopes
from bot.sandbox.entra.admin_consent import AdminConsent
from bot.sandbox.entra.authorize import (
    AdminApprovalNeededError,
    AuthorizeRequest,
    Consent,
    Target,
    read_request,
    read_target,
)
from bot.sandbox.entra.discovery import resolve_tenant
from bot.sandbox.entra.errors import EntraError, body
from bot.sandbox.entra.tokens import Tokens
from bot.sandbox.journal import Journal

_FORM = {"account", "decision", "organization"}
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Browser:
    """The authorization and admin consent endpoints."""

    def __init__(self, directory: Directory, tokens: Tokens, journal: Journal) -> None:
        self._directory = directory
        self._consent = Consent(directory, tokens)
        self._admin = AdminConsent(directory)
        self._journal = journal

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, for both listeners."""
        authorize, admin = "/{tenant}/oauth2/v2.0/authorize", "/{tenant}/v2.0/adminconsent"
        return [
            web.get(authorize, self.show),
            web.post(authorize, self.decide),
            web.get(admin, self.show_admin),
            web.post(admin, self.decide_admin),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Answer GET /{tenant}/oauth2/v2.0/authorize."""
        try:
            query = self._query(request)
            target = self._target(request, query)
        except EntraError as error:
            return _page(pages.trouble(error), 400)
        try:
            asked = read_request(query, target)
        except EntraError as error:
            self._note(None, error)
            return _to_app(target, _refusal(error))
        return _page(
            pages.sign_in(
                self._directory.app,
                self._directory.tenant_name,
                self._directory.users,
                [scopes.describe(name) for name in sorted(asked.scopes.graph)],
                selected=asked.login_hint,
            )
        )

    async def decide(self, request: web.Request) -> web.Response:
        """Answer the form of the page."""
        try:
            query, form = self._query(request), _form(await request.post())
            target = self._target(request, query)
            user = self._account(form)
        except EntraError as error:
            return _page(pages.trouble(error), 400)
        try:
            asked = read_request(query, target)
            answer = self._decision(asked, user, form)
        except AdminApprovalNeededError as stop:
            self._note(stop.user, EntraError.admin_needed())
            return _page(pages.approval(self._directory.app, stop.user))
        except EntraError as error:
            self._note(user, error)
            return _to_app(target, _refusal(error))
        self._note(user, None)
        return _to_app(target, answer)

    async def show_admin(self, request: web.Request) -> web.Response:
        """Answer GET /{tenant}/v2.0/adminconsent."""
        try:
            asked = self._admin.read(request.match_info["tenant"], self._query(request))
        except EntraError as error:
            return _page(pages.trouble(error), 400)
        app, name = self._directory.app, self._directory.tenant_name
        lines = [scopes.describe(scope) for scope in sorted(asked.scopes)]
        users = self._directory.users
        return _page(pages.sign_in(app, name, users, lines, offers_organization=False))

    async def decide_admin(self, request: web.Request) -> web.Response:
        """Answer the form of the admin consent page."""
        try:
            asked = self._admin.read(request.match_info["tenant"], self._query(request))
            form = _form(await request.post())
            user = self._account(form)
        except EntraError as error:
            return _page(pages.trouble(error), 400)
        if user is None or form["decision"] == "decline":
            self._note(user, EntraError.declined())
            return _redirect(self._admin.decline(asked))
        if not user.is_admin:
            self._note(user, EntraError.admin_needed())
            return _page(pages.approval(self._directory.app, user))
        self._note(user, None)
        return _redirect(self._admin.accept(asked))

    def _query(self, request: web.Request) -> dict[str, str]:
        return _single(request.query)

    def _target(self, request: web.Request, query: Mapping[str, str]) -> Target:
        tenant = resolve_tenant(request.match_info["tenant"], self._directory)
        if tenant != self._directory.tenant_id:
            raise EntraError.unknown_tenant(request.match_info["tenant"])
        return read_target(query, self._directory.app, tenant)

    def _account(self, form: Mapping[str, str]) -> User | None:
        """The chosen account; who declines need not have chosen one."""
        name = form.get("account")
        if name is None and form["decision"] == "decline":
            return None
        if name is None:
            raise EntraError.missing("account")
        try:
            return self._directory.find(name)
        except UnknownUserError:
            text = f"The user account {name} does not exist in the {self._directory.tenant_name}."
            raise EntraError("invalid_request", 50034, text) from None

    def _decision(
        self, asked: AuthorizeRequest, user: User | None, form: Mapping[str, str]
    ) -> dict[str, str]:
        if user is None or form["decision"] == "decline":
            raise self._consent.decline(asked, user)
        return self._consent.accept(asked, user, for_organization="organization" in form)

    def _note(self, user: User | None, error: EntraError | None) -> None:
        self._journal.write(
            "entra.authorize",
            oid=user.oid if user else None,
            ok=error is None,
            error=f"AADSTS{error.code}" if error else None,
        )


def _single(values: MultiMapping[str]) -> dict[str, str]:
    """OAuth allows no parameter twice (RFC 6749, 3.1)."""
    if len(values) != len(set(values)):
        text = "Invalid request. Request is malformed or invalid."
        raise EntraError("invalid_request", 9002313, text)
    return dict(values)


def _form(values: MultiMapping[Any]) -> dict[str, str]:
    form = {name: value for name, value in values.items() if isinstance(value, str)}
    if unknown := set(values) - _FORM:
        raise EntraError.unknown_parameters(sorted(unknown))
    if form.get("decision") not in ("accept", "decline"):
        raise EntraError.missing("decision")
    return form


def _refusal(error: EntraError) -> dict[str, str]:
    """v2-oauth2-auth-code-flow, "Error response"; the subcode is what a cancelled page adds."""
    answer = {"error": error.error, "error_description": str(body(error)["error_description"])}
    if error.code == 65004:
        answer["error_subcode"] = "cancel"
    return answer


def _to_app(target: Target, answer: Mapping[str, str]) -> web.Response:
    if target.response_mode == "form_post":
        return _page(pages.form_post(target.redirect_uri, target.fields(answer)))
    return _redirect(target.url(answer))


def _redirect(url: str) -> web.Response:
    return web.Response(status=302, headers={**_HEADERS, "Location": url})


def _page(html: str, status: int = 200) -> web.Response:
    return web.Response(text=html, status=status, content_type="text/html", headers=_HEADERS)
