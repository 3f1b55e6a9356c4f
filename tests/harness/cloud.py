"""The local cloud of a test, spoken to over its control API; its journal is the only oracle."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.sandbox.demo.visitor import sign_in
from tests.harness.processes import Process

Entry = Mapping[str, Any]
_PATIENCE = 20.0


@dataclass(frozen=True)
class User:
    """Somebody of the seeded organisation."""

    oid: str
    upn: str
    name: str


class Cloud:
    """`python -m bot.sandbox`, running."""

    def __init__(
        self,
        process: Process,
        control: str,
        settings: Mapping[str, str],
        listeners: Mapping[str, str],
        session: aiohttp.ClientSession,
    ) -> None:
        self.process = process
        self.settings = settings
        self.listeners = listeners
        self._control = control
        self._session = session

    @classmethod
    async def start(
        cls,
        directory: Path,
        session: aiohttp.ClientSession,
        *,
        speed: float,
        arguments: Sequence[str],
    ) -> "Cloud":
        """Start the sandbox and wait until it listens."""
        command = ["-m", "bot.sandbox", "--data-dir", str(directory / "cloud"),
                   "--speed", str(speed), *arguments]  # fmt: skip
        process = await Process.start("cloud", command, directory, {})
        told = json.loads(await process.line_with("{"))
        return cls(process, told["control"], told["settings"], told["listeners"], session)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the control API; anything but success is an error of the test."""
        async with self._session.request(method, self._control + path, json=body) as response:
            text = await response.text()
            assert response.status < 300, f"{method} {path}: {response.status} {text}"
            return json.loads(text) if text else None

    # -- time ------------------------------------------------------------------------------

    async def now(self) -> datetime:
        """Return the cloud's present moment."""
        return datetime.fromisoformat((await self.call("GET", "/clock"))["now"])

    async def jump_to(self, moment: datetime) -> None:
        """Let the calendar run to `moment`, everything of the cloud's own on the way."""
        await self.call("POST", "/control/clock", {"jump_to": moment.isoformat()})

    async def jump_by(self, seconds: float) -> None:
        """Let the calendar run on."""
        await self.call("POST", "/control/clock", {"jump_by": seconds})

    # -- what happened ---------------------------------------------------------------------

    async def journal(self, kind: str) -> list[Entry]:
        """Return the journal's entries of a kind (or a prefix of kinds), oldest first."""
        told = await self.call("GET", f"/control/journal?kind={kind}")
        return [
            {**each["facts"], "at": each["at"], "kind": each["kind"]} for each in told["entries"]
        ]

    async def until(
        self,
        kind: str,
        enough: Callable[[list[Entry]], bool],
        what: str,
        patience: float = _PATIENCE,
    ) -> list[Entry]:
        """Return the entries of a kind once there are enough; fail when that does not happen."""
        entries: list[Entry] = []
        for _ in range(int(patience / 0.05)):
            entries = await self.journal(kind)
            if enough(entries):
                return entries
            await asyncio.sleep(0.05)
        seen = "\n".join(json.dumps(each)[:300] for each in entries[-12:])
        raise AssertionError(f"{what}: not within {patience:g} s. Last {kind} entries:\n{seen}")

    # -- people ----------------------------------------------------------------------------

    async def users(self) -> list[User]:
        """Return the people of the organisation."""
        told = await self.call("GET", "/control/directory")
        return [User(each["oid"], each["upn"], each["name"]) for each in told["users"]]

    async def say(self, user: User, text: str, conversation: str | None = None) -> Entry:
        """Write to the bot; returns what it answered, be it after the turn: Teams' limits may have
        kept it waiting.
        """
        body = {"user": user.oid, "text": text}
        if conversation:
            body["conversation"] = conversation
        answer: Entry = await self.call("POST", "/control/teams/say", body)
        assert answer["status"] in (200, 201, 202), answer
        for _ in range(int(_PATIENCE / 0.05)):
            if answer["activities"]:
                return answer
            told = (await self.conversation(answer["conversation"]))["activities"]
            mine = [at for at, each in enumerate(told) if not each["sandbox"]["is_from_bot"]]
            answer = {**answer, "activities": told[mine[-1] + 1 :]}
            await asyncio.sleep(0.05)
        return answer

    async def press(
        self,
        user: User,
        conversation: str,
        activity: str,
        button: str,
        inputs: Mapping[str, str] | None = None,
    ) -> Entry:
        """Press a button of a card; returns the invoke response's body."""
        body = {"user": user.oid, "conversation": conversation, "activity": activity,
                "button": button, "inputs": dict(inputs or {})}  # fmt: skip
        answer = await self.call("POST", "/control/teams/press", body)
        assert answer["status"] == 200, answer
        told: Entry = answer["body"]
        return told

    async def install(self, user: User, channel: str | None = None) -> None:
        """Add the bot to somebody's chats, or to a channel's team."""
        body = {"user": user.oid} | ({"channel": channel} if channel else {})
        await self.call("POST", "/control/teams/install", body)

    async def channel(self, name: str) -> str:
        """Return the id of a channel by its name."""
        for each in (await self.call("GET", "/control/teams/conversations"))["conversations"]:
            if each.get("name") == name:
                channel: str = each["id"]
                return channel
        raise AssertionError(f"no channel {name}")

    async def activity(self, conversation: Entry, activity: str) -> Entry:
        """Return one activity of a conversation in its present state."""
        found = [each for each in conversation["activities"] if each["id"] == activity]
        assert found, f"no activity {activity} in {conversation['id']}"
        told: Entry = found[0]
        return told

    async def conversation(self, conversation: str) -> Entry:
        """Return a conversation with its activities in their present state."""
        told: Entry = await self.call("GET", f"/control/teams/conversations/{conversation}")
        return told

    async def personal_chat(self, user: User) -> Entry:
        """Return somebody's chat with the bot."""
        for each in (await self.call("GET", "/control/teams/conversations"))["conversations"]:
            if each["kind"] == "personal" and user.oid in json.dumps(each["members"]):
                return await self.conversation(each["id"])
        raise AssertionError(f"{user.name} has no chat with the bot")

    # -- a person at a browser ------------------------------------------------------------

    async def sign_in(self, link: str, account: User) -> tuple[int, str]:
        """Open an invite's link, press its button, choose `account` at Microsoft's page and accept;
        return the status and the text of the page one ends on.
        """
        return await sign_in(link, account.upn)


def card_text(card: object) -> str:
    """Return every text a card shows, one after another."""
    if isinstance(card, dict):
        shown = [str(card[key]) for key in ("text", "title", "value", "label") if
                 isinstance(card.get(key), str)]  # fmt: skip
        return " ".join([*shown, *(card_text(each) for each in card.values())]).strip()
    if isinstance(card, list):
        return " ".join(card_text(each) for each in card)
    return ""
