"""What a misbehaving Connector, or one that is away, does to the bot."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from aiohttp import web

from bot.domain.errors import PermanentError, TransientError
from bot.domain.records import Conversation, ConversationKind
from bot.domain.views import Notice
from bot.teams.authentication import ChannelSettings, StrictAuth
from bot.teams.chat import TeamsChat
from bot.teams.link import TeamsLink
from tests.flows.cloud_thread import bound
from tests.harness.processes import free_port


class Msal:
    """An msal application that always has a token."""

    def acquire_token_for_client(self, scopes: list[str]) -> dict[str, Any]:
        return {"access_token": "t", "expires_in": 3600}


@dataclass
class Connector:
    """Answers every request with what the test says, and counts."""

    port: int
    answer: Callable[[], web.Response] = web.Response
    seen: list[tuple[str, str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        authorization = request.headers.get("Authorization", "")
        self.seen.append((request.method, request.path, authorization))
        return self.answer()

    @property
    def place(self) -> Conversation:
        return Conversation(
            id="19:c",
            tenant_id="t",
            kind=ConversationKind.CHANNEL,
            service_url=f"http://127.0.0.1:{self.port}/emea/",
        )

    @property
    def settings(self) -> ChannelSettings:
        return ChannelSettings(
            app_id="app",
            tenants=("t",),
            login_url="https://login.example/t",
            openid_metadata_url=f"http://127.0.0.1:{free_port()}/nobody",
            token_issuer="https://api.botframework.com",
            connector_hosts=(f"127.0.0.1:{self.port}",),
        )

    @property
    def chat(self) -> TeamsChat:
        return TeamsChat(TeamsLink(self.settings, Msal()))


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    listening, port = bound()
    built = Connector(port)
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", built.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    yield built
    await runner.cleanup()


def refusal(status: int, code: str = "X", **headers: str) -> web.Response:
    body = {"error": {"code": code, "message": "no"}}
    return web.json_response(body, status=status, headers=headers)


@pytest.mark.parametrize("status", [412, 429, 500, 502, 503, 504])
async def test_a_passing_refusal_is_asked_once_and_told_with_its_wait(
    connector: Connector, status: int
) -> None:
    connector.answer = lambda: refusal(status, **{"Retry-After": "7"})
    with pytest.raises(TransientError) as told:
        await connector.chat.update(connector.place, "1", Notice(title="x"))
    assert told.value.retry_after == 7
    assert [(method, header) for method, _, header in connector.seen] == [("PUT", "Bearer t")]
    connector.seen.clear()
    connector.answer = lambda: refusal(status, **{"Retry-After": "soon"})
    with pytest.raises(TransientError) as told:
        await connector.chat.post(connector.place, Notice(title="x"))
    assert told.value.retry_after is None
    assert [method for method, _, _ in connector.seen] == ["POST"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_a_final_refusal_is_told_with_its_code(connector: Connector, status: int) -> None:
    connector.answer = lambda: refusal(status, "ConversationBlockedByUser")
    with pytest.raises(PermanentError) as told:
        await connector.chat.post(connector.place, Notice(title="x"))
    assert told.value.code == "ConversationBlockedByUser"
    assert len(connector.seen) == 1


async def test_refusals_in_other_shapes(connector: Connector) -> None:
    connector.answer = lambda: web.json_response({"errorCode": 209, "message": "{}"}, status=403)
    with pytest.raises(PermanentError) as told:
        await connector.chat.post(connector.place, Notice(title="x"))
    assert told.value.code == "209"


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/json"])
async def test_a_gateways_page_is_a_passing_fault(connector: Connector, kind: str) -> None:
    page = "<html>Bad gateway</html>"
    connector.answer = lambda: web.Response(status=502, text=page, content_type=kind)
    with pytest.raises(TransientError):
        await connector.chat.post(connector.place, Notice(title="x"))


async def test_nobody_in_the_roster_is_none_and_no_right_is_an_error(connector: Connector) -> None:
    connector.answer = lambda: refusal(404)
    assert await connector.chat.person(connector.place, "o") is None
    connector.answer = lambda: refusal(403)
    with pytest.raises(PermanentError):
        await connector.chat.person(connector.place, "o")


async def test_the_token_goes_to_listed_hosts_only(connector: Connector) -> None:
    chat = connector.chat
    with pytest.raises(PermanentError):
        await chat.open_personal("t", "o", f"http://localhost:{connector.port}/emea/")
    assert connector.seen == []


async def test_keys_that_cannot_be_fetched_are_no_fault_of_the_caller(
    connector: Connector,
) -> None:
    link = TeamsLink(connector.settings, Msal())
    strict = StrictAuth(connector.settings, link.token)
    claims = {"iss": "https://api.botframework.com", "aud": "app"}
    token = jwt.encode(claims, "k" * 32, headers={"kid": "k"})
    with pytest.raises(TransientError):
        await strict.authenticate_request(_Activity(), f"Bearer {token}")
    await link.warm_up()  # does not raise: what is away now is fetched later


class _Activity:
    channel_id = "msteams"
    service_url = "http://127.0.0.1:1/"
