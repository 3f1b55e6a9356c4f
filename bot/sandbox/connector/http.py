"""The Bot Connector over HTTP: keys for verifiers, and the REST API under the service URL."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox import fields
from bot.sandbox.connector import posted
from bot.sandbox.connector.channel_tokens import ISSUER
from bot.sandbox.connector.errors import ConnectorError
from bot.sandbox.connector.state import Teams
from bot.sandbox.entra.tokens import Tokens
from bot.sandbox.keys import InvalidTokenError

_METADATA = "/v1/.well-known/openidconfiguration"
_KEYS = "/v1/.well-known/keys"
_ROSTER_QUERY = {"pageSize", "continuationToken"}
_DEFAULT_PAGE = 200


def application(teams: Teams, tokens: Tokens) -> web.Application:
    """Return the app of the connector's listener; the API lies under the path of `service_url`."""
    connector = _Connector(teams, tokens)
    base = urlsplit(teams.service_url).path.rstrip("/") + "/v3/conversations"
    one = f"{base}/{{conversation}}"
    # Above the limit of Teams, so that the refusal is Teams' own.
    app = web.Application(middlewares=[_refusals], client_max_size=4 * posted.MAX_UTF16_BYTES)
    app.add_routes(
        [
            web.get(_METADATA, connector.metadata),
            web.get(_KEYS, connector.keys),
            web.post(base, connector.create),
            web.post(f"{one}/activities", connector.post),
            # A reply. The id it answers may be any: botbuilder makes one up for what it sends of
            # its own accord, and the thread depends on the conversation id alone.
            web.post(f"{one}/activities/{{activity}}", connector.post),
            web.put(f"{one}/activities/{{activity}}", connector.update),
            web.delete(f"{one}/activities/{{activity}}", connector.delete),
            web.get(f"{one}/pagedmembers", connector.members),
            web.get(f"{one}/members/{{member}}", connector.member),
        ]
    )
    return app


class _Connector:
    def __init__(self, teams: Teams, tokens: Tokens) -> None:
        self._teams = teams
        self._service = teams.service
        self._tokens = tokens

    async def metadata(self, request: web.Request) -> web.Response:
        """rest-api/bot-framework-rest-connector-authentication, "OpenID metadata document"."""
        return web.json_response(
            {
                "issuer": ISSUER,
                "authorization_endpoint": "https://invalid.botframework.com",
                "jwks_uri": f"{request.url.origin()}{_KEYS}",
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }
        )

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": self._teams.channel_tokens.published()})

    async def create(self, request: web.Request) -> web.Response:
        created = self._service.create_conversation(await self._body(request))
        return web.json_response(created, status=201)

    async def post(self, request: web.Request) -> web.Response:
        activity = await self._body(request)
        posted_id = self._service.post(request.match_info["conversation"], activity)
        return web.json_response({"id": posted_id}, status=201)

    async def update(self, request: web.Request) -> web.Response:
        activity, names = await self._body(request), request.match_info
        updated = self._service.update(names["conversation"], names["activity"], activity)
        return web.json_response({"id": updated})

    async def delete(self, request: web.Request) -> web.Response:
        self._authorize(request)
        names = request.match_info
        self._service.delete(names["conversation"], names["activity"])
        return web.Response()

    async def members(self, request: web.Request) -> web.Response:
        self._authorize(request)
        if unknown := set(request.query) - _ROSTER_QUERY:
            raise ConnectorError.bad_argument(f"unknown: {', '.join(sorted(unknown))}")
        size = _number(request, "pageSize", _DEFAULT_PAGE)
        start = _number(request, "continuationToken", 0)
        page, following = self._service.members(request.match_info["conversation"], size, start)
        answer: dict[str, Any] = {"members": page}
        if following is not None:
            answer["continuationToken"] = str(following)
        return web.json_response(answer)

    async def member(self, request: web.Request) -> web.Response:
        self._authorize(request)
        names = request.match_info
        return web.json_response(self._service.member(names["conversation"], names["member"]))

    async def _body(self, request: web.Request) -> dict[str, Any]:
        self._authorize(request)
        if request.query:
            raise ConnectorError.bad_argument(f"unknown: {', '.join(sorted(request.query))}")
        raw = await request.read()
        try:
            posted.check_size(raw.decode())
            return fields.parse(raw)
        except ValueError as error:
            raise ConnectorError.bad_syntax(str(error)) from error

    def _authorize(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise InvalidTokenError("no bearer token")
        self._tokens.verify_connector(token)


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise ConnectorError.bad_argument(f"{name} is not a number")
    return int(text)


@web.middleware
async def _refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except InvalidTokenError:
        # What smba.trafficmanager.net says to a token it does not take.
        text = "Authorization has been denied for this request."
        return web.json_response({"message": text}, status=401)
    except ConnectorError as error:
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return web.json_response(error.body(), status=error.status, headers=headers)
