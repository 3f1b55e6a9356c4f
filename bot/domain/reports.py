"""Reading a report on delivery (RFC 3464): whose mail, which of ours, and what became of it."""

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message as MimeMessage
from email.utils import getaddresses

from bot.domain.inbound import FAILED, NDR_CLASS, IncomingMail, lower_headers, message_ids

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_RECIPIENT = {"final-recipient", "action", "status"}
# RFC 3464, 2.3.3: of the five actions, all but "failed".
# Bad mailbox, bad system, bad syntax, moved away, null MX (RFC 7505).
_NO_SUCH_ADDRESS = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
_NOT_FAILED = ("delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says. `recipients` and `status` (RFC 3463) are those of a delivery that failed;
    `failed` is None where the report does not speak of deliveries at all.
    """

    original_message_id: str = ""
    recipients: Sequence[str] = ()
    status: str = ""
    failed: bool | None = None


def read_report(mime: bytes) -> Report:
    """Read a report. What it does not say is empty; never raises, whatever the bytes."""
    try:
        return _read(email.message_from_bytes(mime, policy=email.policy.compat32))
    except Exception:  # the parser's own: strangers write this, and nest it as deep as they like
        return Report()


def is_bounce(mail: IncomingMail, report: Report) -> bool:
    """Whether a report on delivery says that it failed; delays, relays and receipts do not. Where
    it has no message/delivery-status part, Exchange's class or X-Failed-Recipients says so.
    """
    if report.failed is not None:
        return report.failed
    return mail.message_class.upper().startswith(NDR_CLASS) or FAILED in lower_headers(mail)


def failed_recipients(mail: IncomingMail, report: Report) -> Sequence[str]:
    """Return the addresses a bounce is about, as far as it says."""
    named = lower_headers(mail).get(FAILED, "")
    told = tuple(address for _, address in getaddresses([named]) if address)
    return report.recipients or told


def is_permanent(report: Report) -> bool:
    """Whether the report says for good: anything but 4.x.x (RFC 3463)."""
    return not report.status.startswith("4")


def names_no_mailbox(report: Report) -> bool:
    """Whether the report says that the address itself is dead (RFC 3463, 3.2), not that somebody or
    some mail was refused there: nobody is to write to it again.
    """
    return report.status in _NO_SUCH_ADDRESS


def _read(message: MimeMessage) -> Report:
    original, deliveries = "", list[tuple[str, str, str]]()
    for part in _parts(message):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            deliveries += _deliveries(part)
        elif kind in ("message/rfc822", "text/rfc822-headers"):
            original = original or _original_id(part)
    failed = [
        (address, status) for address, status, action in deliveries if _failed(action, status)
    ]
    return Report(
        original_message_id=original,
        recipients=tuple(address for address, _ in failed if address),
        status=next((status for _, status in failed if status), ""),
        failed=bool(failed) if deliveries else None,
    )


def _parts(message: MimeMessage) -> Iterator[MimeMessage]:
    """Return the message's own parts, without those of mail it returns."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting += [each for each in reversed(inner) if isinstance(each, MimeMessage)]
        else:
            yield part


def _deliveries(part: MimeMessage) -> Iterator[tuple[str, str, str]]:
    """Return address, status and action of each recipient the part speaks of."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, MimeMessage):
            continue
        told = {name.lower(): str(value).strip() for name, value in block.items()}
        if not _RECIPIENT.isdisjoint(told):
            address = told.get("final-recipient", "").rpartition(";")[2].strip().strip("<>")
            code = _STATUS.search(told.get("status", ""))
            yield address.lower(), code.group(1) if code else "", told.get("action", "").lower()


def _failed(action: str, status: str) -> bool:
    harmless = action.startswith(_NOT_FAILED) or status.startswith("2")
    return not harmless and bool(action or status)


def _original_id(part: MimeMessage) -> str:
    inner = part.get_payload()
    if not isinstance(inner, list):
        inner = [email.message_from_string(str(inner))]
    carried = [each for each in inner if isinstance(each, MimeMessage)]
    text = str(carried[0].get("Message-ID", "")) if carried else ""
    return next(iter(message_ids(text)), "")
