"""The SDK on the wire, against a server that answers as told: what it sends, and how often."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.clock import SystemClock
from bot.domain.delivery import Outcome, OutgoingMail
from bot.domain.errors import (
    ConfigurationError,
    ConsentRequiredError,
    PermanentError,
    TransientError,
)
from bot.graph.client import GraphClients
from bot.graph.gate import Gate
from bot.graph.mail import GraphMail
from bot.graph.message import KEY
from bot.graph.subscriptions import GraphSubscriptions
from bot.storage.memory_requests import MemoryRequests
from tests.contract import samples
from tests.harness.processes import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
LATER = datetime(2099, 1, 1, tzinfo=UTC)
MAIL = OutgoingMail(
    to_address="ana@customer.example",
    to_name="Ana",
    subject="Hello",
    html="<p>Hi</p>",
    message_id="<k.1@contoso.example>",
    key="k.1",
)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass
class Tokens:
    """A token source that writes down what it is asked for."""

    claims: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    fault: Exception | None = None

    async def token(self, mailbox_id: str, *, claims: str | None = None) -> str:
        if claims is not None:
            self.claims.append(claims)
            if self.fault:
                raise self.fault
        return f"{mailbox_id}-token-{len(self.claims) + len(self.refused)}"

    def spoiled(self, mailbox_id: str, token: str) -> None:
        self.refused.append((mailbox_id, token))


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


class Server:
    """Answers with what it was given, one after another; the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[Seen] = []
        self.running = 0
        self.most_running = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.text()
        self.seen.append(
            Seen(
                request.method,
                request.raw_path.partition("?")[0],
                dict(request.query),
                headers,
                body,
            )
        )
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            told = answer(request)
            return told if isinstance(told, web.StreamResponse) else await told
        finally:
            self.running -= 1


@dataclass
class Wire:
    """Everything of one test."""

    server: Server
    url: str
    tokens: Tokens
    clients: GraphClients
    mail: GraphMail
    subscriptions: GraphSubscriptions

    def says(self, *answers: Answer) -> None:
        """Set what the server answers from here on."""
        self.server.answers = list(answers)
        self.server.seen.clear()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Wire]:
    """One server and one HTTP client for all tests here: trust alone takes a tenth of a second."""
    server = Server()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    url, tokens = f"http://127.0.0.1:{port}", Tokens()
    clients = GraphClients(f"{url}/v1.0/", tokens, ca_bundle=None, timeout=0.3)
    yield Wire(
        server, url, tokens, clients, GraphMail(clients, SystemClock()), GraphSubscriptions(clients)
    )
    await clients.aclose()
    await runner.cleanup()


@pytest.fixture
def wire(running: Wire) -> Wire:
    running.tokens.claims.clear()
    running.tokens.refused.clear()
    running.tokens.fault = None
    running.server.seen.clear()
    running.server.most_running = 0
    return running


def status(code: int, word: str = "", **headers: str) -> Answer:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"error": {"code": word, "message": "Words."}} if word else None
    return lambda _: (
        web.json_response(body, status=code, headers=told)
        if body
        else web.Response(status=code, headers=told)
    )


def page(*items: dict[str, Any], link: str = "") -> Answer:
    told = {"value": list(items)} | ({"@odata.nextLink": link} if link else {})
    return lambda _: web.json_response(told)


def html(code: int) -> Answer:
    return lambda _: web.Response(
        status=code, text="<html>Gateway</html>", content_type="text/html"
    )


async def silence(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response(status=202)


async def dribble(request: web.Request) -> web.StreamResponse:
    """Keep the connection alive, byte by byte, and never come to an end."""
    response = web.StreamResponse(status=200, headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_a_submission_as_it_arrives(wire: Wire) -> None:
    wire.says(status(202))
    assert (
        await wire.mail.send("m1", MAIL, until=LATER, wanted=samples.always)
    ).outcome is Outcome.ACCEPTED
    (seen,) = wire.server.seen
    assert (seen.method, seen.path) == ("POST", "/v1.0/me/sendMail")
    assert seen.headers["authorization"] == "Bearer m1-token-0"
    assert '"saveToSentItems":true' in seen.body.replace(" ", "")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (status(202, retry_after="10"), Outcome.ACCEPTED),
        (status(429, "ApplicationThrottled", retry_after="1"), Outcome.UNKNOWN),
        (status(503, "ServiceUnavailable", retry_after="1"), Outcome.UNKNOWN),
        (status(504, "UnknownError"), Outcome.UNKNOWN),
        (status(500, "ErrorInternalServerError"), Outcome.UNKNOWN),
        (html(502), Outcome.UNKNOWN),
        (html(200), Outcome.UNKNOWN),
        (html(403), Outcome.REFUSED),
        (status(403, "ErrorSendAsDenied"), Outcome.REFUSED),
        (status(307, location="/v1.0/elsewhere"), Outcome.UNKNOWN),
        (status(302, location="/v1.0/elsewhere"), Outcome.UNKNOWN),
        (status(308), Outcome.UNKNOWN),
        (hang_up, Outcome.UNKNOWN),
        (silence, Outcome.UNKNOWN),
        (dribble, Outcome.UNKNOWN),
    ],
)
async def test_one_submission_is_written_once_whatever_comes_back(
    wire: Wire, answer: Answer, outcome: Outcome
) -> None:
    wire.says(answer)
    async with asyncio.timeout(3):
        report = await wire.mail.send("m1", MAIL, until=LATER, wanted=samples.always)
    assert report.outcome is outcome
    assert len(wire.server.seen) == 1


@pytest.mark.parametrize("code", [429, 503, 504])
async def test_the_sdk_never_tries_again_by_itself(wire: Wire, code: int) -> None:
    patient = GraphClients(f"{wire.url}/v1.0", wire.tokens, ca_bundle=None, timeout=10)
    wire.says(status(code, "UnknownError", retry_after="1"))
    report = await GraphMail(patient, SystemClock()).send(
        "m1", MAIL, until=LATER, wanted=samples.always
    )
    with pytest.raises(TransientError) as refused:
        await GraphMail(patient, SystemClock()).fetch("m1", "AAMk")
    await patient.aclose()
    assert report.outcome is Outcome.UNKNOWN
    assert report.retry_after == refused.value.retry_after == 1.0
    assert len(wire.server.seen) == 2


async def test_a_submission_nobody_listens_to_was_not_written() -> None:
    clients = GraphClients(
        f"http://127.0.0.1:{free_port()}/v1.0", Tokens(), ca_bundle=None, timeout=0.5
    )
    report = await GraphMail(clients, SystemClock()).send(
        "m1", MAIL, until=LATER, wanted=samples.always
    )
    await clients.aclose()
    assert report.outcome is Outcome.NOT_WRITTEN


async def test_too_late_in_the_lease_nothing_is_written(wire: Wire) -> None:
    wire.says(status(202))
    passed = datetime.now(UTC) - timedelta(seconds=1)
    report = await wire.mail.send("m1", MAIL, until=passed, wanted=samples.always)
    assert report.outcome is Outcome.NOT_WRITTEN
    assert wire.server.seen == []


async def test_a_refused_token_is_given_back_and_nothing_was_written(wire: Wire) -> None:
    wire.says(status(401, "InvalidAuthenticationToken", www_authenticate='Bearer realm=""'))
    report = await wire.mail.send("m1", MAIL, until=LATER, wanted=samples.always)
    assert report.outcome is Outcome.NOT_WRITTEN
    assert wire.tokens.refused == [("m1", "m1-token-0")]
    with pytest.raises(TransientError):
        await wire.mail.find_sent("m1", "k.1")
    assert len(wire.tokens.refused) == 2
    assert len(wire.server.seen) == 2


CHALLENGE = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'


def challenge(**_: str) -> Answer:
    encoded = base64.b64encode(CHALLENGE.encode()).decode()
    told = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
    return status(401, "InvalidAuthenticationToken", www_authenticate=told)


async def test_a_claims_challenge_is_answered_with_a_fresh_token(wire: Wire) -> None:
    wire.says(challenge(), status(202))
    report = await wire.mail.send("m1", MAIL, until=LATER, wanted=samples.always)
    assert report.outcome is Outcome.ACCEPTED
    assert wire.tokens.claims == [CHALLENGE]
    shown = [each.headers["authorization"] for each in wire.server.seen]
    assert shown == ["Bearer m1-token-0", "Bearer m1-token-1"]


async def test_a_challenge_is_answered_once(wire: Wire) -> None:
    wire.says(challenge())
    report = await wire.mail.send("m1", MAIL, until=LATER, wanted=samples.always)
    assert report.outcome is Outcome.NOT_WRITTEN
    assert len(wire.server.seen) == 2
    assert wire.tokens.refused == [("m1", "m1-token-1")]


async def test_a_challenge_nobody_can_answer_breaks_the_connection(wire: Wire) -> None:
    wire.says(challenge())
    wire.tokens.fault = ConsentRequiredError("gone", code="AADSTS50173")
    with pytest.raises(ConsentRequiredError):
        await wire.mail.send("m1", MAIL, until=LATER, wanted=samples.always)
    with pytest.raises(ConsentRequiredError):
        await wire.mail.fetch("m1", "AAMk")


@pytest.mark.parametrize(
    "answer",
    [
        status(200), html(200), status(302, location="/x"),
        lambda _: web.json_response({}), lambda _: web.json_response([]),
        lambda _: web.Response(body=b'{"value": [', content_type="application/json"),
        status(429, "ApplicationThrottled"), status(503), html(502), hang_up, silence, dribble,
    ],
)  # fmt: skip
async def test_what_cannot_be_read_never_means_absent(wire: Wire, answer: Answer) -> None:
    # A GET, and no other, is asked a second time where a kept connection was closed (aiohttp).
    many = 2 if answer is hang_up else 1
    for request, asked in (
        (wire.mail.find_sent("m1", "k.1"), 1),
        (wire.mail.fetch("m1", "AAMk"), many),
        (wire.mail.sent_since("m1", LATER), many),
    ):
        wire.says(answer)
        async with asyncio.timeout(3):
            with pytest.raises(TransientError):
                await request
        assert len(wire.server.seen) == asked


async def test_no_copy_in_either_folder_is_absent(wire: Wire) -> None:
    wire.says(page())
    assert await wire.mail.find_sent("m1", "o'k") is None
    paths = [each.path for each in wire.server.seen]
    assert paths == [
        "/v1.0/me/mailFolders/sentitems/messages",
        "/v1.0/me/mailFolders/drafts/messages",
    ]
    assert wire.server.seen[0].query["$filter"] == (
        f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq 'o''k')"
    )


async def test_a_message_that_is_gone_is_told_from_a_mailbox_that_is(wire: Wire) -> None:
    wire.says(status(404, "ErrorItemNotFound"))
    assert await wire.mail.fetch("m1", "AAMk") is None
    wire.says(status(404, "MailboxNotEnabledForRESTAPI"))
    with pytest.raises(PermanentError):
        await wire.mail.fetch("m1", "AAMk")


@pytest.mark.parametrize("message_id", ["AA/Mk=", "../../../users/other", "a?b#c", "%2e%2e"])
async def test_an_id_stays_one_segment_of_the_path(wire: Wire, message_id: str) -> None:
    wire.says(status(404, "ErrorItemNotFound"))
    assert await wire.mail.fetch("m1", message_id) is None
    path = wire.server.seen[0].path
    assert path.startswith("/v1.0/me/messages/")
    assert path.count("/") == 4


def copy(number: int) -> dict[str, Any]:
    return {
        "id": f"AAMk{number}",
        "internetMessageId": f"<{number}@exchange.example>",
        "sentDateTime": "2026-11-23T10:00:00Z",
        "singleValueExtendedProperties": [{"id": KEY, "value": f"k.{number}"}],
    }


async def test_pages_are_followed_on_our_own_host_only(wire: Wire) -> None:
    link = "https://elsewhere.example/v1.0/me/mailFolders/sentitems/messages?$skiptoken=a%2Bb"
    wire.says(page(copy(1), {"id": "AAMk0"}, link=link), page(copy(2)))
    copies = await wire.mail.sent_since("m1", datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    assert {key: each.internet_message_id for key, each in copies.items()} == {
        "k.1": "<1@exchange.example>",
        "k.2": "<2@exchange.example>",
    }
    first, second = wire.server.seen
    assert first.query["$filter"] == "receivedDateTime ge 2026-11-23T09:30:00Z"
    assert second.path == "/v1.0/me/mailFolders/sentitems/messages"
    assert second.query == {"$skiptoken": "a+b"}
    assert {each.headers["prefer"] for each in wire.server.seen} == {'IdType="ImmutableId"'}


async def test_a_mime_message_comes_as_it_is(wire: Wire) -> None:
    raw = b"Subject: \xff\r\n\r\nbody"
    wire.says(lambda _: web.Response(body=raw, content_type="text/plain"))
    assert await wire.mail.mime("m1", "AAMk") == raw
    assert wire.server.seen[0].path == "/v1.0/me/messages/AAMk/$value"


async def test_four_requests_of_a_mailbox_at_a_time_in_all_processes(wire: Wire) -> None:
    """Two processes, three mailboxes; one of these has two emails under way besides."""
    requests = MemoryRequests()
    requests.flying["m2"] = 2
    processes = [
        GraphClients(
            f"{wire.url}/v1.0",
            wire.tokens,
            ca_bundle=None,
            timeout=10,
            gate=Gate(requests, SystemClock()),
        )
        for _ in range(2)
    ]
    full, let_go = asyncio.Event(), asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        if wire.server.running == 10:
            full.set()
        await let_go.wait()
        return web.Response(status=404)

    wire.says(held)
    wire.server.most_running = 0
    reading = [
        asyncio.create_task(GraphMail(each, SystemClock()).fetch(f"m{number % 3}", "AAMk"))
        for each in processes
        for number in range(15)
    ]
    async with asyncio.timeout(5):
        await full.wait()
    await asyncio.sleep(0.2)  # an eleventh would be there by now
    assert wire.server.running == 10
    let_go.set()
    assert set(await asyncio.gather(*reading)) == {None}
    assert wire.server.most_running == 10
    for each in processes:
        await each.aclose()


async def test_a_request_that_finds_no_place_for_long_comes_again() -> None:
    requests = MemoryRequests()
    requests.flying["m1"] = 4
    with pytest.raises(TransientError, match="too many"):
        async with Gate(requests, SystemClock(), tries=2).through("m1"):
            pass


async def test_who_signed_in(wire: Wire) -> None:
    told = {"userPrincipalName": "Ana@contoso.example", "mail": None, "displayName": "Ana"}
    wire.says(lambda _: web.json_response(told))
    profile = await wire.mail.profile("their-token")
    assert profile == {"userPrincipalName": "Ana@contoso.example", "mail": "", "displayName": "Ana"}
    assert wire.server.seen[0].headers["authorization"] == "Bearer their-token"
    assert wire.server.seen[0].path == "/v1.0/me"
    wire.says(lambda _: web.json_response({}))
    with pytest.raises(TransientError):
        await wire.mail.profile("their-token")


MADE = {"id": "s1", "expirationDateTime": "2026-11-29T10:00:00Z"}
RESOURCE = "me/mailFolders('Inbox')/messages"


async def subscribe(wire: Wire) -> tuple[str, datetime]:
    return await wire.subscriptions.create(
        "m1",
        RESOURCE,
        url="https://hook.example/graph/notifications",
        lifecycle_url="https://hook.example/graph/lifecycle",
        client_state="state",
        expires=datetime(2026, 11, 29, 12, tzinfo=UTC),
    )


async def test_a_subscription_and_the_expiry_graph_gave(wire: Wire) -> None:
    wire.says(lambda _: web.json_response(MADE, status=201))
    assert await subscribe(wire) == ("s1", datetime(2026, 11, 29, 10, tzinfo=UTC))
    (seen,) = wire.server.seen
    assert seen.headers["prefer"] == 'IdType="ImmutableId"'
    assert '"lifecycleNotificationUrl"' in seen.body
    assert '"changeType"' in seen.body


async def test_ours_in_the_way_is_replaced_and_no_other(wire: Wire) -> None:
    known = [
        {"id": "ours", "resource": RESOURCE.upper()},
        {"id": "0fc0d6db-0073", "resource": "Users/1/mailFolders/2/messages"},
        {"id": "another", "resource": "me/events"},
    ]
    conflict = {"code": "ExtensionError", "message": "Subscription Id <0FC0D6DB-0073> already"}
    wire.says(
        lambda _: web.json_response({"error": conflict}, status=409),
        page(*known),
        status(204),
        status(404, "ResourceNotFound"),
        lambda _: web.json_response(MADE, status=201),
    )
    assert (await subscribe(wire))[0] == "s1"
    assert [(each.method, each.path) for each in wire.server.seen] == [
        ("POST", "/v1.0/subscriptions"),
        ("GET", "/v1.0/subscriptions"),
        ("DELETE", "/v1.0/subscriptions/ours"),
        ("DELETE", "/v1.0/subscriptions/0fc0d6db-0073"),
        ("POST", "/v1.0/subscriptions"),
    ]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(403, "ErrorAccessDenied"), PermanentError),
        (status(400, "InvalidRequest"), PermanentError),
        (status(503), TransientError),
        (html(200), TransientError),
        (lambda _: web.json_response({"id": "s1"}), TransientError),
        (lambda _: web.json_response({"expirationDateTime": MADE["expirationDateTime"]}),
         TransientError),
    ],
)  # fmt: skip
async def test_no_subscription_is_made(wire: Wire, answer: Answer, kind: type[Exception]) -> None:
    wire.says(answer)
    with pytest.raises(kind):
        await subscribe(wire)
    assert len(wire.server.seen) == 1


async def test_renewing_one_that_graph_knows_no_more(wire: Wire) -> None:
    wire.says(lambda _: web.json_response(MADE))
    assert await wire.subscriptions.renew("m1", "s1", LATER) == datetime(
        2026, 11, 29, 10, tzinfo=UTC
    )
    wire.says(status(404, "ResourceNotFound"))
    assert await wire.subscriptions.renew("m1", "s1", LATER) is None
    wire.says(status(503))
    with pytest.raises(TransientError):
        await wire.subscriptions.renew("m1", "s1", LATER)


@pytest.mark.parametrize("url", ["http://graph.example/v1.0", "ftp://127.0.0.1/v1.0", "graph"])
async def test_plain_http_is_for_loopback_only(url: str) -> None:
    with pytest.raises(ConfigurationError, match="GRAPH_URL"):
        GraphClients(url, Tokens(), ca_bundle=None, timeout=1)


async def test_a_bundle_that_is_none_is_told_by_its_setting(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("no certificate")
    for bundle in (empty, tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError, match="CA_BUNDLE"):
            GraphClients("https://graph.example", Tokens(), ca_bundle=bundle, timeout=1)


async def test_a_token_never_goes_to_another_host(wire: Wire) -> None:
    wire.says(page())
    link = "https://elsewhere.example/v1.0/me/messages"
    with pytest.raises(PermanentError):
        await wire.clients.ask(
            "m1", lambda client, configured: client.me.messages.with_url(link).get(configured)
        )
    assert wire.server.seen == []
