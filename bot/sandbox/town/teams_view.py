"""Teams as each person sees it: their chats, and the messages with the cards as they stand there.

Pure: state in, JSON out.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.sandbox.connector import posted
from bot.sandbox.connector.conversations import BOT, Conversation, Message, Place, thread_id
from bot.sandbox.connector.state import Teams
from bot.sandbox.directory import User
from bot.sandbox.journal import timestamp

_SNIPPET = 120
_MENTION = re.compile(r"</?at>")


def chats(teams: Teams, user: User) -> list[dict[str, Any]]:
    """Return what a person finds in Teams: their own chat with the bot, then what they share."""
    visible = [each for each in teams.conversations if each.owner in (None, user)]
    return [_chat(teams, each) for each in visible]


def messages(teams: Teams, user: User, place: Place) -> dict[str, Any]:
    """Return a conversation as this person sees it, oldest first."""
    shown = [_message(user, place.conversation, each) for each in place.messages()]
    return {**_chat(teams, place.conversation), "messages": shown}


def cards(user: User, message: Message) -> Sequence[Mapping[str, Any]]:
    """Return the cards of a message, the person's own view of it where there is one."""
    view = message.views.get(user.oid)
    return posted.cards(message.activity) if view is None else [view]


def _chat(teams: Teams, conversation: Conversation) -> dict[str, Any]:
    last = list(Place(conversation, None).messages())[-1:]
    names = {"personal": teams.roster.bot_name, "channel": teams.roster.team.name}
    return {
        "id": conversation.id,
        "kind": conversation.kind,
        "name": conversation.name or teams.roster.bot_name,
        "about": names.get(conversation.kind, "Group chat"),
        "has_bot": teams.roster.has_app(conversation.scope),
        "at": _moment(last[0]) if last else None,
        "snippet": _snippet(last[0]) if last else "",
    }


def _message(user: User, conversation: Conversation, message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "thread": thread_id(conversation.id, message.root),
        "starts": message.root in (None, message.id),
        "author": str(message.activity["from"].get("name", "")),
        "bot": message.author == BOT,
        "own": message.author == user.oid,
        "at": _moment(message),
        "text": _text(message),
        "cards": cards(user, message),
    }


def _moment(message: Message) -> str:
    return timestamp(datetime.fromisoformat(str(message.activity["timestamp"])))


def _text(message: Message) -> str:
    return _MENTION.sub("", str(message.activity.get("text") or ""))


def _snippet(message: Message) -> str:
    """The text, or the first text that a card shows."""
    found = _text(message) or _first_text(posted.cards(message.activity))
    return " ".join(found.split())[:_SNIPPET]


def _first_text(part: Any) -> str:
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return str(part["text"])
        part = [part[name] for name in ("body", "items", "columns", "inlines") if name in part]
    if isinstance(part, list):
        return next((text for each in part if (text := _first_text(each))), "")
    return ""
