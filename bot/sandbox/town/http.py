"""The town page: everybody's mail and Teams, the clock and the journal, for a person to look at and
take part in. No part of Microsoft's cloud; it does nothing that the control API could not.
"""

from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox import control, fields
from bot.sandbox.clock import Clock
from bot.sandbox.connector import control as connector_control
from bot.sandbox.connector.state import Teams
from bot.sandbox.directory import Directory
from bot.sandbox.exchange import Exchange
from bot.sandbox.graph.mailbox import Mailboxes
from bot.sandbox.journal import Journal
from bot.sandbox.people import People
from bot.sandbox.town import door, journal_view, teams_view
from bot.sandbox.town.agenda import Agenda
from bot.sandbox.town.changes import Changes
from bot.sandbox.town.clock_routes import ClockRoutes
from bot.sandbox.town.mail_routes import MailRoutes
from bot.sandbox.town.travel import Travel

_PAGE = Path(__file__).with_name("page")
# What the page draws cards with, by the name it asks for: files of two npm packages.
_ASSETS = {
    "adaptivecards.js": "adaptivecards/dist/adaptivecards.min.js",
    "markdown-it.js": "markdown-it/dist/browser/markdown-it.umd.min.js",
}
_MOST_LINES = 2000


class World(Protocol):
    """What the page looks into."""

    clock: Clock
    journal: Journal
    directory: Directory
    people: People
    mailboxes: Mailboxes
    exchange: Exchange
    teams: Teams


def application(world: World, port: int, assets: Path | None, agenda: Agenda) -> web.Application:
    """Return the app of the town listener, which is served at `port`.

    `assets` is a node_modules directory; without it cards are shown plainly.
    """
    travel = Travel(world.clock, world.journal)
    clock = ClockRoutes(world.clock, world.journal, travel, agenda)
    mail = MailRoutes(world.directory, world.mailboxes, world.people, world.exchange)
    town = _Town(world, clock, assets)
    app = control.application(
        [*town.routes(), *clock.routes(), *mail.routes(), *connector_control.routes(world.teams)]
    )
    app.middlewares.insert(0, door.guard(port))
    app.on_response_prepare.append(door.add_headers)

    async def stay(_app: web.Application) -> None:
        await travel.stop()

    app.on_shutdown.extend([town.changes.end, stay])
    return app


class _Town:
    def __init__(self, world: World, clock: ClockRoutes, assets: Path | None) -> None:
        self._world = world
        self._clock = clock
        self._assets = assets
        self._names = journal_view.Names(world.directory, world.people, world.teams)
        self.changes = Changes(self._state)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.page),
            web.static("/page", _PAGE),
            web.get("/assets/{name}", self.asset),
            web.get("/town/about", self.about),
            web.get("/town/changes", self.changes.stream),
            web.get("/town/chats/{user}", self.chats),
            web.get("/town/chats/{user}/{conversation}", self.chat),
            web.get("/town/journal", self.journal),
        ]

    async def page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(_PAGE / "town.html")

    async def asset(self, request: web.Request) -> web.FileResponse:
        path = self._asset(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path)

    async def about(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "name": self._world.directory.tenant_name,
                "bot": self._names.bot,
                "draws_cards": all(self._asset(name) for name in _ASSETS),
                "clock": self._clock.shown(),
            }
        )

    async def chats(self, request: web.Request) -> web.Response:
        user = self._world.directory.find(request.match_info["user"])
        return web.json_response({"chats": teams_view.chats(self._world.teams, user)})

    async def chat(self, request: web.Request) -> web.Response:
        user = self._world.directory.find(request.match_info["user"])
        known = {each.id: each for each in self._world.teams.conversations}
        found = known.get(request.match_info["conversation"])
        if found is None or found.owner not in (None, user):
            return web.json_response({"error": "they have no such chat"}, status=404)
        place = self._world.teams.conversations.at(found.id)
        return web.json_response(teams_view.messages(self._world.teams, user, place))

    async def journal(self, request: web.Request) -> web.Response:
        control.known_options(request, ("about", "limit"))
        about, limit = request.query.get("about", ""), request.query.get("limit", "100")
        if about not in ("", *journal_view.SUBJECTS):
            raise fields.FieldError(f"about: one of {', '.join(journal_view.SUBJECTS)}")
        if not limit.isdecimal() or not 0 < int(limit) <= _MOST_LINES:
            raise fields.FieldError(f"limit: a number up to {_MOST_LINES}")
        entries = self._world.journal.entries
        return web.json_response(journal_view.stream(entries, self._names, about, int(limit)))

    def _asset(self, name: str) -> Path | None:
        if self._assets is None or name not in _ASSETS:
            return None
        path = self._assets / _ASSETS[name]
        return path if path.is_file() else None

    def _state(self) -> dict[str, Any]:
        return {
            "journal": len(self._world.journal.entries),
            "people": sum(1 for _ in self._world.people),
            "clock": self._clock.shown(),
        }
