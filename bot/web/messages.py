"""Teams' door: POST /api/messages, one activity each."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.teams.adapter import TeamsAdapter

MOST_BYTES = 256 * 1024
_JSON = "application/json"


def routes(adapter: TeamsAdapter) -> list[web.RouteDef]:
    """Return the route Teams calls."""

    async def receive(request: web.Request) -> web.Response:
        if request.content_type != _JSON or "Content-Type" not in request.headers:
            return web.Response(status=415)
        raw = await _read(request)
        if raw is None:
            return web.Response(status=413)
        content = _parse(raw)
        if content is None:
            return web.Response(status=400)
        answer = await adapter.receive(request.headers.get("Authorization", ""), content)
        if answer.body is None:
            return web.Response(status=answer.status)
        return web.json_response(answer.body, status=answer.status)

    return [web.post("/api/messages", receive)]


async def _read(request: web.Request) -> bytes | None:
    """Return the body, None when it is too long; what is too long is not read to its end."""
    if (request.content_length or 0) > MOST_BYTES:
        return None
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > MOST_BYTES:
            return None
    return bytes(raw)


def _parse(raw: bytes) -> Mapping[str, Any] | None:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    named = isinstance(content, dict) and isinstance(content.get("type"), str)
    return content if named else None
