"""Messages, our shape and Graph's: pure translations both ways."""

from collections.abc import Mapping
from datetime import UTC, datetime

from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.single_value_legacy_extended_property import (
    SingleValueLegacyExtendedProperty,
)

from bot.domain.delivery import SentCopy
from bot.domain.inbound import IncomingMail, message_ids
from bot.ports import OutgoingMail

# Our own key, as a named property: the way Microsoft names to find a sent copy again.
KEY = "String {6f5b1c1e-8a57-4c39-9d3e-2b7f0e4d9a61} Name MailroomKey"
# PidTagMessageClass, PidTagInReplyToId, PidTagInternetReferences (MS-OXPROPS).
MESSAGE_CLASS = "String 0x001A"
IN_REPLY_TO = "String 0x1042"
REFERENCES = "String 0x1039"

SENT_FIELDS = ["internetMessageId", "conversationId", "sentDateTime"]
INCOMING_FIELDS = [
    "internetMessageId",
    "conversationId",
    "from",
    "subject",
    "receivedDateTime",
    "internetMessageHeaders",
]
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def expand(*properties: str) -> list[str]:
    """Return the $expand that asks for extended properties by id."""
    wanted = " or ".join(f"id eq '{each}'" for each in properties)
    return [f"singleValueExtendedProperties($filter={wanted})"]


def key_filter(key: str) -> str:
    """Return the $filter that finds the message carrying our key."""
    quoted = key.replace("'", "''")
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{quoted}')"


def to_graph(mail: OutgoingMail) -> Message:
    """Return an email as Graph takes it.

    Threading goes into 0x1042 and 0x1039, because JSON takes only X- headers. Nothing suppresses
    automatic answers: their return dates are acted on.
    """
    properties = {KEY: mail.key}
    if mail.references:
        properties[IN_REPLY_TO] = mail.references[-1]
        properties[REFERENCES] = " ".join(mail.references)
    return Message(
        subject=mail.subject,
        body=ItemBody(content_type=BodyType.Html, content=mail.html),
        to_recipients=[
            Recipient(
                email_address=EmailAddress(address=mail.to_address, name=mail.to_name or None)
            )
        ],
        internet_message_id=mail.message_id,
        single_value_extended_properties=[
            SingleValueLegacyExtendedProperty(id=name, value=value)
            for name, value in properties.items()
        ],
    )


def sent_copy(message: Message) -> SentCopy:
    """Return a copy in Sent Items (or still in Drafts) with the ids Exchange gave it."""
    return SentCopy(
        internet_message_id=message.internet_message_id or "",
        conversation_id=message.conversation_id or "",
        sent_at=_moment(message.sent_date_time),
    )


def key_of(message: Message) -> str:
    """Return our key on a message, "" where it has none."""
    return _properties(message).get(_canonical(KEY), "")


def incoming(message: Message) -> IncomingMail:
    """Return a message that arrived, without its text."""
    headers = {
        (each.name or ""): (each.value or "") for each in message.internet_message_headers or []
    }
    low = {name.lower(): value for name, value in headers.items()}
    known = _properties(message)
    sender = message.from_.email_address if message.from_ else None
    return IncomingMail(
        id=message.id or "",
        internet_message_id=message.internet_message_id or "",
        conversation_id=message.conversation_id or "",
        from_address=((sender.address if sender else "") or "").lower(),
        from_name=(sender.name if sender else "") or "",
        subject=message.subject or "",
        received_at=_moment(message.received_date_time),
        in_reply_to=message_ids(known.get(_canonical(IN_REPLY_TO)) or low.get("in-reply-to", "")),
        references=message_ids(known.get(_canonical(REFERENCES)) or low.get("references", "")),
        message_class=known.get(_canonical(MESSAGE_CLASS), ""),
        headers=headers,
    )


def _properties(message: Message) -> Mapping[str, str]:
    """Graph answers ids in a spelling of its own (`String 0x1a` for `String 0x001A`)."""
    return {
        _canonical(each.id or ""): (each.value or "")
        for each in message.single_value_extended_properties or []
    }


def _canonical(id: str) -> str:
    kind, _, rest = id.lower().partition(" ")
    return f"{kind} {int(rest, 16):#06x}" if rest.startswith("0x") else f"{kind} {rest}"


def _moment(value: datetime | None) -> datetime:
    return value.astimezone(UTC) if value else _NEVER
