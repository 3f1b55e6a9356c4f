"""Reading a message: rules before guesses, the surest first. Pure, bounded, and never raising."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.domain.inbound import IncomingMail, message_ids, our_enrolment
from bot.domain.inbound.auto_replies import auto_reply
from bot.domain.inbound.bounces import FindFailed, bounce
from bot.domain.inbound.challenges import challenge
from bot.domain.inbound.complaints import complaint
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.mime import opened as opened_mime
from bot.domain.inbound.notices import is_from_a_program
from bot.domain.inbound.opened import MOST_TEXT, Opened, Part
from bot.domain.inbound.opt_outs import opt_out
from bot.domain.inbound.receipts import calendar_response, receipt

# What another library finds in a notice of some mail system: the addresses that failed.
OtherFormats = Callable[[bytes], Sequence[str]]
WroteTo = Callable[[str], bool]
UNREADABLE = "It cannot be read"


def no_other_formats(_: bytes) -> Sequence[str]:
    """Find nothing."""
    return ()


def anybody(_: str) -> bool:
    """Count everybody as one we wrote to."""
    return True


def read_mime(
    raw: bytes,
    *,
    wrote_to: WroteTo = anybody,
    other_formats: OtherFormats = no_other_formats,
    message_class: str = "",
) -> MailReading:
    """Read a message as it was on the wire. `wrote_to` tells whom we wrote to; `other_formats` is
    asked where a mail system wrote in a form of its own; `message_class` is 0x001A, where known.
    """
    opened = replace(opened_mime(raw), message_class=message_class.lower())
    return _read(opened, wrote_to, lambda: other_formats(raw))


def read_fields(
    mail: IncomingMail, text: str, *, html: bool = False, wrote_to: WroteTo = anybody
) -> MailReading:
    """Read a message by the fields Graph gives; `text` is its uniqueBody or body."""
    body = Part(kind="text/html" if html else "text/plain", text=text[:MOST_TEXT])
    return _read(_opened_fields(mail, body), wrote_to, tuple)


def may_be_report(mail: IncomingMail) -> bool:
    """Return whether a message may be about a mail without answering it by its headers: reports,
    notices and complaints are. Metadata decide: the text of others' mail is never asked for.
    """
    opened = _opened_fields(mail)
    content = opened.header("content-type")
    return (
        opened.message_class.startswith("report.")
        or content.startswith("multipart/report")
        or opened.returns_to_nobody
        or is_from_a_program(opened)
    )


def _opened_fields(mail: IncomingMail, *parts: Part) -> Opened:
    headers = {name.lower(): value for name, value in mail.headers.items()}
    headers.setdefault("in-reply-to", " ".join(mail.in_reply_to))
    headers.setdefault("references", " ".join(mail.references))
    return Opened(
        headers=headers,
        subject=mail.subject,
        sender=mail.from_address.lower(),
        sender_name=mail.from_name,
        date=mail.received_at,
        message_class=mail.message_class.lower(),
        parts=parts,
    )


def _read(opened: Opened, wrote_to: WroteTo, find_failed: FindFailed) -> MailReading:
    try:
        return _decided(opened, wrote_to, find_failed)
    except Exception as fault:  # strangers write this: whatever it was, somebody may look at it
        return MailReading(kind=Kind.UNRELATED, why=f"{UNREADABLE} ({type(fault).__name__}).")


def _decided(opened: Opened, wrote_to: WroteTo, find_failed: FindFailed) -> MailReading:
    rules: Sequence[Callable[[Opened], MailReading | None]] = (
        complaint, challenge, receipt, calendar_response,
        lambda each: bounce(each, find_failed), auto_reply,
    )  # fmt: skip
    for rule in rules:
        found = rule(opened)
        if found is not None:
            return found
    answers = _answers_us(opened.headers)
    if not answers and not wrote_to(opened.sender):
        return MailReading(
            kind=Kind.UNRELATED, why="It is from nobody we wrote to, and answers nothing of ours."
        )
    return opt_out(opened) or MailReading(
        kind=Kind.HUMAN_REPLY,
        why="No mark of a program, and no order to write no more.",
        original_message_id=opened.answered_id,
    )


def _answers_us(headers: Mapping[str, str]) -> bool:
    named = f"{headers.get('in-reply-to', '')} {headers.get('references', '')}"
    return any(our_enrolment(each) is not None for each in message_ids(named))
