"""Messages, our shape and Graph's: pure translations both ways.

Of ours, what goes into extended properties; Graph's are read from its JSON: see `KeptAnswer` for
why.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.domain.delivery import OutgoingMail, SentCopy
from bot.domain.inbound import IncomingMail, message_ids

# Our own key, as a named property: the way Microsoft names to find a sent copy again.
KEY = "String {6f5b1c1e-8a57-4c39-9d3e-2b7f0e4d9a61} Name MailroomKey"
# PidTagMessageClass, PidTagInReplyToId, PidTagInternetReferences (MS-OXPROPS).
MESSAGE_CLASS = "String 0x001A"
IN_REPLY_TO = "String 0x1042"
REFERENCES = "String 0x1039"
# PidTagListUnsubscribe.
LIST_UNSUBSCRIBE = "String 0x1045"

SENT_FIELDS = ["internetMessageId", "conversationId", "sentDateTime", "createdDateTime"]
INCOMING_FIELDS = [
    "internetMessageId",
    "conversationId",
    "from",
    "subject",
    "receivedDateTime",
    "webLink",
    "internetMessageHeaders",
]
_TAG = re.compile(r"0x([0-9a-f]+)")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
Json = Mapping[str, Any]


def expand(*properties: str) -> list[str]:
    """Return the $expand that asks for extended properties by id."""
    wanted = " or ".join(f"id eq '{each}'" for each in properties)
    return [f"singleValueExtendedProperties($filter={wanted})"]


def key_filter(key: str) -> str:
    """Return the $filter that finds the message carrying our key."""
    quoted = key.replace("'", "''")
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{quoted}')"


def properties_of(mail: OutgoingMail) -> Mapping[str, str]:
    """Return the extended properties an email leaves with.

    Threading goes into 0x1042 and 0x1039, the opt-out into 0x1045, because JSON takes only X-
    headers. Nothing suppresses automatic answers: their return dates are acted on.
    """
    properties = {KEY: mail.key}
    if mail.references:
        properties[IN_REPLY_TO] = mail.references[-1]
        properties[REFERENCES] = " ".join(mail.references)
    if mail.unsubscribe:
        properties[LIST_UNSUBSCRIBE] = f"<{mail.unsubscribe}>"
    return properties


def sent_copy(told: Json) -> SentCopy:
    """Return a copy in Sent Items (or still in Drafts) with the ids Exchange gave it."""
    return SentCopy(
        internet_message_id=_text(told, "internetMessageId"),
        conversation_id=_text(told, "conversationId"),
        sent_at=_moment(_text(told, "sentDateTime") or _text(told, "createdDateTime")),
    )


def key_of(told: Json) -> str:
    """Return our key on a message, "" where it has none."""
    return _properties(told).get(_canonical(KEY), "")


def incoming(told: Json) -> IncomingMail:
    """Return a message that arrived, without its text. What Graph leaves out is ""."""
    headers = {
        _text(each, "name"): _text(each, "value")
        for each in _objects(told, "internetMessageHeaders")
    }
    low = {name.lower(): value for name, value in headers.items()}
    known = _properties(told)
    sender = _object(_object(told, "from"), "emailAddress")
    return IncomingMail(
        id=_text(told, "id"),
        internet_message_id=_text(told, "internetMessageId"),
        conversation_id=_text(told, "conversationId"),
        from_address=_text(sender, "address").lower(),
        from_name=_text(sender, "name"),
        subject=_text(told, "subject"),
        received_at=_moment(_text(told, "receivedDateTime")),
        in_reply_to=_ids(known, IN_REPLY_TO) or message_ids(low.get("in-reply-to", "")),
        references=_ids(known, REFERENCES) or message_ids(low.get("references", "")),
        message_class=known.get(_canonical(MESSAGE_CLASS), ""),
        key=known.get(_canonical(KEY), ""),
        web_link=_text(told, "webLink"),
        headers=headers,
    )


def _properties(told: Json) -> Mapping[str, str]:
    """Graph answers ids in a spelling of its own (`String 0x1a` for `String 0x001A`)."""
    return {
        _canonical(_text(each, "id")): _text(each, "value")
        for each in _objects(told, "singleValueExtendedProperties")
    }


def _canonical(id: str) -> str:
    kind, _, rest = id.lower().partition(" ")
    tag = _TAG.fullmatch(rest)
    return f"{kind} {int(tag.group(1), 16):#06x}" if tag else f"{kind} {rest}"


def _ids(known: Mapping[str, str], name: str) -> Sequence[str]:
    return message_ids(known.get(_canonical(name), ""))


def _text(told: Json, name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _object(told: Json, name: str) -> Json:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _objects(told: Json, name: str) -> list[Json]:
    value = told.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else _NEVER
    except (ValueError, OverflowError):
        return _NEVER
