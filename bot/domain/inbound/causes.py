"""Why a delivery failed: what a status code (RFC 3463) and the words beside it say of the address.

Words count for more than codes: five systems of six write 5.1.1 for an address that does not exist,
the sixth for a mailbox that is full.
"""

import re
from dataclasses import dataclass

from bot.domain.inbound import cause_words as words
from bot.domain.inbound.delivery_status import reply_codes
from bot.domain.inbound.kinds import Kind
from bot.domain.inbound.wording import any_of, folded_all, one_line

# Bad mailbox, bad system, bad syntax, moved away, null MX (RFC 7505), unroutable, no such domain.
_NO_SUCH_ADDRESS = (
    "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.1.20", "5.3.2", "5.4.4", "5.4.310",
)  # fmt: skip
# The mailbox is there, but (RFC 3463, 3.3): words that deny it do not speak of the address.
_THERE = ("5.2.0", "4.2.0")
# Bad sender's address (RFC 3463, 3.2), outbound spam (Exchange Online's own).
_SENDER = ("5.1.8", "5.1.90")
_LONGEST = 4_000
# What English systems say in ever new words: a noun, and what is wrong with it.
_WHO = r"(?:user|recipient|mailbox|account|address|addressee|alias|person|customer|employee|domain)"
_DENIED = (
    r"(?:unknown|not exist|doesn't exist|not found|invalid|not valid|unrecogni[sz]ed|undefined"
    r"|not recogni[sz]ed|not listed|not known|non-?existent|no longer|not active|not hosted)"
)
_NOBODY_THERE = re.compile(
    rf"(?<!sender )(?<!sender's )(?<!return )\b{_WHO}s?\b[^.;]{{0,40}}?\b{_DENIED}\b"
    rf"|\b(?:unknown|no such|invalid|non-?existent|illegal)\s(?:\w+ )?{_WHO}\b"
)
_ROOM = r"(?:mailbox|mail box|inbox|quota|storage|disk|space|folder)"
_NO_ROOM_THERE = re.compile(
    rf"\b{_ROOM}\b[^.;]{{0,30}}?\b(?:full|exceed\w*|exhausted|not enough|insufficient)\b"
    rf"|\b(?:exceed\w*|over|insufficient|out of)\b[^.;]{{0,20}}?\b(?:quota|storage|space)\b"
)
_NO_ROOM = folded_all(words.FULL + words.TOO_LARGE)
_UNKNOWN = folded_all(words.UNKNOWN + words.NO_HOST)
_PASSING = folded_all(words.REFUSED + words.LATER)
_QUOTA = folded_all(words.SUBMISSION_QUOTA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """How a failure counts, and the words or the code that decided; `certain` where words did,
    `guessed` where neither did.
    """

    kind: Kind
    why: str
    certain: bool = False
    guessed: bool = False


def cause_of(status: str, text: str, *, final: bool = False) -> Cause:
    """Return how a delivery that failed counts; `final` where the
    mail system has given up, and nothing else is known.

    A sender's block first: it is never the recipient's fault, whatever the words.
    """
    said = one_line(text[:_LONGEST])
    if blocked := _blocked(status, said):
        return Cause(kind=Kind.SENDER_BLOCK, why=blocked, certain=True)
    full = any_of(said, words.EITHER) or any_of(said, _NO_ROOM) or _shaped(_NO_ROOM_THERE, said)
    if full:
        return _by_word(Kind.BOUNCE_SOFT, full, status)
    unknown = any_of(said, _UNKNOWN) or _shaped(_NOBODY_THERE, said)
    passing = any_of(said, _PASSING)
    if unknown and _of_the_address(status, said):
        return _by_word(Kind.BOUNCE_HARD, unknown, status)
    if passing or unknown:
        return _by_word(Kind.BOUNCE_SOFT, passing or unknown, status)
    if status in _NO_SUCH_ADDRESS:
        return Cause(kind=Kind.BOUNCE_HARD, why=f"status {status} names no mailbox")
    why = f"status {status}" if status else "it gives no reason"
    hard = final and not status and not _temporary(status, said)
    return Cause(kind=Kind.BOUNCE_HARD if hard else Kind.BOUNCE_SOFT, why=why, guessed=True)


def _shaped(shape: re.Pattern[str], said: str) -> str:
    found = shape.search(said)
    return found.group() if found else ""


def _of_the_address(status: str, said: str) -> bool:
    """Return whether words that deny an address can mean it."""
    if status in _THERE or _temporary(status, said):
        return False
    return status in _NO_SUCH_ADDRESS or not any_of(said, words.AFTER_DATA)


def _temporary(status: str, said: str) -> bool:
    replies = reply_codes(said)
    only = bool(replies) and all(each.startswith("4") for each in replies)
    return status.startswith("4") or (not status and only)


def _blocked(status: str, said: str) -> str:
    if status.startswith("5.7.") or status in _SENDER:
        return f"status {status} is about the sender or the mail"
    quota = any_of(said, _QUOTA) if status == "5.2.2" else ""
    return f"status {status}, “{quota}”" if quota else ""


def _by_word(kind: Kind, word: str, status: str) -> Cause:
    code = f", status {status}" if status else ""
    return Cause(kind=kind, why=f"it says “{word.strip()}”{code}", certain=True)
