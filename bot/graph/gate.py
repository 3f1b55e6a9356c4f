"""The gate of each mailbox: four requests at a time (throttling-outlook), over all processes.

An email under a claim counts by its claim; whatever else is asked of a mailbox goes through here.
"""

import asyncio
import secrets as random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from weakref import WeakValueDictionary

from bot.domain.errors import TransientError
from bot.domain.schedule import LIMITS
from bot.ports import Clock, Requests

_AGAIN = 0.05


class Gate:
    """Lets requests through. Without `requests` it counts those of this process only. `tries` is
    how often it asks for a place, twenty times a second.
    """

    def __init__(
        self, requests: Requests | None = None, clock: Clock | None = None, tries: int = 200
    ) -> None:
        self._tries = tries
        self._shared = (requests, clock) if requests and clock else None
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def through(self, mailbox_id: str) -> AsyncIterator[None]:
        """Wait for a place among the requests of a mailbox, and hold it.

        Raises:
            TransientError: none came free for long.
        """
        own = self._own.setdefault(mailbox_id, asyncio.Semaphore(LIMITS.in_flight))
        async with own:
            if self._shared is None:
                yield
                return
            requests, clock = self._shared
            name = random.token_hex(8)
            await self._begin(requests, clock, mailbox_id, name)
            try:
                yield
            finally:
                with suppress(TransientError):  # then it runs out by itself
                    await requests.end(mailbox_id, name)

    async def _begin(self, requests: Requests, clock: Clock, mailbox_id: str, name: str) -> None:
        most, lasting = LIMITS.in_flight, LIMITS.lease
        for _ in range(self._tries):
            if await requests.begin(mailbox_id, name, clock.now(), lasting, most):
                return
            await asyncio.sleep(_AGAIN)  # another process holds it, and does not tell
        raise TransientError("too many requests of this mailbox are under way")
