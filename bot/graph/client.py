"""The Graph SDK, set up so that it does nothing by itself: no retries, no redirects, no proxies.

Left alone it submits an email up to four times on 429, 503 and 504 (kiota's RetryHandler retries
POST), follows 307 with the body, and sends the token wherever a URL points.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import httpx
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import (
    RedirectHandlerOption,
    ResponseHandlerOption,
    RetryHandlerOption,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as graph_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from bot.domain.errors import ConfigurationError
from bot.graph.answers import KeptAnswer, reachable
from bot.graph.bearer import Bearer
from bot.graph.errors import Answer
from bot.graph.gate import Gate
from bot.graph.line import Line

Configuration = RequestConfiguration[Any]
# One request with the SDK. It is made with the configuration given, which keeps the raw answer.
Request = Callable[[GraphServiceClient, Configuration], Awaitable[object]]

# throttling-outlook: four concurrent requests per app and mailbox.
_CONNECTIONS = httpx.Limits(max_connections=200, max_keepalive_connections=100)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class TokenSource(Protocol):
    """Access tokens for Graph, per mailbox."""

    async def token(self, mailbox_id: str, *, claims: str | None = None) -> str:
        """Return a token that is good now; a fresh one that answers the challenge in `claims`."""
        ...

    def spoiled(self, mailbox_id: str, token: str) -> None:
        """Graph refused the token: it is not to be given out again."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """One mailbox's way into Graph, for one use."""

    client: GraphServiceClient
    mailbox_id: str
    bearer: Bearer
    tokens: TokenSource

    def refused(self) -> None:
        """Graph answered 401: the token that was used is not used again."""
        self.tokens.spoiled(self.mailbox_id, self.bearer.token)


class GraphClients:
    """One HTTP client for all mailboxes; an SDK client with one mailbox's token for each call.

    `timeout` is how many seconds one request may take in all; a third of it goes to connecting.
    """

    def __init__(
        self,
        graph_url: str,
        tokens: TokenSource,
        *,
        ca_bundle: Path | None,
        timeout: float,
        gate: Gate | None = None,
    ) -> None:
        self.url = graph_url.rstrip("/")
        _require_https(self.url)
        self.timeout = timeout
        self.tokens = tokens
        self._gate = gate or Gate()
        trust = _trust(ca_bundle)
        self.line = Line(trust, timeout)
        self._transport = httpx.AsyncHTTPTransport(
            verify=trust, trust_env=False, limits=_CONNECTIONS
        )
        self._http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(
                timeout=httpx.Timeout(timeout, connect=timeout / 3, pool=timeout / 3),
                trust_env=False,
                transport=self._transport,
            ),
            options={
                **graph_options,
                RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
                RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
            },
        )

    def warm_up(self) -> None:
        """Build a request, so that what the SDK imports on first use is there."""
        self._client(Bearer("", self.url)).me.messages.to_get_request_information()

    async def aclose(self) -> None:
        """Close every connection."""
        await self.line.aclose()
        await self._http.aclose()
        await self._transport.aclose()  # the SDK's own transport around it does not pass it on

    @asynccontextmanager
    async def of(self, mailbox_id: str, *, claimed: bool = False) -> AsyncIterator[Caller]:
        """Give a way in with the mailbox's own token, within its four requests at a time;
        `claimed`: a claim has its place among them already.

        Raises:
            ConsentRequiredError, TransientError, PermanentError: no token is to be had.
        """
        token = await self.tokens.token(mailbox_id)
        async with nullcontext() if claimed else self._gate.through(mailbox_id):
            bearer = Bearer(token, self.url, partial(self._challenged, mailbox_id))
            yield Caller(self._client(bearer), mailbox_id, bearer, self.tokens)

    async def ask(self, mailbox_id: str, request: Request, *, claimed: bool = False) -> Answer:
        """Return the answer to one request for a mailbox, whatever its status; `claimed` as above.

        Raises:
            ConsentRequiredError, PermanentError: no token is to be had.
            TransientError: neither is a token for now, or Graph gave no answer.
        """
        async with self.of(mailbox_id, claimed=claimed) as caller, reachable(self.timeout):
            answer = await asked(caller.client, request)
            if answer.status == HTTPStatus.UNAUTHORIZED:
                caller.refused()
            return answer

    async def get(self, mailbox_id: str, url: str) -> Answer:
        """Return the answer to a GET of one of Graph's URLs for a mailbox, whatever its status.

        Raises:
            ConsentRequiredError, PermanentError: no token is to be had.
            TransientError: neither is a token for now, or Graph gave no answer.
        """
        answering = ""
        token = await self.tokens.token(mailbox_id)
        async with self._gate.through(mailbox_id), reachable(self.timeout):
            while True:
                answer, claims = await self.line.ask(token, url)
                if answer.status != HTTPStatus.UNAUTHORIZED:
                    return answer
                if answering or not claims:
                    self.tokens.spoiled(mailbox_id, token)
                    return answer
                answering = claims
                token = await self.tokens.token(mailbox_id, claims=claims)

    async def ask_with(self, token: str, request: Request) -> Answer:
        """Return the answer to one request with `token`, whosever it is.

        Raises:
            TransientError: Graph gave no answer.
        """
        async with reachable(self.timeout):
            return await asked(self._client(Bearer(token, self.url)), request)

    def same_host(self, link: str) -> str:
        """Return a link Graph gave (a next page) as one on the host we are set to use."""
        ours, theirs = urlsplit(self.url), urlsplit(link)
        return urlunsplit((ours.scheme, ours.netloc, theirs.path, theirs.query, ""))

    async def _challenged(self, mailbox_id: str, claims: str) -> str:
        return await self.tokens.token(mailbox_id, claims=claims)

    def _client(self, bearer: Bearer) -> GraphServiceClient:
        adapter = GraphRequestAdapter(bearer, client=self._http)
        # Without a slash at the end, or every path begins with two.
        adapter.base_url = self.url
        return GraphServiceClient(request_adapter=adapter)


async def asked(client: GraphServiceClient, request: Request) -> Answer:
    """Return the answer to one request as it came.

    Raises:
        httpx.HTTPError: there was none.
    """
    kept = KeptAnswer()
    configuration: Configuration = RequestConfiguration(options=[ResponseHandlerOption(kept)])
    # Ids that survive a move between folders (outlook-immutable-id).
    configuration.headers.add("Prefer", 'IdType="ImmutableId"')
    await request(client, configuration)
    return kept.answer


def _require_https(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ConfigurationError(f"MAILROOM_GRAPH_URL must begin with https://, not {url}")


def _trust(ca_bundle: Path | None) -> ssl.SSLContext:
    """Trust Mozilla's list, the system's own, and one more of the operator's."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    if ca_bundle is not None:
        try:
            context.load_verify_locations(ca_bundle)
        except OSError as error:
            raise ConfigurationError(
                f"MAILROOM_CA_BUNDLE: {ca_bundle} is no readable PEM file of certificates."
            ) from error
    return context
