"""People's hands in Teams: they say commands, read cards, fill in forms and press buttons."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.harness.cloud import Cloud, Entry, User, card_text


@dataclass(frozen=True)
class Card:
    """A card of the bot in somebody's chat."""

    user: User
    chat: str
    id: str


class Hands:
    """What people do in a town's Teams."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def ask(self, user: User, command: str) -> Card:
        """Say a command; return the card it answered."""
        answer = await self._cloud.say(user, command)
        return Card(user, answer["conversation"], answer["activities"][-1]["id"])

    async def told(self, user: User, command: str, channel: str | None = None) -> str:
        """Say a command; return what the answer shows."""
        answer = await self._cloud.say(user, command, channel)
        return card_text([each.get("attachments") for each in answer["activities"]])

    async def press(
        self,
        card: Card,
        verb: str,
        inputs: Mapping[str, str] | None = None,
        *,
        user: User | None = None,
    ) -> str:
        """Press a button by its verb; return what the card then shows to whoever pressed."""
        who = user or card.user
        body = await self._cloud.press(who, card.chat, card.id, verb, inputs)
        assert body["statusCode"] == 200, body
        return card_text(body["value"])

    async def shown(self, card: Card) -> object:
        """Return the card as this person sees it: their own view of it, where there is one."""
        activity = await self._cloud.activity(await self._cloud.conversation(card.chat), card.id)
        return activity["sandbox"]["views"].get(card.user.oid) or activity.get("attachments")

    async def shows(self, card: Card, text: str) -> None:
        """Wait until a card shows `text`."""
        shown = ""
        for _ in range(200):
            shown = card_text(await self.shown(card))
            if text in shown:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the card never says “{text}”: {shown}")

    async def posted(self, user: User, chat: str, text: str) -> Card:
        """Wait until a card that shows `text` stands in a conversation; return it, as `user`'s."""
        for _ in range(200):
            for each in (await self._cloud.conversation(chat))["activities"]:
                if text in card_text(each.get("attachments")):
                    return Card(user, chat, each["id"])
            await asyncio.sleep(0.05)
        raise AssertionError(f"no card says “{text}” there")

    async def choice(self, card: Card, field: str, title: str) -> str:
        """Return the value of a drop-down's entry, as the person sees it."""
        shown = await self.shown(card)
        for each in elements(shown):
            if each.get("id") == field:
                for choice in each["choices"]:
                    if title in choice["title"]:
                        value: str = choice["value"]
                        return value
        raise AssertionError(f"no “{title}” to choose for {field}: {card_text(shown)}")

    async def sign_in_link(self, owner: User) -> str:
        """Return the link of the sign-in card in the owner's own chat, once it is there."""
        chat: Entry = {}
        for _ in range(200):
            chat = await self._cloud.personal_chat(owner)
            for each in elements([each.get("attachments") for each in chat["activities"]]):
                if each.get("type") == "Action.OpenUrl":
                    url: str = each["url"]
                    return url
            await asyncio.sleep(0.05)
        raise AssertionError(f"no sign-in card for {owner.name}: {card_text(chat)}")

    async def connect(self, admin: User, owner: User) -> Card:
        """Have an admin invite an owner and the owner consent; return the admin's card."""
        card = await self.ask(admin, "invite")
        inputs = {"person": owner.oid, "address": owner.upn, "permission": "read_send"}
        await self.press(card, "invite.send", inputs)
        status, page = await self._cloud.sign_in(await self.sign_in_link(owner), owner)
        assert status == 200, page
        assert "is connected" in page
        await self.shows(card, "Active")
        return card

    async def distribute(self, admin: User, owner: User, people: str, name: str = "Autumn") -> None:
        """Write a sequence of two emails, three days apart, and send it to a list of people."""
        form = await self.ask(admin, "new sequence")
        first = {
            "name": name,
            "mailbox": await self.choice(form, "mailbox", owner.upn),
            "subject_1": "A question",
            "body_1": "Hello.",
        }
        second = {"subject_2": "Again", "body_2": "Hello?", "delay_2": "3"}
        await self.press(form, "sequence.add_email", first)
        await self.press(form, "sequence.save", first | second)
        card = await self.ask(admin, "distribute")
        chosen = {"sequence": await self.choice(card, "sequence", name)}
        await self.press(card, "distribute.check", chosen | {"recipients": people})
        await self.press(card, "distribute.confirm")


def elements(card: object) -> list[dict[str, Any]]:
    """Return every object inside a card, outermost first."""
    if isinstance(card, dict):
        return [card, *(inner for each in card.values() for inner in elements(each))]
    if isinstance(card, list):
        return [inner for each in card for inner in elements(each)]
    return []


def link_in(text: str) -> str:
    """Return the invite's link that a card shows to be copied."""
    found = re.search(r"http://127\.0\.0\.1:\d+/connect/[\w-]+", text)
    assert found, f"no link to copy: {text}"
    return found.group(0)
