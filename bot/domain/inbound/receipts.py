"""Receipts (RFC 8098) and answers to meeting requests (RFC 5546): said by programs, not people."""

import re

from bot.domain.inbound.bounces import original_id
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.notices import split
from bot.domain.inbound.opened import Opened

_ORIGINAL = re.compile(r"(?im)^original-message-id[ \t]*:\s{0,200}(<[^<>\s]+>)")
_RECEIPTS = ("report.ipm.note.ipnrn", "report.ipm.note.ipnnrn")
_ANSWERS = ("reply", "counter", "declinecounter", "refresh")
_ANSWER_CLASS = "ipm.schedule.meeting.resp"


def receipt(opened: Opened) -> MailReading | None:
    """Return the receipt a message is; None where it is none. A mail that a filter threw away comes
    in the same format (RFC 5429) and is a bounce.
    """
    parts = opened.of_kind("message/disposition-notification")
    reported = parts or opened.report_type == "disposition-notification"
    classed = opened.message_class.startswith(_RECEIPTS)
    if not (reported or classed) or "rejected" in opened.header("auto-submitted"):
        return None
    found = _ORIGINAL.search("\n".join(parts))
    return MailReading(
        kind=Kind.READ_RECEIPT,
        why="A receipt, by its message class." if classed else "A receipt (RFC 8098).",
        original_message_id=found.group(1) if found else original_id(opened, split(opened)),
    )


def calendar_response(opened: Opened) -> MailReading | None:
    """Return the answer to a meeting request a message is; None where it is none."""
    methods = (each.kind.partition("method=")[2] for each in opened.parts)
    answers = any(each in _ANSWERS for each in methods)
    classed = opened.message_class.startswith(_ANSWER_CLASS)
    if not answers and not classed:
        return None
    return MailReading(
        kind=Kind.CALENDAR_RESPONSE,
        why="An answer to a meeting request" + (", by its message class." if classed else "."),
        original_message_id=opened.answered_id,
    )
