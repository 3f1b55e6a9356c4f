"""Posts change notifications as Graph does, over connections that stay open: `hook_client PORT
CONNECTIONS MANY EACH`. Writes how many POSTs a second were answered 202, and their latency.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import cast

import uvloop

from tests.bench.hooks import posts
from tests.bench.meter import p99_ms

_END_OF_HEAD = b"\r\n\r\n"


class Graph(asyncio.Protocol):
    """One connection: the next POST leaves when the one before was answered."""

    def __init__(self, waiting: Iterator[bytes], spans: list[float]) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._spans = spans
        self._head = b""
        self._begun = 0.0
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (uvloop's transport is no asyncio.WriteTransport by class)."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take the answer, which has no body."""
        self._head += data
        if not self._head.endswith(_END_OF_HEAD):
            return
        self._spans.append(time.perf_counter() - self._begun)
        if not self._head.startswith(b"HTTP/1.1 202 "):
            self.ended.set_exception(AssertionError(self._head.decode()))
            return
        self._head = b""
        self._next()

    def connection_lost(self, fault: Exception | None) -> None:
        """Fail where that comes too early."""
        if not self.ended.done():
            self.ended.set_exception(fault or AssertionError("the server hung up"))

    def _next(self) -> None:
        post = next(self._waiting, None)
        if post is None:
            self.ended.set_result(None)
            self._transport.close()
            return
        self._begun = time.perf_counter()
        self._transport.write(post)


async def main(port: int, connections: int, many: int, each: int) -> None:
    """Post so many, of so many notifications each, and say how that went."""
    begun = time.perf_counter()
    spans = await _post(port, connections, posts(many, each))
    took = time.perf_counter() - begun
    sys.stdout.write(json.dumps({"per_s": many / took, "p99_ms": p99_ms(spans)}) + "\n")


async def _post(port: int, connections: int, waiting: Iterator[bytes]) -> list[float]:
    spans: list[float] = []
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Graph(waiting, spans), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.ended for _, protocol in opened))
    return spans


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
