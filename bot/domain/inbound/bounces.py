"""Reports and notices of mail systems: what was not delivered, to whom, and whose fault it is."""

import re
from collections.abc import Callable, Sequence

from bot.domain.inbound import message_ids
from bot.domain.inbound.causes import Cause, cause_of
from bot.domain.inbound.delivery_status import Delivery, codes, deliveries, status_of
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.mime import decoded
from bot.domain.inbound.notices import (
    Notice,
    by_a_daemon,
    is_notice,
    is_still_trying,
    recipients,
    split,
    titled_so,
)
from bot.domain.inbound.opened import Opened
from bot.domain.inbound.wording import one_line, untagged

# Addresses that a mail in some format of its own says it could not reach.
FindFailed = Callable[[], Sequence[str]]

_DELIVERED = ("delivered", "relayed", "expanded", "deliverable")
_SILENT = ("", "5.0.0", "4.0.0")
_MESSAGE_ID = re.compile(
    r"(?im)^[> \t]*(?:x-microsoft-original-)?message-id[ \t]*:\s{0,200}(<[^<>\s]+>)"
)
_SUBJECT = re.compile(r"(?im)^[> \t]*subject[ \t]*:([^\n]{0,1000}(?:\n[ \t][^\n]{0,1000}){0,4})")
_CLASS = "report.ipm.note."
# What went through a mailing list is no report to us, as reports go to the envelope's sender: it
# has to be whole at least (RFC 3464, 2.3.4, asks for a status).
_LISTS = ("list-id", "list-post")


def bounce(opened: Opened, find_failed: FindFailed) -> MailReading | None:
    """Return what a report or notice on delivery says; None where the message is none."""
    notice = split(opened)
    told = _told(opened, notice)
    if any(each in opened.headers for each in _LISTS) and _incomplete(told):
        return None
    if told:
        return _reported(opened, notice, told)
    if opened.message_class.startswith(_CLASS):
        return _classed(opened, notice)
    if is_notice(opened, notice):
        failed = recipients(opened, notice) or find_failed()
        return _noticed(opened, notice, failed, "a mail system's notice")
    if by_a_daemon(opened) or titled_so(opened) or opened.returns_to_nobody:
        failed = find_failed()
        if failed:
            return _noticed(opened, notice, failed, "a notice in a known form")
    return None


def _told(opened: Opened, notice: Notice) -> Sequence[Delivery]:
    """Return what it says in fields: in the part made for them, else in the text of a notice."""
    parts = opened.of_kind("message/delivery-status")
    told = [each for part in parts for each in deliveries(part)]
    if told or not (by_a_daemon(opened) or opened.returns_to_nobody or titled_so(opened)):
        return told
    texts = [notice.said, *opened.of_kind("text/plain")]
    return next((found for found in map(deliveries, texts) if found), [])


def _reported(opened: Opened, notice: Notice, told: Sequence[Delivery]) -> MailReading:
    failed = [each for each in told if _failed(each)]
    if failed:
        return _failure(opened, notice, failed)
    delayed = [each for each in told if each.action == "delayed"]
    about = delayed or told
    return MailReading(
        kind=Kind.DELAY if delayed else Kind.UNRELATED,
        why="The report says that the mail is delayed, not lost."
        if delayed
        else "The report says that the mail was delivered.",
        status=about[0].status,
        recipients=_named(about) if delayed else (),
        original_message_id=original_id(opened, notice),
        still_trying=bool(delayed),
        reported_by=opened.sender,
    )


def _incomplete(told: Sequence[Delivery]) -> bool:
    return bool(told) and not any(each.status or each.diagnostic for each in told)


def _failed(told: Delivery) -> bool:
    harmless = told.action.startswith(_DELIVERED) or told.status.startswith("2")
    said = bool(told.action or told.status or told.diagnostic)
    return said and not harmless and told.action != "delayed"


def _failure(opened: Opened, notice: Notice, failed: Sequence[Delivery]) -> MailReading:
    first = failed[0]
    status = first.status
    if status in _SILENT:
        status = next((each for each in codes(notice.said) if each not in _SILENT), status)
    cause = cause_of(status, first.diagnostic)
    if not cause.certain:
        cause = _likelier(cause, cause_of(status, notice.said, final=True))
    return MailReading(
        kind=cause.kind,
        why=f"The report says that it failed: {cause.why}.",
        guessed=cause.guessed,
        status=status,
        recipients=_named(failed) or recipients(opened, notice),
        original_message_id=original_id(opened, notice),
        returned_subject=_returned_subject(opened, notice),
        reported_by=opened.sender,
    )


def _likelier(by_report: Cause, by_words: Cause) -> Cause:
    """Of two causes, return the one that words decided, else that of the report."""
    return by_words if by_words.certain or by_report.guessed else by_report


def _classed(opened: Opened, notice: Notice) -> MailReading:
    """Exchange's own class, where the report came without its fields."""
    rest = opened.message_class.removeprefix(_CLASS)
    if rest.startswith("delayed"):
        return MailReading(
            kind=Kind.DELAY,
            why="Exchange classes it as a notice of delay.",
            recipients=recipients(opened, notice),
            original_message_id=original_id(opened, notice),
            still_trying=True,
            reported_by=opened.sender,
        )
    if rest.startswith("ndr"):
        failed = recipients(opened, notice)
        return _noticed(opened, notice, failed, "Exchange classes it as undeliverable")
    return MailReading(
        kind=Kind.UNRELATED,
        why="Exchange classes it as delivered.",
        original_message_id=original_id(opened, notice),
    )


def _noticed(opened: Opened, notice: Notice, failed: Sequence[str], by: str) -> MailReading:
    status = _spoken_status(notice.said)
    trying = is_still_trying(opened, notice)
    cause = cause_of(status, notice.said, final=not trying)
    soft = trying and cause.kind is Kind.BOUNCE_HARD
    return MailReading(
        kind=Kind.BOUNCE_SOFT if soft else cause.kind,
        guessed=cause.guessed,
        why=f"{by[0].upper()}{by[1:]}: {cause.why}{', still being tried' if trying else ''}.",
        status=status,
        recipients=failed,
        original_message_id=original_id(opened, notice),
        returned_subject=_returned_subject(opened, notice),
        still_trying=trying,
        reported_by=opened.sender,
    )


def _spoken_status(said: str) -> str:
    """Return the code in a notice that says most."""
    return status_of("", said[:4_000])


def _named(told: Sequence[Delivery]) -> Sequence[str]:
    return tuple(dict.fromkeys(each.recipient for each in told if each.recipient))


def original_id(opened: Opened, notice: Notice) -> str:
    """Return the Message-ID of the mail it is about: of the mail returned, else as the text tells,
    else as the headers do.
    """
    for text in (opened.returned, notice.returned, notice.said):
        found = _MESSAGE_ID.search(text)
        if found:
            return found.group(1)
    inside = message_ids(opened.returned) if opened.returned.startswith("message-id") else ()
    return next(iter(inside), opened.answered_id)


def _returned_subject(opened: Opened, notice: Notice) -> str:
    """Return the folded subject of the mail it is about, of one that names no Message-ID: as the
    mail returned has it, else as its own subject repeats it.
    """
    if original_id(opened, notice):
        return ""
    for text in (opened.returned, notice.returned):
        found = _SUBJECT.search(text)
        if found:
            return one_line(decoded(found.group(1)))
    return untagged(opened.subject).partition(": ")[2]
