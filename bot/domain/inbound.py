"""Reading a message that arrived: what kind it is, and which of our emails it answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_OURS = re.compile(r"<([0-9a-f]{32})\.(\d{1,2})@[^<>\s]+>")
_REPORT_TYPE = re.compile(r"\breport-type\s*=\s*\"?([\w-]+)")
NDR_CLASS = "REPORT.IPM.NOTE.NDR"
FAILED = "x-failed-recipients"
_AUTO_SUBJECTS = (
    "automatic reply:", "auto:", "out of office", "automatische antwort:", "réponse automatique",
    "respuesta automática", "risposta automatica", "automatisch antwoord", "autosvar",
)  # fmt: skip


class Kind(StrEnum):
    """What a message is to us."""

    HUMAN = "human_reply"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"  # or another report on delivery: see `reports`


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """A message as fetched: metadata only. Addresses in lower case, ids in angle brackets.

    `message_class` is PidTagMessageClass (0x001A), "" where it was not given.
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
    headers: Mapping[str, str] = field(default_factory=dict)


def message_ids(text: str) -> Sequence[str]:
    """Return the message ids in a References or In-Reply-To value, in order."""
    return tuple(_MESSAGE_ID.findall(text))


def our_enrolment(message_id: str) -> tuple[str, int] | None:
    """Return (enrolment id, email number) when the id is one we made, else None."""
    found = _OURS.fullmatch(message_id)
    return (found.group(1), int(found.group(2))) if found else None


def kind_of(mail: IncomingMail) -> Kind:
    """Tell a report on delivery from an automatic message from a person. Reports first: they say
    auto-replied too (facts: 309 of 642 sampled bounces carry Auto-Submitted).

    Exchange's own class counts for more than headers; of other reports (RFC 6522: receipts,
    complaints) none is about delivery.
    """
    headers = lower_headers(mail)
    carried = mail.message_class.upper()
    content = headers.get("content-type", "")
    report = _REPORT_TYPE.search(content)
    is_report = content.startswith("multipart/report")
    if carried.startswith("REPORT."):
        return Kind.BOUNCE if carried.startswith(NDR_CLASS) else Kind.AUTO_REPLY
    if is_report and report and report.group(1) != "delivery-status":
        return Kind.AUTO_REPLY
    if is_report or FAILED in headers:
        return Kind.BOUNCE
    automatic = (
        headers.get("auto-submitted", "no") != "no"
        or not headers.keys().isdisjoint(("x-autoreply", "x-autorespond"))
        or ".rules.oof" in mail.message_class.lower()
        or mail.subject.lower().startswith(_AUTO_SUBJECTS)
    )
    return Kind.AUTO_REPLY if automatic else Kind.HUMAN


def lower_headers(mail: IncomingMail) -> Mapping[str, str]:
    """Return the headers, names and values in lower case."""
    return {name.lower(): value.strip().lower() for name, value in mail.headers.items()}
