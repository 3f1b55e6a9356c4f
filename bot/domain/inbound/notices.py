"""Notices of mail systems that say in words alone what was not delivered, and to whom."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.inbound import notice_words as words
from bot.domain.inbound.delivery_status import addresses, codes, deliveries, reply_codes
from bot.domain.inbound.opened import Opened
from bot.domain.inbound.wording import any_of, folded, folded_all, one_line, untagged

_SUBJECTS = folded_all(words.SUBJECTS)
_SAYINGS = folded_all(words.SAYINGS)
_RETURNED_BELOW = folded_all(words.RETURNED_BELOW)
_STILL_TRYING = folded_all(words.STILL_TRYING)
_HEADER = re.compile(r"[>\s]*(?:received|return-path|dkim-signature|x-received|delivered-to)\s*:")
# The same in English whose words are not on the list: not delivered, delivery failed.
_UNDELIVERED = re.compile(
    r"\b(?:unable to|cannot|can't|can not|could not|couldn't|was not|wasn't|not|failed to)\s"
    r"(?:be |been )?(?:deliver|reach|forward|rout)\w*|\b(?:delivery|transmission)\b[^.;]{0,30}\b"
    r"(?:fail\w*|problems?|errors?|impossible|not possible|unsuccessful|aborted|rejected|refused)\b"
)
_FAILED = "x-failed-recipients"
_FIRST_LINES = 6_000
_AT_START = re.compile(
    r"^[\s<\"'*\-–\[(]*(?:(?:smtp|rfc822|to|recipient)\s*[:=]\s*)?", re.IGNORECASE
)
_NOBODY = ("postmaster@", "mailer-daemon@", "abuse@", "mailto:", "support@", "helpdesk@")
_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a mail system says: the words before the mail it returns, and that mail's own."""

    said: str
    returned: str


def split(opened: Opened) -> Notice:
    """Return what a message says, and the mail that stands below in the same text."""
    lines = opened.text.splitlines()
    for number, line in enumerate(lines):
        plain = folded(line[:200])
        if _HEADER.match(plain):
            return Notice(said="\n".join(lines[:number]), returned="\n".join(lines[number:]))
        if number and any_of(plain, _RETURNED_BELOW):
            below = "\n".join(lines[number + 1 :])
            return Notice(said="\n".join(lines[:number]), returned=below)
    return Notice(said=opened.text, returned="")


def by_a_daemon(opened: Opened) -> bool:
    """Return whether a mail system wrote it, as From says."""
    local = folded(opened.sender.partition("@")[0])
    name = folded(opened.sender_name)
    nobody = "from" in opened.headers and not local
    named = any(each in name for each in words.DAEMON_NAMES) or local in words.DAEMONS
    return nobody or named or local.startswith(words.DAEMON_PREFIXES)


def is_from_a_program(opened: Opened) -> bool:
    """Return whether From, or a header that mail systems write, says that no person wrote it."""
    return _FAILED in opened.headers or by_a_daemon(opened) or opened.sender in words.PROGRAMS


def titled_so(opened: Opened) -> bool:
    """Return whether the subject begins as those of such notices do."""
    subject = untagged(opened.subject).lstrip("*# -")
    return subject.startswith(_SUBJECTS) or subject.endswith(words.SUBJECT_ENDS)


def says_so(notice: Notice) -> bool:
    """Return whether the text says that something was not delivered."""
    said = one_line(notice.said[:_FIRST_LINES])
    return bool(any_of(said, _SAYINGS)) or _UNDELIVERED.search(said) is not None


def is_notice(opened: Opened, notice: Notice) -> bool:
    """Return whether it is a notice: two marks of different kinds, for people write about mail and
    parcels that were not delivered too. A mail system has to say something of a delivery.
    """
    daemon, titled, says = by_a_daemon(opened), titled_so(opened), says_so(notice)
    if _FAILED in opened.headers or daemon:
        said = notice.said[:_FIRST_LINES]
        told = bool(codes(said) or reply_codes(said)) and bool(addresses(said))
        return titled or says or told or bool(deliveries(said))
    program = opened.returns_to_nobody or opened.sender.startswith(words.NO_REPLIES)
    return says and (program or (titled and bool(addresses(notice.said[:_FIRST_LINES]))))


def is_still_trying(opened: Opened, notice: Notice) -> bool:
    """Return whether the mail system says that it has not given up."""
    said = f"{one_line(opened.subject)} {one_line(notice.said[:_FIRST_LINES])}"
    return bool(any_of(said, _STILL_TRYING))


def recipients(opened: Opened, notice: Notice) -> Sequence[str]:
    """Return the addresses a notice is about, as far as it says."""
    named = addresses(opened.headers.get(_FAILED, ""))
    if named:
        return named[:_MOST]
    own = {opened.sender, *addresses(opened.headers.get("to", ""))}
    said = notice.said[:_FIRST_LINES]
    told = [each for each in addresses(said) if each not in own and not each.startswith(_NOBODY)]
    written_to = set(addresses(_to_of(opened.returned or notice.returned)))
    known = [each for each in told if each in written_to]
    return (known or _leading(said, told) or told or sorted(written_to - own))[:_MOST]


def _leading(said: str, told: Sequence[str]) -> list[str]:
    """Return those that begin a line: that is where lists of failed addresses have them."""
    starts = [folded(_AT_START.sub("", line, count=1)) for line in said.splitlines()]
    return [each for each in told if any(line.startswith(each) for line in starts)]


def _to_of(headers: str) -> str:
    found = (line for line in headers.splitlines() if line.lower().startswith("to:"))
    return next(found, "")
