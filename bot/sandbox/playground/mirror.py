"""Shows in Agents Playground what stands in the conversations of its user.

Playground's connector is `{base}/_connector/v3/conversations` (package
@microsoft/m365agentsplayground 0.2.28). Its page forgets everything when it is loaded anew, and it
gives every message an id of its own; so a page that has just been loaded is told all that stands
here, and the ids are kept side by side.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
        self._ours: dict[str, str] = {}
        self._changes: asyncio.Queue[Message] = asyncio.Queue()
        conversations.watcher = self._changes.put_nowait

    async def run(self) -> None:
        """Follow until cancelled; what a Playground that is away misses, its next page is told."""
        while True:
            message = await self._changes.get()
            with suppress(ClientError, TimeoutError):
                await self._show(message)

    def tell_all(self) -> None:
        """Tell a page that has just been loaded all that stands here."""
        self._shown.clear()
        while not self._changes.empty():
            self._changes.get_nowait()
        for conversation in self._visible():
            for message in list(Place(conversation, None).messages())[-_TOLD_AGAIN:]:
                self._changes.put_nowait(message)

    def note(self, message_id: str, shown_as: str) -> None:
        """Remember which id Playground gave a message."""
        self._shown[message_id] = shown_as
        self._ours[shown_as] = message_id

    def message_id(self, shown_as: str) -> str:
        """Return our id of a message that Playground names; the same where it began there."""
        return self._ours.get(shown_as, shown_as)

    def _visible(self) -> Iterator[Conversation]:
        for conversation in self._conversations:
            if conversation.owner in (None, self._user) and conversation.messages:
                yield conversation

    async def _show(self, message: Message) -> None:
        base, _, _ = str(message.activity["conversation"]["id"]).partition(";")
        conversation = self._conversations.at(base).conversation
        known = self._shown.get(message.id)
        if not self._concerns(conversation, message) or (message.author != BOT and known):
            return
        root = None if message.root in (None, message.id) else message.root
        if root is not None and root not in self._shown:
            return  # The thread began before what is told again.
        place = thread_id(base, self._shown[root] if root else None)
        path = f"/_connector/v3/conversations/{place}/activities"
        if known is not None:
            await self._call("PUT", f"{path}/{known}", self._as_shown(message))
            return
        answer = await self._call("POST", path, self._as_shown(message))
        self.note(message.id, answer["id"])

    def _concerns(self, conversation: Conversation, message: Message) -> bool:
        """Whether the page shows it. It keeps what its user typed in their own chat to itself."""
        if conversation.owner is not None:
            return conversation.owner == self._user and message.author == BOT
        return True

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
