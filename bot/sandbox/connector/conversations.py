"""Conversations and the messages in them: present state, and every version a message had."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.connector.errors import ConnectorError
from bot.sandbox.connector.roster import TEAM, Channel, GroupChat, Roster
from bot.sandbox.directory import User

_THREAD = ";messageid="
BOT = "bot"


@dataclass
class Message:
    """A message. `author` is an object id or `bot`; `root` heads its thread in a channel.

    `views` holds the card each person sees instead of the one in `activity`: what the bot answered
    to that person's action (task-modules-and-cards/cards/universal-actions-for-adaptive-cards).
    """

    id: str
    order: int
    author: str
    root: str | None
    activity: dict[str, Any]
    versions: list[dict[str, Any]] = field(default_factory=list)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    responses: list[dict[str, Any]] = field(default_factory=list)
    is_deleted: bool = False


@dataclass
class Conversation:
    """A personal chat (`owner`), a channel (`channel`) or a group chat (`group`)."""

    id: str
    owner: User | None = None
    channel: Channel | None = None
    group: GroupChat | None = None
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`conversationType` on the wire."""
        if self.owner:
            return "personal"
        return "channel" if self.channel else "groupChat"

    @property
    def name(self) -> str | None:
        """The name that people see; a personal chat has none."""
        named = self.channel or self.group
        return named.name if named else None

    @property
    def scope(self) -> str:
        """Where the app has to be installed for the bot to be in this conversation."""
        if self.owner:
            return self.owner.oid
        return TEAM if self.channel else self.id

    def message(self, message_id: str) -> Message:
        """Return the message with this id.

        Raises:
            ConnectorError: 404, also when it was deleted.
        """
        found = self.messages.get(message_id)
        if found is None or found.is_deleted:
            raise ConnectorError.no_activity()
        return found


@dataclass(frozen=True)
class Place:
    """Where a message goes: a conversation and, in a channel, the thread (None starts one)."""

    conversation: Conversation
    root: str | None

    @property
    def id(self) -> str:
        """The conversation id on the wire."""
        return thread_id(self.conversation.id, self.root)

    def messages(self) -> Iterator[Message]:
        """Yield what stands there, oldest first; a thread shows its own messages only."""
        for message in self.conversation.messages.values():
            if not message.is_deleted and self.root in (None, message.root):
                yield message


def thread_id(conversation_id: str, root: str | None) -> str:
    """Return the id of a thread: `<channel>;messageid=<root>` (send-proactive-messages)."""
    return conversation_id if root is None else f"{conversation_id}{_THREAD}{root}"


Watcher = Callable[[Message], None]


class Conversations:
    """Every conversation of the workspace. Message ids are milliseconds of the clock `now`.

    `position` is the number of the last message, to ask later what came since; `watcher` hears of
    every message that comes or changes.
    """

    def __init__(self, roster: Roster, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last_id = 0
        self.position = 0
        self.watcher: Watcher | None = None
        chats = [Conversation(roster.chat_id(user), owner=user) for user in roster.people]
        channels = [Conversation(each.id, channel=each) for each in roster.team.channels]
        groups = [Conversation(each.id, group=each) for each in roster.group_chats]
        self._all = {item.id: item for item in [*chats, *channels, *groups]}

    def __getstate__(self) -> dict[str, Any]:
        """Whoever watches does so for as long as the process lives."""
        return {**self.__dict__, "watcher": None}

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._all.values())

    def at(self, conversation_id: str) -> Place:
        """Return the place that a conversation id names.

        Raises:
            ConnectorError: 404, for an unknown thread too.
        """
        base, _, root = conversation_id.partition(_THREAD)
        found = self._all.get(base)
        if found is None:
            raise ConnectorError.no_conversation()
        if root and (found.channel is None or root not in found.messages):
            raise ConnectorError.no_conversation()
        return Place(found, root or None)

    def next_id(self) -> str:
        """Return a message id: the time in milliseconds, never twice."""
        self._last_id = max(self._last_id + 1, int(self._now().timestamp() * 1000))
        return str(self._last_id)

    def add(self, place: Place, author: str, activity: dict[str, Any], message_id: str) -> Message:
        """Put a message there. In a channel without a thread it becomes the root of one."""
        root = place.root
        if place.conversation.channel is not None and root is None:
            root = message_id
        self.position += 1
        message = Message(message_id, self.position, author, root, activity, [activity])
        place.conversation.messages[message_id] = message
        self._changed(message)
        return message

    def replace(self, message: Message, activity: dict[str, Any]) -> None:
        """Put a new version in the place of the old.

        People see it at once: an update ends their own views of the card (User-Specific-Views).
        """
        message.activity = activity
        message.versions.append(activity)
        message.views.clear()
        self._changed(message)

    def posted_since(self, position: int, place: Place) -> list[dict[str, Any]]:
        """Return what the bot posted there after `position`, oldest first."""
        return [
            message.activity
            for message in place.messages()
            if message.author == BOT and message.order > position
        ]

    def _changed(self, message: Message) -> None:
        if self.watcher is not None:
            self.watcher(message)
