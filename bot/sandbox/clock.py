"""Calendar time of the sandbox: runs at a factor, stands still, or jumps to the next thing due."""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Action = Callable[[], Awaitable[None]]
_SETTLE_SECONDS = 5.0


class Clock:
    """One clock for everything the sandbox does by itself; sockets keep real time.

    `speed` is virtual seconds per real second; 0 stands still.
    """

    def __init__(self, start: datetime, speed: float) -> None:
        if speed < 0:
            raise ValueError("speed is 0 or more")
        self._base = start.astimezone(UTC)
        self._since = time.monotonic()
        self._speed = speed
        self._jumping = False
        self._due: list[tuple[datetime, int, Action]] = []
        self._count = 0
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[Exception], None]] = []

    def __getstate__(self) -> dict[str, Any]:
        """All but what lives in a process: the moment it stands at, and what is due."""
        kept = ("_speed", "_due", "_count", "_listeners")
        return {name: getattr(self, name) for name in kept} | {"_base": self.now()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on from where it was saved: no time has passed meanwhile."""
        self.__init__(state.pop("_base"), state["_speed"])  # type: ignore[misc]
        self.__dict__.update(state)

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""
        return self._speed

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        if self._jumping or self._speed == 0:
            return self._base
        return self._base + timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def at(self, when: datetime, action: Action) -> None:
        """Run `action` when the clock reaches `when`; at once if it has passed."""
        self._count += 1
        heapq.heappush(self._due, (when.astimezone(UTC), self._count, action))
        self._changed.set()

    def after(self, seconds: float, action: Action) -> None:
        """Run `action` that many virtual seconds from now."""
        self.at(self.now() + timedelta(seconds=seconds), action)

    def next_due(self) -> datetime | None:
        """Return when the earliest waiting action falls due, or None."""
        return self._due[0][0] if self._due else None

    def on_error(self, listener: Callable[[Exception], None]) -> None:
        """Tell `listener` of every error an action raises; the clock goes on regardless."""
        self._listeners.append(listener)

    def set_speed(self, speed: float) -> None:
        """Go on from the present moment at another factor.

        Raises:
            ValueError: the factor is negative.
        """
        if speed < 0:
            raise ValueError("speed is 0 or more")
        self._stand_at(self.now())
        self._speed = speed
        self._changed.set()

    async def jump_to(self, when: datetime) -> None:
        """Stand at `when` after running, one by one and in order, all that falls due on the way.

        Each action sees its own time in `now()`. What an action schedules on the way runs too.

        Raises:
            ValueError: `when` has passed.
        """
        await self._jump(lambda now: when)

    async def jump_by(self, seconds: float) -> None:
        """Jump that far ahead of the present moment.

        Raises:
            ValueError: `seconds` is negative.
        """
        await self._jump(lambda now: now + timedelta(seconds=seconds))

    async def jump_to_next_due(self) -> None:
        """Jump to the earliest waiting action and run all that is due with it, if anything is."""
        await self._jump(lambda now: max(self.next_due() or now, now))

    async def _jump(self, target: Callable[[datetime], datetime]) -> None:
        async with self._turn:
            await asyncio.gather(*self._running)
            start = self.now()
            when = target(start).astimezone(UTC)
            if when < start:
                raise ValueError(f"{when.isoformat()} has passed")
            self._stand_at(start)
            self._jumping = True
            try:
                while self._due and self._due[0][0] <= when:
                    due, _, action = heapq.heappop(self._due)
                    self._base = max(self._base, due)
                    await self._perform(action)
            finally:
                self._stand_at(when)
                self._jumping = False
                self._changed.set()

    async def settle(self) -> None:
        """Wait, for a moment at most, until what was started has ended."""
        if self._running:
            await asyncio.wait(self._running, timeout=_SETTLE_SECONDS)

    async def run(self) -> None:
        """Start what falls due as time passes, until cancelled; slow actions hold up no others."""
        while True:
            async with self._turn:
                self._changed.clear()
                while self._due and self._due[0][0] <= self.now():
                    _, _, action = heapq.heappop(self._due)
                    task = asyncio.create_task(self._perform(action))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                pause = self._pause()
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                continue

    def _pause(self) -> float | None:
        """Real seconds until the next action is due; None while there is nothing to wait for."""
        due = self.next_due()
        if due is None or self._speed == 0:
            return None
        return max(0.0, (due - self.now()).total_seconds() / self._speed)

    def _stand_at(self, moment: datetime) -> None:
        self._base = moment
        self._since = time.monotonic()

    async def _perform(self, action: Action) -> None:
        try:
            await action()
        except Exception as error:
            for listener in self._listeners:
                listener(error)
