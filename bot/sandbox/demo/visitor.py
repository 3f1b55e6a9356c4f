"""People at their screens, over the sandbox's control API: what they say, press and sign."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin

from aiohttp import ClientSession, CookieJar

Entry = Mapping[str, Any]


class NotDoneError(Exception):
    """Something could not be done; the message holds what was answered."""


class Visitor:
    """Acts through the control API at `control`."""

    def __init__(self, control: str, session: ClientSession) -> None:
        self._control = control
        self._session = session

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the control API.

        Raises:
            NotDoneError: anything but success.
        """
        async with self._session.request(method, self._control + path, json=body) as response:
            text = await response.text()
            if response.status >= 300:
                raise NotDoneError(f"{method} {path}: {response.status} {text}")
            return json.loads(text) if text else None

    async def now(self) -> datetime:
        """Return the sandbox's present moment."""
        return datetime.fromisoformat((await self.call("GET", "/clock"))["now"])

    async def ask(self, user: str, command: str) -> tuple[str, str]:
        """Say a command in one's own chat; return the conversation and the id of the answer."""
        answer = await self.call("POST", "/control/teams/say", {"user": user, "text": command})
        if not answer["activities"]:
            raise NotDoneError(f"“{command}” was not answered: {answer}")
        return answer["conversation"], answer["activities"][-1]["id"]

    async def press(
        self, user: str, card: tuple[str, str], button: str, inputs: Mapping[str, str]
    ) -> Entry:
        """Press a button; return the card that takes the place of the old one.

        Raises:
            NotDoneError: the bot refused it.
        """
        conversation, activity = card
        body = {"user": user, "conversation": conversation, "activity": activity,
                "button": button, "inputs": dict(inputs)}  # fmt: skip
        answer = await self.call("POST", "/control/teams/press", body)
        if answer["status"] != 200 or answer["body"]["statusCode"] != 200:
            raise NotDoneError(f"{button}: {answer}")
        shown: Entry = answer["body"]["value"]
        return shown

    async def card(self, user: str, card: tuple[str, str]) -> Entry:
        """Return a card as this person sees it now."""
        conversation = await self.call("GET", f"/control/teams/conversations/{card[0]}")
        for activity in conversation["activities"]:
            if activity["id"] == card[1]:
                views: dict[str, Entry] = activity["sandbox"]["views"]
                shown: Entry = activity["attachments"][0]["content"]
                return views.get(user, shown)
        raise NotDoneError(f"no card {card}")

    async def sign_in_link(self, user: str) -> str:
        """Return the link of the sign-in card in somebody's own chat, once it is there."""
        for _ in range(200):
            listed = await self.call("GET", "/control/teams/conversations")
            for each in listed["conversations"]:
                if each["kind"] == "personal" and each["members"] == [user]:
                    chat = await self.call("GET", f"/control/teams/conversations/{each['id']}")
                    for part in parts(chat["activities"]):
                        if part.get("type") == "Action.OpenUrl":
                            return str(part["url"])
            await asyncio.sleep(0.05)
        raise NotDoneError("the sign-in card never came")


async def sign_in(link: str, account: str) -> tuple[int, str]:
    """Open an invite's link, press its button, choose `account` at Microsoft's page and accept;
    return the status and the text of the page one ends on.
    """
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        async with browser.get(link) as page:
            if page.status != 200:
                return page.status, page_text(await page.text())
        async with browser.post(link, allow_redirects=False) as page:
            if page.status != 303:
                return page.status, page_text(await page.text())
            start = page.headers["Location"]
        landed = await choose_account(start, account)
        async with browser.get(landed) as page:
            return page.status, page_text(await page.text())


async def choose_account(start: str, account: str, decision: str = "accept") -> str:
    """Choose an account at Microsoft's page; return the address one is sent back to.

    Raises:
        NotDoneError: the page does not send anybody back.
    """
    async with ClientSession() as browser:
        async with browser.get(start) as page:
            form, address = await page.text(), str(page.url)
            if page.status != 200:
                raise NotDoneError(page_text(form))
        target, fields = _form(form)
        fields |= {"account": account, "decision": decision}
        async with browser.post(
            urljoin(address, target), data=fields, allow_redirects=False
        ) as page:
            if page.status != 302:
                raise NotDoneError(page_text(await page.text()))
            return page.headers["Location"]


def _form(page: str) -> tuple[str, dict[str, str]]:
    """Return the address and the hidden fields of the first form of a page."""
    found = re.search(r"<form[^>]*>", page)
    if found is None:
        raise NotDoneError(page_text(page))
    action = re.search(r'action="([^"]*)"', found.group(0))
    fields = {}
    for each in re.findall(r'<input[^>]*type="hidden"[^>]*>', page):
        name, value = re.search(r'name="([^"]*)"', each), re.search(r'value="([^"]*)"', each)
        if name and value:
            fields[name.group(1)] = unescape(value.group(1))
    return unescape(action.group(1)) if action else "", fields


def page_text(page: str) -> str:
    """Return what a page says, without its markup."""
    body = re.sub(r"<(style|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def parts(card: object) -> Iterator[dict[str, Any]]:
    """Yield every object inside a card, outermost first."""
    if isinstance(card, dict):
        yield card
        for each in card.values():
            yield from parts(each)
    if isinstance(card, list):
        for each in card:
            yield from parts(each)
