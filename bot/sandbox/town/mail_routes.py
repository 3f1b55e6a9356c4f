"""Mail on the page: who there is, what lies in their mailboxes, and what people outside do."""

from collections.abc import Mapping
from typing import Any, cast

from aiohttp import web

from bot.sandbox import fields
from bot.sandbox.directory import Directory, UnknownUserError
from bot.sandbox.exchange import Exchange
from bot.sandbox.graph.mailbox import FOLDERS, INBOX, Mailboxes
from bot.sandbox.letters import Letter, is_address
from bot.sandbox.people import TEXTS, Behaviour, Deed, People, Person
from bot.sandbox.town import mail_view

_UNSUBSCRIBE = "press_unsubscribe"
_DEEDS = ("reply", "auto_reply", "opt_out", "report_spam", _UNSUBSCRIBE)
_NO_BUTTON = "This mail offers no way to unsubscribe, or it is not to be reached from here."


class MailRoutes:
    """Handlers over mailboxes and the people outside."""

    def __init__(
        self, directory: Directory, mailboxes: Mailboxes, people: People, exchange: Exchange
    ) -> None:
        self._directory = directory
        self._mailboxes = mailboxes
        self._people = people
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/town/people", self.show_people),
            web.post("/town/people", self.add_person),
            web.get("/town/mail/{address}", self.show_threads),
            web.get("/town/mail/{address}/{thread}", self.show_thread),
            web.post("/town/deeds", self.act),
        ]

    async def show_people(self, _request: web.Request) -> web.Response:
        """GET /town/people."""
        found = mail_view.folk(self._directory, self._mailboxes, self._people)
        return web.json_response({**found, "texts": TEXTS})

    async def add_person(self, request: web.Request) -> web.Response:
        """POST /town/people: somebody new outside, who does nothing of their own accord."""
        content = fields.parse(await request.read())
        fields.check(content, required={"address": str}, optional={"name": str})
        address = content["address"].strip()
        if not is_address(address):
            raise fields.FieldError(f"“{address}” is no mail address")
        if address.lower().endswith(f"@{self._directory.domain}"):
            raise fields.FieldError(f"{address} would be in the organization; choose another")
        if self._people.find(address) is not None:
            raise fields.FieldError(f"{address} is there already")
        self._people.seed([Person(address, (content.get("name") or "").strip() or address)])
        return web.json_response({"address": address})

    async def show_threads(self, request: web.Request) -> web.Response:
        """GET /town/mail/{address}?folder=: the latest first."""
        address = request.match_info["address"]
        folder = request.query.get("folder", INBOX)
        if folder not in (*FOLDERS, mail_view.OUTSIDE):
            raise fields.FieldError(f"folder: one of {', '.join(FOLDERS)}")
        return web.json_response({"threads": mail_view.threads(self._mails(address), folder)})

    async def show_thread(self, request: web.Request) -> web.Response:
        """GET /town/mail/{address}/{thread}: oldest first."""
        mails = self._mails(request.match_info["address"])
        shown = mail_view.thread(mails, request.match_info["thread"])
        return web.json_response({"mails": shown})

    async def act(self, request: web.Request) -> web.Response:
        """POST /town/deeds: somebody outside does something about a mail received, at once."""
        content = fields.parse(await request.read())
        fields.check(
            content, required={"person": str, "mail": str, "do": str}, optional={"text": str}
        )
        if content["do"] not in _DEEDS:
            raise fields.FieldError(f"do: one of {', '.join(_DEEDS)}")
        person, letter = self._received(content)
        if content["do"] == _UNSUBSCRIBE:
            return await self._unsubscribe(person, letter)
        text = (content.get("text") or "").strip() or None
        deed = Behaviour(on="any", do=cast(Deed, content["do"]), text=text)
        if self._exchange.answer(person, deed, letter) is None:
            told = "This mail asks for no automatic replies, so none was sent."
            return web.json_response({"error": told}, status=422)
        return web.json_response({})

    async def _unsubscribe(self, person: Person, letter: Letter) -> web.Response:
        status = await self._exchange.unsubscribing.press_button(person.address, letter)
        if status == 200:
            return web.json_response({})
        told = f"The page behind it answered {status}." if status else _NO_BUTTON
        return web.json_response({"error": told}, status=422)

    def _mails(self, address: str) -> list[mail_view.Mail]:
        person = self._people.find(address)
        if person is not None:
            return mail_view.of_person(person)
        return mail_view.of_owner(self._mailboxes.of(self._directory.find(address)))

    def _received(self, content: Mapping[str, Any]) -> tuple[Person, Letter]:
        person = self._people.find(content["person"])
        if person is None:
            raise UnknownUserError(content["person"])
        for letter in person.received:
            if letter.message_id == content["mail"]:
                return person, letter
        raise fields.FieldError("mail: they received no such mail")
