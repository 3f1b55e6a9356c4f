"""The control listener: the sandbox's own API, on loopback, for whoever stages a scene.

No part of Microsoft's cloud. `GET /clock` is the address a bot takes its calendar time from.
"""

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from numbers import Real
from typing import Any

from aiohttp import web

from bot.sandbox import faults as fault_forms
from bot.sandbox import fields
from bot.sandbox.clock import Clock
from bot.sandbox.directory import UnknownUserError
from bot.sandbox.exchange import Switches
from bot.sandbox.faults import Faults
from bot.sandbox.hosts import Hosts
from bot.sandbox.journal import Journal, timestamp

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Time, faults, names, what Exchange leaves open, and the journal."""

    def __init__(
        self, clock: Clock, journal: Journal, faults: Faults, hosts: Hosts, switches: Switches
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._hosts = hosts
        self._switches = switches

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/clock", self.show_clock),
            web.post("/control/clock", self.set_clock),
            web.put("/control/hosts", self.set_hosts),
            web.put("/control/exchange", self.set_exchange),
            web.post("/control/faults", self.add_faults),
            web.delete("/control/faults", self.clear_faults),
            web.get("/control/journal", self.show_journal),
        ]

    async def show_clock(self, request: web.Request) -> web.Response:
        """GET /clock."""
        return web.json_response({"now": timestamp(self._clock.now()), "speed": self._clock.speed})

    async def set_clock(self, request: web.Request) -> web.Response:
        """POST /control/clock: another speed first, then at most one jump."""
        content = fields.parse(await request.read())
        jumps = {"jump_to": str, "jump_by": Real, "to_next_due": bool}
        fields.check(content, optional={"speed": Real, **jumps})
        if sum(name in content for name in jumps) > 1:
            raise fields.FieldError("only one of jump_to, jump_by, to_next_due")
        try:
            if "speed" in content:
                self._clock.set_speed(content["speed"])
            await self._jump(content)
        except ValueError as error:
            raise fields.FieldError(str(error)) from error
        return await self.show_clock(request)

    async def set_hosts(self, request: web.Request) -> web.Response:
        """PUT /control/hosts: the whole map of public to real origins."""
        content = fields.parse(await request.read())
        fields.check(content, optional=dict.fromkeys(content, str))
        try:
            self._hosts.replace(content)
        except ValueError as error:
            raise fields.FieldError(str(error)) from error
        return web.json_response(content)

    async def set_exchange(self, request: web.Request) -> web.Response:
        """PUT /control/exchange: the switches named stay until named again."""
        content = fields.parse(await request.read())
        fields.check(
            content,
            optional={
                "keeps_message_id": bool,
                "keeps_threading_properties": bool,
                "sent_items_delay": Real,
                "finds_by_property": bool,
            },
        )
        for name, value in content.items():
            setattr(self._switches, name, value)
        return web.json_response(vars(self._switches))

    async def add_faults(self, request: web.Request) -> web.Response:
        """POST /control/faults: one fault or a list of them."""
        try:
            content = json.loads(await request.read())
        except ValueError as error:
            raise fields.FieldError("the body is not JSON") from error
        for fault in [fault_forms.parse(entry) for entry in objects(content)]:
            self._faults.add(fault)
        return web.json_response({})

    async def clear_faults(self, request: web.Request) -> web.Response:
        """DELETE /control/faults."""
        self._faults.clear()
        return web.json_response({})

    async def show_journal(self, request: web.Request) -> web.Response:
        """GET /control/journal?after=n&kind=prefix."""
        known_options(request, ("after", "kind"))
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise fields.FieldError("after: expected a number")
        entries = self._journal.since(int(after), request.query.get("kind", ""))
        return web.json_response({"entries": entries})

    async def _jump(self, content: dict[str, Any]) -> None:
        if "jump_to" in content:
            target = datetime.fromisoformat(content["jump_to"])
            if target.tzinfo is None:
                raise ValueError("jump_to has no time zone")
            await self._clock.jump_to(target)
        elif "jump_by" in content:
            await self._clock.jump_by(content["jump_by"])
        elif content.get("to_next_due"):
            await self._clock.jump_to_next_due()


def application(routes: Iterable[web.AbstractRouteDef]) -> web.Application:
    """Return the app of the control listener. 400 names what a body should not hold."""
    app = web.Application(middlewares=[_refuse])
    app.add_routes(routes)
    return app


def objects(content: object) -> list[dict[str, Any]]:
    """Return one JSON object, or a list of them, as a list.

    Raises:
        FieldError: it is something else.
    """
    entries: list[Any] = content if isinstance(content, list) else [content]
    if not all(isinstance(entry, dict) for entry in entries):
        raise fields.FieldError("expected an object, or a list of objects")
    return entries


def known_options(request: web.Request, known: Iterable[str]) -> None:
    """Refuse query options nobody knows.

    Raises:
        FieldError: names them.
    """
    if unknown := sorted(set(request.query) - set(known)):
        raise fields.FieldError(f"unknown: {', '.join(unknown)}")


@web.middleware
async def _refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except fields.FieldError as error:
        return web.json_response({"error": str(error)}, status=400)
    except UnknownUserError as error:
        return web.json_response({"error": f"unknown user: {error}"}, status=404)
