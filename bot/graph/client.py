"""The Graph SDK, set up so that it does nothing by itself: no retries, no redirects, no proxies.

Left alone it submits an email up to four times on 429, 503 and 504 (kiota's RetryHandler retries
POST), follows 307 with the body, and sends the token wherever a URL points.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import httpx
from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import RedirectHandlerOption, RetryHandlerOption
from msgraph.generated.models.message import Message
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as graph_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from bot.domain.errors import PermanentError, TransientError
from bot.graph.errors import error_of

# throttling-outlook: four concurrent requests per app and mailbox.
_AT_ONCE = 4


class TokenSource(Protocol):
    """Access tokens for Graph, per mailbox."""

    async def token(self, mailbox_id: str) -> str:
        """Return a token that is good now."""
        ...

    def spoiled(self, mailbox_id: str) -> None:
        """Graph refused the token: the next one must be fresh."""
        ...


class _Bearer(AuthenticationProvider):
    """Puts one token on requests to one host, and on no others."""

    def __init__(self, token: str, host: str) -> None:
        self._token = token
        self._host = host

    async def authenticate_request(
        self,
        request: RequestInformation,
        additional_authentication_context: dict[str, Any] | None = None,
    ) -> None:
        """Add the Authorization header.

        Raises:
            PermanentError: the request goes to a host that is not Graph's.
        """
        if urlsplit(request.url).netloc != self._host:
            raise PermanentError("a request left for a host that is not Graph's")
        request.headers.try_add("Authorization", f"Bearer {self._token}")


class GraphClients:
    """One HTTP client for all mailboxes; an SDK client with one mailbox's token for each call."""

    def __init__(
        self, graph_url: str, tokens: TokenSource, *, ca_bundle: Path | None, timeout: float
    ) -> None:
        self.url = graph_url
        self._tokens = tokens
        self._gates: dict[str, asyncio.Semaphore] = {}
        verify = ssl.create_default_context()
        if ca_bundle is not None:
            verify.load_verify_locations(ca_bundle)
        self._transport = httpx.AsyncHTTPTransport(verify=verify, trust_env=False)
        self._http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(timeout=timeout, trust_env=False, transport=self._transport),
            options={
                **graph_options,
                RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
                RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
            },
        )

    def warm_up(self) -> None:
        """Load the SDK's models now: the first use takes the best part of a second."""
        Message().get_field_deserializers()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()
        await self._transport.aclose()  # the SDK's own transport around it does not pass it on

    @asynccontextmanager
    async def of(self, mailbox_id: str) -> AsyncIterator[GraphServiceClient]:
        """Give a client with the mailbox's own token, within its four requests at a time.

        Raises:
            ConsentRequiredError, TransientError: no token is to be had.
        """
        token = await self._tokens.token(mailbox_id)
        async with self._gates.setdefault(mailbox_id, asyncio.Semaphore(_AT_ONCE)):
            yield self.with_token(token)

    def with_token(self, token: str) -> GraphServiceClient:
        """Return a client that uses `token`."""
        adapter = GraphRequestAdapter(_Bearer(token, urlsplit(self.url).netloc), client=self._http)
        # Without a slash at the end, or every path begins with two.
        adapter.base_url = self.url
        return GraphServiceClient(request_adapter=adapter)

    def same_host(self, link: str) -> str:
        """Return a link Graph gave (a next page) as one on the host we are set to use."""
        ours, theirs = urlsplit(self.url), urlsplit(link)
        return urlunsplit((ours.scheme, ours.netloc, theirs.path, theirs.query, ""))

    @asynccontextmanager
    async def reading(self, mailbox_id: str) -> AsyncIterator[GraphServiceClient]:
        """Give a client as `of` does, and turn the SDK's errors into ours."""
        async with self.of(mailbox_id) as client:
            try:
                yield client
            except APIError as error:
                self.note(mailbox_id, error)
                raise error_of(*told(error)) from error
            except httpx.HTTPError as error:
                raise TransientError(f"Graph is not reachable: {type(error).__name__}") from error

    def note(self, mailbox_id: str, error: APIError) -> None:
        """A token that Graph refused is not used again."""
        if error.response_status_code == httpx.codes.UNAUTHORIZED:
            self._tokens.spoiled(mailbox_id)


def told(error: APIError) -> tuple[int, str, float | None]:
    """Return the status, Graph's own code and the Retry-After seconds of an error."""
    main = getattr(error, "error", None)
    headers = error.response_headers or {}
    after = str(headers.get("Retry-After", headers.get("retry-after", "")))
    return (
        error.response_status_code or 0,
        str(getattr(main, "code", "") or ""),
        float(after) if after.replace(".", "", 1).isdigit() else None,
    )
