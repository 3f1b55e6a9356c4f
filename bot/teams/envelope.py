"""What botbuilder needs of an activity: to check who calls, and to address a reply. No more.

Its own deserialiser (msrest) walks the whole body, a second and more of the event loop for a long
one, before any token is checked. What we read ourselves stays plain JSON (`bot.teams.activity`).
"""

from collections.abc import Mapping
from typing import Any

from botbuilder.schema import Activity, ChannelAccount, ConversationAccount


def thin(content: Mapping[str, Any]) -> Any:
    """Return the activity's envelope; what is not text in it is left out."""
    return Activity(
        type=_text(content, "type"),
        id=_text(content, "id"),
        channel_id=_text(content, "channelId"),
        service_url=_text(content, "serviceUrl"),
        locale=_text(content, "locale"),
        from_property=ChannelAccount(**_named(content, "from")),
        recipient=ChannelAccount(**_named(content, "recipient")),
        conversation=ConversationAccount(**_named(content, "conversation")),
    )


def _named(content: Mapping[str, Any], part: str) -> Mapping[str, str | None]:
    found = content.get(part)
    known = found if isinstance(found, dict) else {}
    return {"id": _text(known, "id"), "name": _text(known, "name")}


def _text(content: Mapping[str, Any], name: str) -> str | None:
    found = content.get(name)
    return found if isinstance(found, str) else None
