"""Complaints: somebody marked a mail of ours as spam (RFC 5965), in two formats."""

import re

from bot.domain.inbound.bounces import original_id
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.notice_words import PROGRAMS
from bot.domain.inbound.notices import split
from bot.domain.inbound.opened import Opened

_TYPE = re.compile(r"(?im)^feedback-type[ \t]*:[ \t]*([\w-]+)")
# RFC 6591 and RFC 6430: reports, but nobody complained.
_NO_COMPLAINT = ("auth-failure", "not-spam", "dmarc")
_OPT_OUT = ("opt-out", "opt-out-list")
# Outlook.com's Junk Mail Reporting Program has a form of its own.
_JMRP_SUBJECT = "complaint about message from"


def complaint(opened: Opened) -> MailReading | None:
    """Return the complaint a message is; None where it is none. What is in the same format but no
    complaint is unrelated, or an opt-out.
    """
    about = original_id(opened, split(opened))
    parts = opened.of_kind("message/feedback-report")
    if parts or opened.report_type == "feedback-report":
        found = _TYPE.search("\n".join(parts) or opened.text)
        named = found.group(1).lower() if found else "abuse"
        return MailReading(
            kind=_kind(named), why=f"A feedback report of type {named}.", original_message_id=about
        )
    by_hotmail = opened.sender in PROGRAMS or "x-hmxmroriginalrecipient" in opened.returned
    if by_hotmail and _JMRP_SUBJECT in opened.subject.lower():
        return MailReading(
            kind=Kind.COMPLAINT, why="A complaint that Outlook.com passes on.",
            original_message_id=about,
        )  # fmt: skip
    return None


def _kind(named: str) -> Kind:
    if named in _NO_COMPLAINT:
        return Kind.UNRELATED
    return Kind.OPT_OUT if named in _OPT_OUT else Kind.COMPLAINT
