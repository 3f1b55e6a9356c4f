"""Reading a message that arrived: what it says, and which of our emails it answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_OURS = re.compile(r"<([0-9a-f]{32})\.(\d{1,2})@[^<>\s]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """A message as fetched: metadata only. Addresses in lower case, ids in angle brackets.

    `message_class` is PidTagMessageClass (0x001A), `key` our own property, `web_link` where it is
    read in a browser, as Graph says; "" where not given.
    """

    id: str
    internet_message_id: str
    conversation_id: str
    from_address: str
    from_name: str
    subject: str
    received_at: datetime
    in_reply_to: Sequence[str] = ()
    references: Sequence[str] = ()
    message_class: str = ""
    key: str = ""
    web_link: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def message_ids(text: str) -> Sequence[str]:
    """Return the message ids in a References or In-Reply-To value, in order."""
    return tuple(_MESSAGE_ID.findall(text))


def our_enrolment(message_id: str) -> tuple[str, int] | None:
    """Return (enrolment id, email number) when the id is one we made, else None."""
    found = _OURS.fullmatch(message_id)
    return (found.group(1), int(found.group(2))) if found else None
