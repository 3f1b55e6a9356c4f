"""The clock on the page: what it shows, its speed, and jumps."""

from datetime import datetime, timedelta
from numbers import Real
from typing import Any

from aiohttp import web

from bot.sandbox import fields
from bot.sandbox.clock import Clock
from bot.sandbox.connector.activities import TIME_ZONE
from bot.sandbox.journal import Journal, timestamp
from bot.sandbox.town.agenda import Agenda
from bot.sandbox.town.travel import Travel, UnderWayError


class ClockRoutes:
    """Handlers over the clock."""

    def __init__(self, clock: Clock, journal: Journal, travel: Travel, agenda: Agenda) -> None:
        self._clock = clock
        self._journal = journal
        self._travel = travel
        self._agenda = agenda

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/town/clock", self.show),
            web.post("/town/clock/speed", self.set_speed),
            web.post("/town/clock/jump", self.jump),
            web.post("/town/clock/stop", self.stop),
        ]

    def shown(self) -> dict[str, Any]:
        """Return what the page shows of the clock; `travel` is a jump under way."""
        start, goal = self._travel.start, self._travel.goal
        due = self._clock.next_due()
        return {
            "now": timestamp(self._clock.now()),
            "speed": self._clock.speed,
            "zone": TIME_ZONE,
            "due": timestamp(due) if due else None,
            "travel": {"from": timestamp(start), "to": timestamp(goal)} if start and goal else None,
        }

    async def show(self, _request: web.Request) -> web.Response:
        """GET /town/clock."""
        return web.json_response(self.shown())

    async def set_speed(self, request: web.Request) -> web.Response:
        """POST /town/clock/speed: {"speed": n}, 0 stands still."""
        content = fields.parse(await request.read())
        fields.check(content, required={"speed": Real})
        try:
            self._clock.set_speed(content["speed"])
        except ValueError as error:
            raise fields.FieldError(str(error)) from error
        self._journal.write("time.speed", speed=content["speed"])
        return web.json_response(self.shown())

    async def jump(self, request: web.Request) -> web.Response:
        """POST /town/clock/jump: {"seconds": n} ahead, or {"next": true} to the next thing due,
        here or with the app.

        Answers 202 at once; 409 while another jump is under way.
        """
        content = fields.parse(await request.read())
        fields.check(content, optional={"seconds": Real, "next": bool})
        try:
            self._travel.go(await self._goal(content))
        except UnderWayError:
            return web.json_response({"error": "the clock is being moved already"}, status=409)
        except (ValueError, OverflowError) as error:
            raise fields.FieldError(str(error)) from error
        return web.json_response(self.shown(), status=202)

    async def stop(self, _request: web.Request) -> web.Response:
        """POST /town/clock/stop: a jump ends where it has come to."""
        await self._travel.stop()
        return web.json_response(self.shown())

    async def _goal(self, content: dict[str, Any]) -> datetime:
        now = self._clock.now()
        if content.get("seconds") is not None:
            return now + timedelta(seconds=content["seconds"])
        if not content.get("next"):
            raise ValueError("one of seconds, next")
        due = [each for each in (self._clock.next_due(), await self._agenda.next()) if each]
        if not due:
            raise ValueError("nothing is due: no email waits, and nobody is about to act")
        return max(now, min(due))
