"""Big jumps of the clock, half a day at most at a time, so that the bot does on the way what falls
due on the way, as it would in as many days.

The sandbox does not know what the bot still has to do. Between two strides it waits until nothing
has happened for a moment, and no longer than a while.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from bot.sandbox.clock import Clock
from bot.sandbox.journal import Journal

STRIDE = timedelta(hours=12)
# Real seconds: a bot reads the clock ten times a second.
_QUIET = 0.6
_LONGEST = 6.0
_LOOK = 0.05


class UnderWayError(Exception):
    """A jump is under way, and there is one at a time."""


class Travel:
    """At most one jump, in strides."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._task: asyncio.Task[None] | None = None
        self.start: datetime | None = None
        self.goal: datetime | None = None

    def go(self, goal: datetime) -> None:
        """Set out for `goal`.

        Raises:
            UnderWayError: a jump is under way.
            ValueError: `goal` has passed.
        """
        if self.goal is not None:
            raise UnderWayError
        now = self._clock.now()
        if goal < now:
            raise ValueError(f"{goal.isoformat()} has passed")
        self._journal.write("time.jumped", seconds=(goal - now).total_seconds())
        self.start, self.goal = now, goal
        self._task = asyncio.create_task(self._walk(goal))

    async def stop(self) -> None:
        """Stay where the clock has come to, if a jump is under way."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _walk(self, goal: datetime) -> None:
        try:
            while (now := self._clock.now()) < goal:
                # A clock that runs may pass the goal before it is asked to jump there.
                with suppress(ValueError):
                    await self._clock.jump_to(min(goal, now + STRIDE))
                await self._let_others_act()
        finally:
            self.start = self.goal = self._task = None

    async def _let_others_act(self) -> None:
        loop = asyncio.get_running_loop()
        seen, since, end = -1, loop.time(), loop.time() + _LONGEST
        while loop.time() < min(since + _QUIET, end):
            if len(self._journal.entries) != seen:
                seen, since = len(self._journal.entries), loop.time()
            await asyncio.sleep(_LOOK)
