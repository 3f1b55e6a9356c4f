"""What every request to Graph goes through: record, authenticate, throttle, go wrong on demand."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.sandbox.directory import Directory, UnknownUserError, User
from bot.sandbox.entra.tokens import GraphCaller, Tokens
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.graph.errors import GraphError, bad_request
from bot.sandbox.graph.refusals import REFUSALS
from bot.sandbox.journal import Journal
from bot.sandbox.keys import InvalidTokenError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CALLER = web.RequestKey("caller", GraphCaller)
USER = web.RequestKey("user", User)
# The ids of the messages a list of a whole mailbox named, for the journal.
LISTED = web.RequestKey("listed", list[str])
_STRUCK = web.RequestKey("struck", str)
# graph/throttling-limits, Outlook service limits: four concurrent requests per app and mailbox.
MOST_CONCURRENT = 4
_RESET = "reset"
_CODES = {
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    429: "ApplicationThrottled",
    500: "ErrorInternalServerError",
    503: "ServiceUnavailable",
    504: "UnknownError",
}


class Recorder:
    """The outermost layer: errors in Graph's shape, request ids, a journal entry for every call."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @web.middleware
    async def record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer whatever happens further in."""
        request_id = str(uuid4())
        try:
            response = await _answer(request, handler, request_id)
        except ConnectionResetError:  # the caller has gone in the middle of its request
            raise
        except Exception as error:
            self._journal.write("sandbox.error", error=type(error).__name__, message=str(error))
            raise
        response.headers["request-id"] = request_id
        user = request.get(USER)
        fault = request.get(_STRUCK, "")
        facts: dict[str, Any] = {"fault": fault} if fault else {}
        if LISTED in request:
            facts["listed"] = request[LISTED]
        self._journal.write(
            "graph.call",
            method=request.method,
            path=request.path,
            status=0 if fault.endswith(_RESET) else response.status,
            mailbox=user.oid if user else None,
            **facts,
        )
        return response


class Gate:
    """Bearer tokens (graph/errors: 401 InvalidAuthenticationToken) and mailbox concurrency."""

    def __init__(self, directory: Directory, tokens: Tokens) -> None:
        self._directory = directory
        self._tokens = tokens
        self._running: Counter[str] = Counter()

    @web.middleware
    async def authenticate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in whoever brings a delegated token for a user of the directory."""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer:
            raise _unauthenticated("Access token is empty.")
        try:
            caller = self._tokens.verify_graph(bearer)
        except InvalidTokenError as error:
            raise _unauthenticated(f"Access token validation failure. {error}") from error
        try:
            request[USER] = self._directory.user(caller.oid)
        except UnknownUserError as error:
            raise bad_request(
                "/me request is only valid with delegated authentication flow."
            ) from (error)
        request[CALLER] = caller
        return await handler(request)

    @web.middleware
    async def limit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve four requests of a mailbox at a time; profile and subscriptions are no mailbox."""
        mailbox = request[USER].oid
        if not request.path.startswith("/v1.0/me/"):
            return await handler(request)
        if self._running[mailbox] >= MOST_CONCURRENT:
            raise GraphError(
                429,
                "ApplicationThrottled",
                "Application is over its MailboxConcurrency limit.",
                {"Retry-After": "1"},
            )
        self._running[mailbox] += 1
        try:
            return await handler(request)
        finally:
            self._running[mailbox] -= 1


class FaultInjector:
    """Applies the faults of a test to the requests they match."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    @web.middleware
    async def inject(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request, or spoil it before or after it was served."""
        user = request[USER]
        names = (user.oid, user.upn.lower(), user.mail.lower())
        fault = self._faults.for_request(request.method, request.path, names)
        if fault is None:
            return await handler(request)
        request[_STRUCK] = fault.kind
        if fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
            return await handler(request)
        if fault.kind.startswith("accepted_then_"):
            response = await handler(request)
            if fault.kind.endswith("_latency"):
                await asyncio.sleep(fault.seconds)
                return response
        if fault.kind.endswith(_RESET):
            return _reset(request)
        raise _injected(fault)


async def _answer(request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
    try:
        return await handler(request)
    except GraphError as error:
        return _error_response(error, request_id)
    except web.HTTPRequestEntityTooLarge:
        too_large = GraphError(413, "RequestEntityTooLarge", "The body is over 4 MB.")
        return _error_response(too_large, request_id)
    except web.HTTPException:
        # A path or method nobody serves; Graph names the segment that it cannot parse.
        segment = request.path.rstrip("/").rpartition("/")[2]
        unknown = bad_request(f"Resource not found for the segment '{segment}'.")
        return _error_response(unknown, request_id)


def _reset(request: web.Request) -> web.Response:
    """Close the connection the hard way: with SO_LINGER 0 the peer sees a reset."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response(status=500)


def _injected(fault: Fault) -> GraphError:
    code = fault.code or _CODES.get(fault.status, "UnknownError")
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    told = REFUSALS[code].message if fault.kind == "refuse" else f"Injected: {fault.kind}."
    return GraphError(fault.status, code, told, headers)


def _unauthenticated(message: str) -> GraphError:
    headers = {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'}
    return GraphError(401, "InvalidAuthenticationToken", message, headers)


def _error_response(error: GraphError, request_id: str) -> web.Response:
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request_id,
    }
    content = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return web.json_response(content, status=error.status, headers=error.headers)
