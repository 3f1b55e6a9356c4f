"""Control of mail: who lives outside, what they write by hand, and a look into any mailbox."""

import json
import random
from collections.abc import Mapping
from functools import partial
from numbers import Real
from typing import Any, cast

from aiohttp import web

from bot.sandbox import fields
from bot.sandbox.clock import Clock
from bot.sandbox.control import known_options, objects
from bot.sandbox.delivery import Delivery
from bot.sandbox.directory import Directory
from bot.sandbox.exchange import message_id_at
from bot.sandbox.graph import render
from bot.sandbox.graph.mailbox import ARCHIVE, FOLDERS, INBOX, JUNK, Item, Mailboxes
from bot.sandbox.graph.notifications import Notifier
from bot.sandbox.graph.subscriptions import Subscriptions
from bot.sandbox.letters import Address, Letter, compose, is_address, markup
from bot.sandbox.ndr import status_of
from bot.sandbox.people import DEEDS, Behaviour, Deed, People, Person, Written

# A rule of the owner may file what arrives (graph/api/resources/messageruleactions).
_ARRIVAL_FOLDERS = (INBOX, JUNK, ARCHIVE)
_LONGEST_AWAY = 1000
_LIFECYCLE = ("reauthorizationRequired", "subscriptionRemoved", "missed")


class MailControl:
    """Handlers over people, mailboxes and subscriptions."""

    def __init__(
        self,
        *,
        clock: Clock,
        directory: Directory,
        people: People,
        mailboxes: Mailboxes,
        delivery: Delivery,
        subscriptions: Subscriptions,
        notifier: Notifier,
        rng: random.Random,
    ) -> None:
        self._clock = clock
        self._directory = directory
        self._people = people
        self._mailboxes = mailboxes
        self._delivery = delivery
        self._subscriptions = subscriptions
        self._notifier = notifier
        self._rng = rng

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/control/people", self.seed_people),
            web.get("/control/people/{address}/mail", self.show_received),
            web.post("/control/mail", self.write),
            web.post("/control/mail/refile", self.refile),
            web.get("/control/mailboxes/{who}/{folder}", self.show_folder),
            web.post("/control/lifecycle", self.send_lifecycle),
        ]

    async def seed_people(self, request: web.Request) -> web.Response:
        """POST /control/people: one person or a list of them."""
        try:
            content = json.loads(await request.read())
        except ValueError as error:
            raise fields.FieldError("the body is not JSON") from error
        people = [_person(entry) for entry in objects(content)]
        self._people.seed(people)
        return web.json_response({"seeded": [person.address for person in people]})

    async def show_received(self, request: web.Request) -> web.Response:
        """GET /control/people/{address}/mail: what reached somebody outside."""
        person = self._people.find(request.match_info["address"])
        if person is None:
            return web.json_response({"error": "unknown person"}, status=404)
        return web.json_response({"mail": [_shown_letter(letter) for letter in person.received]})

    async def write(self, request: web.Request) -> web.Response:
        """POST /control/mail: somebody outside writes to an owner by hand."""
        content = fields.parse(await request.read())
        fields.check(
            content,
            required={"from": str, "to": str, "subject": str, "text": str},
            optional={"name": str, "in_reply_to": str, "headers": dict, "folder": str},
        )
        owner, folder = self._directory.find(content["to"]), _folder(content)
        headers = list(_text_headers(content.get("headers") or {}).items())
        if content.get("in_reply_to"):
            parent = content["in_reply_to"]
            headers += [("In-Reply-To", parent), ("References", parent)]
        try:
            letter = compose(
                sender=Address(content.get("name") or "", _address(content["from"], "from")),
                to=[Address(owner.name, owner.mail)],
                subject=content["subject"],
                text=content["text"],
                html=markup(content["text"]),
                message_id=message_id_at(content["from"], self._rng),
                date=self._clock.now(),
                headers=headers,
            )
        except ValueError as error:
            raise fields.FieldError(str(error)) from error
        author = self._people.find(content["from"])
        if author is not None:
            author.written.append(Written(letter, content.get("in_reply_to") or ""))
        self._delivery.post(letter, "hand", folder)
        return web.json_response({"internetMessageId": letter.message_id})

    async def refile(self, request: web.Request) -> web.Response:
        """POST /control/mail/refile: the owner moves a message, by its immutable id, into another
        folder, or back into it; or a `copy` of it is restored there.
        """
        content = fields.parse(await request.read())
        fields.check(
            content,
            required={"mailbox": str, "id": str, "folder": str},
            optional={"copy": bool},
        )
        mailbox = self._mailboxes.of(self._directory.find(content["mailbox"]))
        item, folder = mailbox.find(content["id"]), content["folder"]
        if item is None:
            raise fields.FieldError("id: no message of this mailbox")
        if folder not in FOLDERS:
            raise fields.FieldError(f"folder: one of {', '.join(FOLDERS)}")
        if content.get("copy"):
            item = mailbox.copy(item, folder)
        else:
            mailbox.move(item, folder)
        return web.json_response({"id": item.immutable_id})

    async def show_folder(self, request: web.Request) -> web.Response:
        """GET /control/mailboxes/{object id or address}/{folder}: newest first."""
        known_options(request, ())
        mailbox = self._mailboxes.of(self._directory.find(request.match_info["who"]))
        folder = request.match_info["folder"].lower()
        if folder not in FOLDERS:
            raise fields.FieldError(f"folder: one of {', '.join(FOLDERS)}")
        items = sorted(
            (item for item in mailbox if item.folder == folder),
            key=lambda item: item.received,
            reverse=True,
        )
        return web.json_response({"messages": [_shown_item(item) for item in items]})

    async def send_lifecycle(self, request: web.Request) -> web.Response:
        """POST /control/lifecycle: a lifecycle notification; "subscriptionRemoved" ends it too."""
        content = fields.parse(await request.read())
        fields.check(content, required={"subscription": str, "event": str})
        subscription = self._subscriptions.find(content["subscription"])
        if subscription is None:
            raise fields.FieldError("subscription: none in force has this id")
        if content["event"] not in _LIFECYCLE:
            raise fields.FieldError(f"event: one of {', '.join(_LIFECYCLE)}")
        self._notifier.lifecycle(subscription, content["event"])
        if content["event"] == "subscriptionRemoved":
            self._clock.after(0, partial(self._end, subscription.id))
        return web.json_response({})

    async def _end(self, subscription_id: str) -> None:
        self._subscriptions.remove(subscription_id)


def _person(content: Mapping[str, Any]) -> Person:
    fields.check(content, required={"address": str}, optional={"name": str, "behaviours": list})
    behaviours = [_behaviour(entry) for entry in objects(content.get("behaviours") or [])]
    address = _address(content["address"], "address")
    return Person(address, content.get("name") or address, behaviours)


def _address(text: str, field: str) -> str:
    if not is_address(text):
        raise fields.FieldError(f"{field}: {text!r} is no mail address")
    return text


def _behaviour(content: Mapping[str, Any]) -> Behaviour:
    fields.check(
        content,
        required={"on": object, "do": str},
        optional={"after": Real, "text": str, "from": str, "folder": str, "away": int},
    )
    on, do = content["on"], content["do"]
    if on != "any" and (not isinstance(on, int) or isinstance(on, bool) or on < 1):
        raise fields.FieldError('on: a number from 1, or "any"')
    if do not in DEEDS:
        raise fields.FieldError(f"do: one of {', '.join(DEEDS)}")
    text, away = content.get("text"), content.get("away")
    if away is not None and not 0 < away < _LONGEST_AWAY:
        raise fields.FieldError(f"away: a number of days, 1 to {_LONGEST_AWAY - 1}")
    if do in ("bounce", "delay") and text is not None:
        try:
            status_of(text)
        except ValueError as error:
            raise fields.FieldError(f"text: {error}") from error
    return Behaviour(
        on=on,
        do=cast(Deed, do),
        after=float(content.get("after") or 0.0),
        text=text,
        sender=_address(content["from"], "from") if content.get("from") else None,
        folder=_folder(content),
        away=away,
    )


def _folder(content: Mapping[str, Any]) -> str:
    folder = content.get("folder") or INBOX
    if folder not in _ARRIVAL_FOLDERS:
        raise fields.FieldError(f"folder: one of {', '.join(_ARRIVAL_FOLDERS)}")
    return str(folder)


def _text_headers(headers: Mapping[str, Any]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not isinstance(value, str):
            raise fields.FieldError(f"headers: {name} is no text")
    return headers


def _shown_letter(letter: Letter) -> dict[str, Any]:
    return {
        "from": letter.sender.address,
        "to": [person.address for person in letter.to],
        "subject": letter.subject,
        "internetMessageId": letter.message_id,
        "text": letter.text,
        "html": letter.html,
        "headers": [[name, value] for name, value in letter.headers],
    }


def _shown_item(item: Item) -> dict[str, Any]:
    return {
        "id": item.immutable_id,
        "internetMessageId": item.internet_message_id,
        "from": item.sender.address,
        "to": [person.address for person in item.to],
        "subject": item.subject,
        "received": render.timestamp(item.received),
        "text": item.text,
        "properties": item.properties,
    }
