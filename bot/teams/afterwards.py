"""What a turn leaves to be done after it was answered, tried again for as long as it may pass.

In memory: an answer that waits here when the process ends is asked for again by whoever misses it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.domain.errors import MailroomError, TransientError

_log = structlog.get_logger(__name__)
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 60.0
_PATIENCE = 2 * 3600.0  # Teams' longest window is an hour
_MOST_WAITING = 1000


class Afterwards:
    """The work that waits."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._running: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Callable[[], Awaitable[object]], wait: float = 0.0) -> None:
        """Do `work`, not before `wait` seconds from now; `what` names it in the log."""
        if len(self._running) >= _MOST_WAITING:
            _log.error("teams.lost", what=what, error="too much waits already")
            return
        task = asyncio.create_task(self._done(what, work, wait))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _done(self, what: str, work: Callable[[], Awaitable[object]], wait: float) -> None:
        waited, doubled = 0.0, _FIRST_WAIT
        while True:
            if wait:
                await self._sleep(wait)
                waited += wait
            try:
                await work()
            except TransientError as error:
                wait = max(doubled, error.retry_after or 0.0)
                doubled = min(2 * doubled, _LONGEST_WAIT)
                if waited + wait > _PATIENCE:
                    _log.error("teams.lost", what=what, error=str(error))
                    return
            except MailroomError as error:
                _log.warning("teams.lost", what=what, error=str(error))
                return
            except Exception:
                _log.exception("teams.lost", what=what)
                return
            else:
                return
