"""Reading a message that arrived: what kind it is, and which of our emails it answers."""

import email
import email.policy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message as MimeMessage
from enum import StrEnum

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_OURS = re.compile(r"<([0-9a-f]{32})\.(\d{1,2})@[^<>\s]+>")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_NDR_CLASS = "REPORT.IPM.NOTE.NDR"
_AUTO_SUBJECTS = (
    "automatic reply:", "auto:", "out of office", "automatische antwort:", "réponse automatique",
    "respuesta automática", "risposta automatica", "automatisch antwoord", "autosvar",
)  # fmt: skip


class Kind(StrEnum):
    """What a message is to us."""

    HUMAN = "human_reply"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a non-delivery report says: whose mail, which of ours, and the RFC 3463 status code."""

    original_message_id: str
    recipients: Sequence[str]
    status: str


def message_ids(text: str) -> Sequence[str]:
    """Return the message ids in a References or In-Reply-To value, in order."""
    return tuple(_MESSAGE_ID.findall(text))


def our_enrolment(message_id: str) -> tuple[str, int] | None:
    """Return (enrolment id, email number) when the id is one we made, else None."""
    found = _OURS.fullmatch(message_id)
    return (found.group(1), int(found.group(2))) if found else None


def kind_of(mail: IncomingMail) -> Kind:
    """Tell a bounce from an automatic reply from a person. Bounces first: they say auto-replied
    too (facts: 309 of 642 sampled bounces carry Auto-Submitted).
    """
    headers = {name.lower(): value.strip().lower() for name, value in mail.headers.items()}
    if mail.message_class.upper().startswith(_NDR_CLASS):
        return Kind.BOUNCE
    if "multipart/report" in headers.get("content-type", "") or "x-failed-recipients" in headers:
        return Kind.BOUNCE
    automatic = (
        headers.get("auto-submitted", "no") != "no"
        or not headers.keys().isdisjoint(("x-autoreply", "x-autorespond"))
        or ".rules.oof" in mail.message_class.lower()
        or mail.subject.lower().startswith(_AUTO_SUBJECTS)
    )
    return Kind.AUTO_REPLY if automatic else Kind.HUMAN


def read_report(mime: bytes) -> Report:
    """Read a non-delivery report (RFC 3464). What it does not say is "" or empty; never raises."""
    message = email.message_from_bytes(mime, policy=email.policy.compat32)
    original, recipients, status = "", [], ""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            fields = _delivery_fields(part)
            recipients += [
                _address_of(value) for name, value in fields if name == "final-recipient"
            ]
            status = status or next((value for name, value in fields if name == "status"), "")
        elif kind in ("message/rfc822", "text/rfc822-headers"):
            original = original or _original_id(part)
    code = _STATUS.search(status)
    return Report(
        original_message_id=original,
        recipients=tuple(recipients),
        status=code.group(1) if code else "",
    )


def is_permanent(report: Report) -> bool:
    """Whether the report says for good: anything but 4.x.x (RFC 3463)."""
    return not report.status.startswith("4")


def _delivery_fields(part: MimeMessage) -> list[tuple[str, str]]:
    blocks = part.get_payload()
    if not isinstance(blocks, list):
        return []
    return [
        (name.lower(), str(value).strip())
        for block in blocks
        if isinstance(block, MimeMessage)
        for name, value in block.items()
    ]


def _address_of(value: str) -> str:
    return value.rpartition(";")[2].strip().strip("<>").lower()


def _original_id(part: MimeMessage) -> str:
    inner = part.get_payload()
    if not isinstance(inner, list):
        inner = [email.message_from_string(str(inner))]
    carried = [each for each in inner if isinstance(each, MimeMessage)]
    text = str(carried[0].get("Message-ID", "")) if carried else ""
    return next(iter(message_ids(text)), "")
