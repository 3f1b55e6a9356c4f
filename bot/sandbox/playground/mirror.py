"""Shows in Agents Playground what stands in the conversations of its user.

Playground's connector is `{base}/_connector/v3/conversations`, what its user types goes to
`{base}/_conversation/v1` (package @microsoft/m365agentsplayground 0.2.28). It keeps nothing over a
restart and gives every message an id of its own, so all that stands here is told again to one that
has just come up, and the ids are kept side by side.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.connector.conversations import (
    BOT,
    Conversation,
    Conversations,
    Message,
    Place,
    thread_id,
)
from bot.sandbox.connector.posted import ADAPTIVE_CARD
from bot.sandbox.directory import User

_PATIENCE = ClientTimeout(total=5)
_PAUSE = 0.25
# Of a long conversation the last part is told again.
_TOLD_AGAIN = 60


class Mirror:
    """Follows `conversations` for `user`, whose window Playground at `base` is."""

    def __init__(
        self, conversations: Conversations, user: User, base: str, session: ClientSession
    ) -> None:
        self._conversations = conversations
        self._user = user
        self._base = base
        self._session = session
        self._shown: dict[str, str] = {}
        self._echoes: Counter[str] = Counter()
        self._changes: asyncio.Queue[Message] = asyncio.Queue()
        conversations.watcher = self._changes.put_nowait

    async def run(self) -> None:
        """Follow until cancelled; a Playground that was away is told everything again."""
        while True:
            try:
                await self._meet()
                while True:
                    await self._show(await self._changes.get())
            except (ClientError, TimeoutError):
                await asyncio.sleep(_PAUSE)

    def note(self, message_id: str, shown_as: str) -> None:
        """Remember which of its ids Playground gave a message that began there."""
        self._shown[message_id] = shown_as

    def message_id(self, shown_as: str) -> str:
        """Return our id of a message that Playground names; its own where we gave none."""
        return next((ours for ours, theirs in self._shown.items() if theirs == shown_as), shown_as)

    def is_echo(self, text: str) -> bool:
        """Return whether this is a message of the past, told again, and cross it off."""
        self._echoes[text] -= 1
        if self._echoes[text] >= 0:
            return True
        del self._echoes[text]
        return False

    async def _meet(self) -> None:
        """Wait for Playground, then tell it all that stands here."""
        while True:
            try:
                async with self._session.get(
                    f"{self._base}/_internal/v1/config", timeout=_PATIENCE
                ) as answer:
                    if answer.status == 200:
                        break
            except (ClientError, TimeoutError):
                pass
            await asyncio.sleep(_PAUSE)
        self._shown.clear()
        self._echoes.clear()
        while not self._changes.empty():
            self._changes.get_nowait()
        for conversation in self._visible():
            standing = list(Place(conversation, None).messages())
            for message in standing[-_TOLD_AGAIN:]:
                await self._show(message)

    def _visible(self) -> Iterator[Conversation]:
        for conversation in self._conversations:
            if conversation.owner in (None, self._user) and conversation.messages:
                yield conversation

    async def _show(self, message: Message) -> None:
        base, _, _ = str(message.activity["conversation"]["id"]).partition(";")
        conversation = self._conversations.at(base).conversation
        if conversation.owner not in (None, self._user):
            return
        known = self._shown.get(message.id)
        if message.author == self._user.oid:
            if known is None:
                await self._retype(conversation, message)
            return
        root = None if message.root in (None, message.id) else message.root
        if root is not None and root not in self._shown:
            return  # The thread began before what is told again.
        place = thread_id(base, self._shown[root] if root else None)
        path = f"/_connector/v3/conversations/{place}/activities"
        activity = self._as_shown(message)
        if known is not None:
            await self._call("PUT", f"{path}/{known}", activity)
            return
        answer = await self._call("POST", path, activity)
        self._shown[message.id] = answer["id"]

    async def _retype(self, conversation: Conversation, message: Message) -> None:
        """Put a message of the user's own back; Playground sends it to the relay once more."""
        root = None if message.root in (None, message.id) else message.root
        place = thread_id(conversation.id, self._shown.get(root) if root else None)
        text = message.activity.get("text")
        if not text:
            return
        self._echoes[text] += 1
        mentions = [
            {"mentioned": each["mentioned"], "text": each["text"]}
            for each in message.activity.get("entities", ())
            if each["type"] == "mention"
        ]
        content = {"type": "text", "text": text, "textFormat": "plain", "mentions": mentions,
                   "from": {"id": message.activity["from"]["id"]}}  # fmt: skip
        answer = await self._call(
            "POST", f"/_conversation/v1/conversations/{place}/messages", content
        )
        self._shown[message.id] = answer["messageId"]

    def _as_shown(self, message: Message) -> dict[str, Any]:
        """The message as the user sees it: with their own view of its card, where there is one."""
        wanted = ("type", "text", "textFormat", "attachments", "attachmentLayout", "summary")
        shown = {name: message.activity[name] for name in wanted if message.activity.get(name)}
        view = message.views.get(self._user.oid)
        if view is not None:
            shown["attachments"] = [{"contentType": ADAPTIVE_CARD, "content": view}]
        if message.author != BOT:
            shown["text"] = f"{message.activity['from']['name']}: {shown.get('text', '')}"
        return shown

    async def _call(self, method: str, path: str, content: Mapping[str, Any]) -> Any:
        async with self._session.request(
            method, self._base + path, json=content, timeout=_PATIENCE
        ) as answer:
            answer.raise_for_status()
            return await answer.json()
