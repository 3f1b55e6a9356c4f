"""The login host over HTTP: one application for https, one for browsers on plain http."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.directory import Directory
from bot.sandbox.entra import discovery
from bot.sandbox.entra.browser import Browser
from bot.sandbox.entra.errors import EntraError, body
from bot.sandbox.entra.grants import TokenEndpoint
from bot.sandbox.entra.tokens import Tokens
from bot.sandbox.journal import Journal
from bot.sandbox.keys import SigningKey

_INSTANCE_QUERY = {"authorization_endpoint", "api-version"}
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def application(
    directory: Directory,
    tokens: Tokens,
    key: SigningKey,
    journal: Journal,
    *,
    https_base: str,
    http_base: str,
) -> web.Application:
    """Return the app of the https listener, where msal talks.

    `https_base` and `http_base` are the origins (no slash at the end) of this listener and of the
    one that serves `browser_application`.
    """
    documents = _Documents(directory, key, https_base=https_base, http_base=http_base)
    token = _Token(directory, TokenEndpoint(directory, tokens, journal))
    app = web.Application(middlewares=[_errors_as_json])
    app.add_routes(
        [
            web.get("/common/discovery/instance", documents.instance),
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", documents.configuration),
            web.get("/{tenant}/discovery/v2.0/keys", documents.keys),
            web.post("/{tenant}/oauth2/v2.0/token", token.answer),
            *Browser(directory, tokens, journal).routes(),
        ]
    )
    return app


def browser_application(directory: Directory, tokens: Tokens, journal: Journal) -> web.Application:
    """Return the app of the plain-http listener: only the pages a person sees."""
    app = web.Application(middlewares=[_errors_as_json])
    app.add_routes(Browser(directory, tokens, journal).routes())
    return app


class _Documents:
    """Discovery."""

    def __init__(
        self, directory: Directory, key: SigningKey, *, https_base: str, http_base: str
    ) -> None:
        self._directory = directory
        self._key = key
        self._https_base = https_base
        self._http_base = http_base

    async def configuration(self, request: web.Request) -> web.Response:
        return web.json_response(
            discovery.openid_configuration(
                request.match_info["tenant"],
                self._directory,
                https_base=self._https_base,
                http_base=self._http_base,
            )
        )

    async def keys(self, request: web.Request) -> web.Response:
        # `common` serves the same set: the keys belong to the platform, not to a tenant.
        discovery.resolve_tenant(request.match_info["tenant"], self._directory)
        return web.json_response({"keys": [self._key.jwk()]})

    async def instance(self, request: web.Request) -> web.Response:
        if unknown := set(request.query) - _INSTANCE_QUERY:
            raise EntraError.unknown_parameters(sorted(unknown))
        endpoint = request.query.get("authorization_endpoint", "")
        found = discovery.instance_discovery(endpoint, https_base=self._https_base)
        return web.json_response(found)


class _Token:
    """The token endpoint's HTTP side."""

    def __init__(self, directory: Directory, endpoint: TokenEndpoint) -> None:
        self._directory = directory
        self._endpoint = endpoint

    async def answer(self, request: web.Request) -> web.Response:
        tenant = discovery.resolve_tenant(request.match_info["tenant"], self._directory)
        if request.query or "Authorization" in request.headers:
            raise EntraError.unknown_parameters([*request.query, "Authorization"])
        posted = await request.post()
        form = {name: value for name, value in posted.items() if isinstance(value, str)}
        if len(form) != len(posted):
            text = "Invalid request. Request is malformed or invalid."
            raise EntraError("invalid_request", 9002313, text)
        return web.json_response(self._endpoint.answer(tenant, form), headers=_NO_STORE)


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except EntraError as error:
        correlation = request.headers.get("client-request-id", "")
        return web.json_response(body(error, correlation), status=error.status, headers=_NO_STORE)
