"""A bare stand-in for Graph, as fast as Python allows: `stub PORT`. It takes every submission, and
tells it again in the next page of Sent Items; it gives the reply of whoever it is asked for, at
once. It checks and records nothing else.
"""

import asyncio
import re
import sys
from collections import defaultdict
from typing import cast

import orjson
import uvloop

from tests.bench.replies import mime_of, reply_to

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_TOKEN = re.compile(rb"\r\nauthorization: *bearer +(\S+)", re.I)
_ID = re.compile(rb'"internetMessageId":"([^"]+)"', re.I)
_KEY = re.compile(rb'Name MailroomKey","value":"([^"]+)"')
_REPLY = re.compile(rb"/messages/reply-([0-9a-f]{32})(/\S*value)?")
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
_KEY_NAME = "String {6f5b1c1e-8a57-4c39-9d3e-2b7f0e4d9a61} Name MailroomKey"


_PAGE = 100
# By token: Message-ID and our key.
_copies: defaultdict[bytes, list[tuple[bytes, bytes]]] = defaultdict(list)


class Graph(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer (uvloop's transport is no asyncio.WriteTransport by class)."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            found = _LENGTH.search(head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < size:
                return
            body, self._buffer = self._buffer[end + 4 : size], self._buffer[size:]
            self._transport.write(_answer(head, body))


def _answer(head: bytes, body: bytes) -> bytes:
    token = _TOKEN.search(head)
    owner = token[1] if token else b""
    if head.startswith(b"POST"):
        identity, key = _ID.search(body), _KEY.search(body)
        if identity and key:
            _copies[owner].append((identity[1], key[1]))
        return _ACCEPTED
    if reply := _REPLY.search(head):
        enrolment_id = reply[1].decode()
        if reply[2]:
            return _answered(b"text/plain", mime_of(enrolment_id))
        return _json(reply_to(enrolment_id))
    page = _copies[owner][-_PAGE:] if b"sentitems" in head else []
    return _json({"value": [_copy(*each) for each in page]})


def _copy(identity: bytes, key: bytes) -> dict[str, object]:
    return {
        "internetMessageId": identity.decode(),
        "conversationId": f"conversation-of-{key.decode()}",
        "sentDateTime": "2026-11-23T09:00:00Z",
        "parentFolderId": "sent-items",
        "singleValueExtendedProperties": [{"id": _KEY_NAME, "value": key.decode()}],
    }


def _json(told: object) -> bytes:
    return _answered(b"application/json", orjson.dumps(told))


def _answered(kind: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Graph, "127.0.0.1", port)
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
