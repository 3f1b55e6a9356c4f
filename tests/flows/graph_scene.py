"""What a flow through the sandbox's Graph needs: a running sandbox, signed-in owners, an endpoint.

Everything goes over HTTP through msal and msgraph-sdk; the journal is the only oracle.
"""

import asyncio
import json
import subprocess
import sys
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import msal
import pytest
import requests
from aiohttp import web
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import RetryHandlerOption
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.single_value_legacy_extended_property import (
    SingleValueLegacyExtendedProperty,
)
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import (
    SendMailPostRequestBody,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as graph_defaults
from msgraph.graph_service_client import GraphServiceClient

with warnings.catch_warnings():
    # kiota_abstractions.default_query_parameters warns of itself whenever it is imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    from msgraph.generated.users.item.mail_folders.item.messages import (
        messages_request_builder as folder_messages,
    )
    from msgraph.generated.users.item.messages.item import (
        message_item_request_builder as one_message,
    )

# msgraph_core carries no types.
GraphClientFactory: Any = import_module("msgraph_core").GraphClientFactory

ROOT = Path(__file__).resolve().parents[2]
CALLBACK = "http://127.0.0.1:8080/connect/callback"
HOOK_HOST = "https://mailroom.test"
START = "2026-03-02T09:00:00Z"
KEY = "String {1b4c7bde-6a3f-4c1d-9d7e-0b1c2d3e4f50} Name MailroomKey"
SCOPES = ("User.Read", "Mail.Send", "Mail.Read")
_LONGER_THAN_ANY_SUBSCRIPTION = 8 * 24 * 3600
# Real seconds for something to happen by itself, and between two looks.
_PATIENCE = 10.0
_LOOK = 0.02

Entry = Mapping[str, Any]


class SandboxProcess:
    """`python -m bot.sandbox` with a clock that stands still until told to go."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "sandbox.log"
        command = [sys.executable, "-m", "bot.sandbox", "--data-dir", str(directory),
                   "--speed", "0", "--start", START, "--redirect-uri", CALLBACK]  # fmt: skip
        with self.log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log.read_text()
        told = json.loads(line)
        self.control: str = told["control"]
        self.listeners: Mapping[str, str] = told["listeners"]
        self.settings: Mapping[str, str] = told["settings"]
        self._tokens: dict[tuple[str, Sequence[str]], str] = {}

    def stop(self) -> int:
        """Ask it to end; return its exit status."""
        self._process.terminate()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait(timeout=10)

    def token(self, upn: str, scopes: Sequence[str] = SCOPES) -> str:
        """Return an access token of `upn`, consented to in the sandbox's own pages."""
        known = self._tokens.get((upn, scopes))
        if known is None:
            known = self._tokens[upn, scopes] = self._sign_in(upn, scopes)
        return known

    def _sign_in(self, upn: str, scopes: Sequence[str]) -> str:
        settings = self.settings
        with requests.Session() as session:
            session.trust_env = False
            session.verify = settings["MAILROOM_CA_BUNDLE"]
            app = msal.ConfidentialClientApplication(
                settings["MAILROOM_APP_ID"],
                client_credential=settings["MAILROOM_APP_SECRET"],
                authority=f"{settings['MAILROOM_ENTRA_URL']}/{settings['MAILROOM_TENANT_ID']}",
                instance_discovery=False,
                http_client=session,
            )
            flow = app.initiate_auth_code_flow(
                list(scopes), redirect_uri=CALLBACK, response_mode="form_post"
            )
            form = {"account": upn, "decision": "accept"}
            page = session.post(flow["auth_uri"], data=form, allow_redirects=False, timeout=10)
            result = app.acquire_token_by_auth_code_flow(flow, _hidden_fields(page.text))
        assert "access_token" in result, result
        return str(result["access_token"])


@dataclass
class Exchange:
    """One request to Graph and its answer, as they were on the wire."""

    request: httpx.Request
    response: httpx.Response


@dataclass
class Hook:
    """The endpoint of a test: what it was sent, and how it answers."""

    base: str = ""
    received: list[bytes] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    echo: Callable[[str], str] = str
    validated: list[str] = field(default_factory=list)

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """Every notification received, in order."""
        return [each for body in self.received for each in json.loads(body)["value"]]

    async def __call__(self, request: web.Request) -> web.Response:
        """Shake hands, or take notifications with the next status of `statuses`, else 202."""
        token = request.query.get("validationToken")
        if token is not None:
            assert request.headers["Host"] == HOOK_HOST.removeprefix("https://")
            self.validated.append(request.path_qs)
            return web.Response(text=self.echo(token))
        status = self.statuses.pop(0) if self.statuses else 202
        self.received.append(await request.read())
        return web.Response(status=status)


class Scene:
    """One flow. `exchanges` are all its requests to Graph."""

    def __init__(self, sandbox: SandboxProcess, session: aiohttp.ClientSession, hook: Hook) -> None:
        self.sandbox = sandbox
        self.hook = hook
        self.exchanges: list[Exchange] = []
        self.users: list[dict[str, Any]] = []
        self._session = session
        self._mark = 0
        self._transports: list[httpx.AsyncHTTPTransport] = []
        self.domain = f"d{uuid.uuid4().hex[:12]}.example"

    async def open(self) -> None:
        """Forget what earlier flows left: faults, mail on its way, subscriptions, switches."""
        await self.control("DELETE", "/control/faults")
        await self.jump(_LONGER_THAN_ANY_SUBSCRIPTION)
        switches = {"keeps_message_id": True, "keeps_threading_properties": True}
        await self.control("PUT", "/control/exchange", {**switches, "sent_items_delay": 1})
        await self.control("PUT", "/control/hosts", {HOOK_HOST: self.hook.base})
        self.users = (await self.control("GET", "/control/directory"))["users"]
        self._mark = len((await self.control("GET", "/control/journal"))["entries"])

    async def close(self) -> None:
        """Close every connection to Graph; Kiota's wrapper does not pass `aclose` on."""
        for transport in self._transports:
            await transport.aclose()

    @property
    def owner(self) -> dict[str, Any]:
        """The owner of the mailbox most flows use."""
        return self.users[1]

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Call the control API; anything but success is an error of the test."""
        status, answer = await self.try_control(method, path, body)
        assert status == 200, answer
        return answer

    async def try_control(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Call the control API and return status and answer."""
        async with self._session.request(
            method, f"{self.sandbox.control}{path}", json=body
        ) as answer:
            return answer.status, await answer.json()

    async def jump(self, seconds: float) -> None:
        """Let that much sandbox time pass, with all that falls due in it."""
        await self.control("POST", "/control/clock", {"jump_by": seconds})

    async def now(self) -> str:
        """Return the sandbox's time, RFC 3339."""
        return str((await self.control("GET", "/clock"))["now"])

    async def journal(self, kind: str) -> list[Any]:
        """Return the facts of this flow's entries of a kind."""
        found = await self.control("GET", f"/control/journal?after={self._mark}&kind={kind}")
        return [entry["facts"] for entry in found["entries"]]

    async def until(self, kind: str, count: int) -> list[Any]:
        """Return the facts of a kind as soon as there are `count`; fail when there never are."""
        for _ in range(int(_PATIENCE / _LOOK)):
            found = await self.journal(kind)
            if len(found) >= count:
                return found
            await asyncio.sleep(_LOOK)
        raise AssertionError(f"{kind}: not {count} of them within {_PATIENCE:g} s")

    async def seed(self, name: str, *behaviours: Mapping[str, Any], domain: str = "") -> str:
        """Put somebody outside who behaves like that; return the address."""
        address = f"{name}@{domain or self.domain}"
        person = {"address": address, "name": name.title(), "behaviours": behaviours}
        await self.control("POST", "/control/people", [person])
        return address

    async def graph(self, upn: str = "", scopes: Sequence[str] = SCOPES) -> GraphServiceClient:
        """Return a Graph client of an owner, retries off: a 504 may hide a sent mail."""
        token = await asyncio.to_thread(self.sandbox.token, upn or self.owner["upn"], scopes)
        options = {
            **graph_defaults,
            RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
        }
        client = GraphClientFactory.create_with_default_middleware(
            client=self._client(), options=options
        )
        provider = BaseBearerTokenAuthenticationProvider(_FixedToken(token))
        adapter = GraphRequestAdapter(provider, client=client)
        adapter.base_url = self.sandbox.settings["MAILROOM_GRAPH_URL"]
        return GraphServiceClient(request_adapter=adapter)

    async def raw(
        self,
        method: str,
        path: str,
        *,
        upn: str = "",
        scopes: Sequence[str] = SCOPES,
        **arguments: Any,
    ) -> httpx.Response:
        """Call Graph without the SDK; `path` starts after /v1.0."""
        token = await asyncio.to_thread(self.sandbox.token, upn or self.owner["upn"], scopes)
        headers = {"Authorization": f"Bearer {token}", **arguments.pop("headers", {})}
        url = self.sandbox.settings["MAILROOM_GRAPH_URL"] + path
        return await self._client().request(method, url, headers=headers, **arguments)

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport()
        self._transports.append(transport)
        return httpx.AsyncClient(
            transport=transport, timeout=10, event_hooks={"response": [self._record]}
        )

    async def _record(self, response: httpx.Response) -> None:
        await response.aread()
        self.exchanges.append(Exchange(response.request, response))


class _FixedToken(AccessTokenProvider):
    def __init__(self, token: str) -> None:
        self._token = token
        self._hosts = AllowedHostsValidator(["127.0.0.1"])

    async def get_authorization_token(
        self, uri: str, additional_authentication_context: dict[str, Any] | None = None
    ) -> str:
        assert self._hosts.is_url_host_valid(uri)
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._hosts


@asynccontextmanager
async def scene_of(sandbox: SandboxProcess) -> AsyncIterator[Scene]:
    """Set a scene: an endpoint that listens, and a sandbox with nothing left over."""
    hook = Hook()
    app = web.Application()
    app.router.add_post("/{tail:.*}", hook.__call__)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hook.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:
        scene = Scene(sandbox, session, hook)
        try:
            await scene.open()
            yield scene
        finally:
            await scene.close()
            await runner.cleanup()


def email(to: str, subject: str = "How do you like it?", **properties: str) -> Message:
    """Return an HTML message to one person; `properties` by extended property id."""
    extended = [SingleValueLegacyExtendedProperty(id=id, value=v) for id, v in properties.items()]
    return Message(
        subject=subject,
        body=ItemBody(content_type=BodyType.Html, content="<p>One question &amp; no more.</p>"),
        to_recipients=[Recipient(email_address=EmailAddress(address=to, name="Somebody"))],
        single_value_extended_properties=extended or None,
    )


async def send(graph: GraphServiceClient, message: Message) -> None:
    """Submit a message, to be kept in Sent Items."""
    body = SendMailPostRequestBody(message=message, save_to_sent_items=True)
    await graph.me.send_mail.post(body)


def prefer(wish: str) -> RequestConfiguration[Any]:
    """Return a configuration whose Prefer header says `wish`."""
    configuration: RequestConfiguration[Any] = RequestConfiguration()
    configuration.headers.add("Prefer", wish)
    return configuration


async def in_folder(
    graph: GraphServiceClient, folder: str, *, wish: str = "", **query: Any
) -> list[Any]:
    """Return the messages of a folder, of the page that comes first. (Every field of the SDK's
    models may be None to the type checker.)
    """
    builder = folder_messages.MessagesRequestBuilder
    configuration = RequestConfiguration(
        query_parameters=builder.MessagesRequestBuilderGetQueryParameters(**query)
    )
    if wish:
        configuration.headers.add("Prefer", wish)
    page = await graph.me.mail_folders.by_mail_folder_id(folder).messages.get(configuration)
    assert page is not None
    return page.value or []


async def message(graph: GraphServiceClient, id: str, *, wish: str = "", **query: Any) -> Any:
    """Return one message."""
    builder = one_message.MessageItemRequestBuilder
    configuration = RequestConfiguration(
        query_parameters=builder.MessageItemRequestBuilderGetQueryParameters(**query)
    )
    if wish:
        configuration.headers.add("Prefer", wish)
    found = await graph.me.messages.by_message_id(id).get(configuration)
    assert found is not None
    return found


async def mime(graph: GraphServiceClient, id: str) -> Any:
    """Return the MIME of a message as an EmailMessage."""
    raw = await graph.me.messages.by_message_id(id).content.get()
    assert raw is not None
    return message_from_bytes(raw, policy=policy.default)


def refusal(raised: pytest.ExceptionInfo[ODataError]) -> tuple[int, str]:
    """Return status and code of a refusal."""
    error = raised.value
    assert error.error is not None
    return error.response_status_code or 0, error.error.code or ""


def by_key(value: str) -> str:
    """Return the filter that finds a message by our own extended property."""
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{value}')"


def extended(found: Message) -> dict[str, str]:
    """Return the extended properties a message came with."""
    entries = found.single_value_extended_properties or []
    return {entry.id or "": entry.value or "" for entry in entries}


def expand(*ids: str) -> list[str]:
    """Return the expansion of these extended properties."""
    wanted = " or ".join(f"id eq '{id}'" for id in ids)
    return [f"singleValueExtendedProperties($filter={wanted})"]


def _hidden_fields(page: str) -> dict[str, str]:
    """Return the fields of the form that carries the answer to the redirect URI."""
    found = {}
    for tag in page.split("<input")[1:]:
        attributes = dict(
            part.split("=", 1) for part in tag.split(">")[0].replace('"', "").split() if "=" in part
        )
        if "name" in attributes:
            found[attributes["name"]] = attributes.get("value", "")
    return found
