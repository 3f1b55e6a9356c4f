"""Answers of Graph as they came, past the SDK's own reading of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import orjson
from kiota_abstractions.response_handler import ResponseHandler

from bot.domain.errors import TransientError
from bot.graph.errors import Answer, error_of


class KeptAnswer(ResponseHandler):
    """Keeps the answer to one request; the SDK then neither reads it nor raises.

    Read by the SDK, one message costs 6 ms of the event loop (Entity.get_field_deserializers runs
    2,400 imports each time; a page of a hundred 0.9 s), a submission's status is lost, and a
    redirect that was not followed is a success without content (kiota HttpxRequestAdapter).
    """

    def __init__(self) -> None:
        self.answer = Answer(status=0)

    async def handle_response_async(self, response: Any, error_map: Any) -> Any:
        """Keep it."""
        self.answer = answer_of(response)


def answer_of(response: httpx.Response) -> Answer:
    """Return a raw answer; a body that is not Graph's (a gateway's HTML) has no code."""
    return Answer(
        status=response.status_code,
        code="" if response.is_success else code_in(response.content),
        retry_after=seconds_in(response.headers.get("retry-after", "")),
        request_id=response.headers.get("request-id", ""),
        body=response.content,
    )


def seconds_in(after: str) -> float | None:
    """Return the seconds a Retry-After names, None where it names none."""
    return float(after) if after.isascii() and after.isdigit() else None


def body_of(answer: Answer) -> bytes:
    """Return what a successful answer carries.

    Raises:
        TransientError, PermanentError: it is no success, or carries nothing.
    """
    if not httpx.codes.is_success(answer.status):
        raise error_of(answer)
    if not answer.body:
        raise unreadable("it is empty")
    return answer.body


def object_of(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON object a successful answer carries.

    Raises:
        TransientError, PermanentError: it is no success, or carries something else.
    """
    try:
        told = orjson.loads(body_of(answer))
    except orjson.JSONDecodeError as error:
        raise unreadable("it is no JSON") from error
    if not isinstance(told, dict):
        raise unreadable("it is no object")
    return told


def list_of(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the items of a collection.

    Raises:
        TransientError: it does not say which there are; that is not "none".
    """
    items = told.get("value")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise unreadable("it is no list")
    return items


def unreadable(why: str) -> TransientError:
    """Return the error of a success that does not say what it has to say."""
    return TransientError(f"Graph's answer cannot be read: {why}")


@asynccontextmanager
async def reachable(seconds: float) -> AsyncIterator[None]:
    """Wait for an answer no longer than `seconds` in all.

    Raises:
        TransientError: there was none.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except (httpx.HTTPError, aiohttp.ClientError, TimeoutError) as error:
        raise TransientError(f"Graph cannot be reached: {type(error).__name__}") from error


def code_in(body: bytes) -> str:
    """Return Graph's own word for an error, "" where the body is none of Graph's."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    error = told.get("error") if isinstance(told, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""
