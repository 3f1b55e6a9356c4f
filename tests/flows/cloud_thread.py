"""A sandbox in a thread of its own: msal and botbuilder block, so it may not share their loop."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from aiohttp import web

Result = TypeVar("Result")


class CloudThread:
    """An event loop in a thread, and the listeners that run on it. Use as a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runners: list[web.AppRunner] = []

    def __enter__(self) -> "CloudThread":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for runner in self._runners:
            self.run(runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, function: Callable[[], Result]) -> Result:
        """Run `function` in the thread, with the loop running, and return what it returns."""

        async def wrapped() -> Result:
            return function()

        return self.run(wrapped())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run `work` on the loop and return what it returns."""
        future: Future[Result] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout=30)

    def serve(
        self, app: web.Application, sock: socket.socket, tls: ssl.SSLContext | None = None
    ) -> None:
        """Serve `app` on the bound socket."""
        self.run(self._serve(app, sock, tls))

    async def _serve(
        self, app: web.Application, sock: socket.socket, tls: ssl.SSLContext | None
    ) -> None:
        runner = web.AppRunner(app)
        self._runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, sock, ssl_context=tls).start()


def bound() -> tuple[socket.socket, int]:
    """Return a socket bound to a free loopback port, and the port."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, int(sock.getsockname()[1])
