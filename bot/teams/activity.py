"""From Teams' activities to our words. Reads the plain JSON: botbuilder loses parts of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.mailbox import Message
from bot.domain.records import Conversation, ConversationKind
from bot.domain.roles import Actor

_CARD_ACTION = "adaptiveCard/action"


class UnreadableError(Exception):
    """An activity that is not what Teams sends."""


class Happened(StrEnum):
    """What an activity is to us."""

    SAID = "said"
    PRESSED = "pressed"
    ADDED = "added"
    REMOVED = "removed"
    ASKED = "asked"  # an invoke we do not serve
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One activity: who did what, where. `card` is where the pressed card stands."""

    what: Happened
    actor: Actor
    conversation: Conversation
    text: str = ""
    verb: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    card: Message | None = None


def read(activity: Mapping[str, Any]) -> Turn:
    """Return the activity in our words.

    Raises:
        UnreadableError: not from Teams, or without tenant or conversation.
    """
    if activity.get("channelId") != "msteams":
        raise UnreadableError("not from Teams")
    what = _what(activity)
    tenant_id = _text(activity, "channelData", "tenant", "id")
    person = _dict(activity, "from")
    actor = Actor(
        tenant_id=tenant_id,
        oid=_text(person, "aadObjectId").lower(),
        name=_text(person, "name"),
    )
    conversation = _conversation(activity, tenant_id, actor.oid)
    if not tenant_id or not conversation.id or not conversation.service_url:
        raise UnreadableError("no tenant, conversation or service address")
    if what in (Happened.SAID, Happened.PRESSED) and not actor.oid:
        raise UnreadableError("nobody we could know")
    action = _dict(_dict(activity, "value"), "action")
    return Turn(
        what=what,
        actor=actor,
        conversation=conversation,
        text=said(activity) if what is Happened.SAID else "",
        verb=_text(action, "verb"),
        data=_data(_dict(action, "data")),
        card=Message(conversation_id=conversation.id, message_id=_text(activity, "replyToId")),
    )


def said(activity: Mapping[str, Any]) -> str:
    """Return what was typed, without the mention of the bot, on one line."""
    text = _text(activity, "text")
    bot = _text(activity, "recipient", "id")
    entities = activity.get("entities")
    for each in entities if isinstance(entities, list) else ():
        if isinstance(each, dict) and _text(each, "mentioned", "id") == bot:
            mention = _text(each, "text")
            text = text.replace(mention, " ") if mention else text
    return " ".join(text.replace("&nbsp;", " ").split())


def _what(activity: Mapping[str, Any]) -> Happened:
    kind, action = activity.get("type"), activity.get("action")
    if kind == "message":
        return Happened.SAID
    if kind == "invoke":
        return Happened.PRESSED if activity.get("name") == _CARD_ACTION else Happened.ASKED
    # Teams tells of an installation twice; the other one is conversationUpdate.
    if kind == "installationUpdate" and action == "add":
        return Happened.ADDED
    if kind == "installationUpdate" and str(action).startswith("remove"):
        return Happened.REMOVED
    removed = kind == "conversationUpdate" and _names_bot(activity, "membersRemoved")
    return Happened.REMOVED if removed else Happened.OTHER


def _names_bot(activity: Mapping[str, Any], change: str) -> bool:
    bot, members = _text(activity, "recipient", "id"), activity.get(change)
    named = members if isinstance(members, list) else []
    return any(isinstance(each, dict) and each.get("id") == bot for each in named)


def _conversation(activity: Mapping[str, Any], tenant_id: str, oid: str) -> Conversation:
    place = _dict(activity, "conversation")
    kind = _text(place, "conversationType")
    known = ConversationKind(kind) if kind in tuple(ConversationKind) else ConversationKind.PERSONAL
    personal = known is ConversationKind.PERSONAL
    return Conversation(
        id=re.sub(r";messageid=.*$", "", _text(place, "id")),
        tenant_id=tenant_id,
        kind=known,
        service_url=_text(activity, "serviceUrl"),
        user_oid=oid if personal else "",
        name=_text(place, "name") or _text(activity, "channelData", "channel", "name"),
    )


def _data(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what a button sent, all of it as text."""
    found = {}
    for name, value in data.items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            found[name] = str(value)
    return found


def _dict(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _text(content: Mapping[str, Any], *path: str) -> str:
    for name in path[:-1]:
        content = _dict(content, name)
    found = content.get(path[-1])
    return found if isinstance(found, str) else ""
