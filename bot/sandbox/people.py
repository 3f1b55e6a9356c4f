"""The people outside, to whom the owners of mailboxes write: who exists, and how each one answers.

State and decisions only; the post carries what they write.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args

from bot.sandbox import arf, receipts
from bot.sandbox.letters import (
    HTML_DIVIDER,
    TEXT_DIVIDER,
    Address,
    Letter,
    compose,
    markup,
)

Deed = Literal[
    "reply", "auto_reply", "fresh_mail", "opt_out", "report_spam", "read_receipt", "accept",
    "bounce", "delay", "ignore", "press_link", "press_unsubscribe",
]  # fmt: skip
DEEDS: tuple[str, ...] = get_args(Deed)
TEXTS: dict[Deed, str] = {
    "reply": "Thank you for asking. Let us talk next week.",
    "auto_reply": "I am out of the office and will read your message when I am back.",
    "fresh_mail": "I have a question about your program. Can you call me?",
    "opt_out": "Please unsubscribe me. Do not write to me again.",
}
# MS-OXCMAIL 2.1.3.2.20, X-Auto-Response-Suppress: who asks for "All" asks for no report either.
_NO_AUTO_REPLY = {"all", "oof", "autoreply"}
_NO_REPORT = {"all", "ndr"}


@dataclass(frozen=True)
class Behaviour:
    """What a person does `after` seconds about the n-th mail received, or about "any" mail.

    `text` replaces the stock text (for a bounce or a delay: the whole SMTP diagnostic); `sender` is
    another address of the same person; `folder` is where the owner's mailbox files the answer.
    `away` is for how many days an automatic reply says that they are.
    """

    on: int | Literal["any"]
    do: Deed
    after: float = 0.0
    text: str | None = None
    sender: str | None = None
    folder: str = "inbox"
    away: int | None = None


@dataclass(frozen=True)
class Written:
    """What a person wrote; `about` is the id of the mail received that made them, "" for none."""

    letter: Letter
    about: str


@dataclass
class Person:
    """Somebody with an address outside the organization."""

    address: str
    name: str
    behaviours: Sequence[Behaviour] = ()
    received: list[Letter] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)

    def reactions(self) -> Sequence[Behaviour]:
        """Return what the mail received last calls for: those for its number, else for "any"."""
        number = len(self.received)
        exact = [behaviour for behaviour in self.behaviours if behaviour.on == number]
        return exact or [behaviour for behaviour in self.behaviours if behaviour.on == "any"]


class People:
    """Everybody outside, by address without regard to case."""

    def __init__(self) -> None:
        self._by_address: dict[str, Person] = {}

    def seed(self, people: Iterable[Person]) -> None:
        """Add people; one of a known address takes that person's place."""
        for person in people:
            self._by_address[person.address.lower()] = person

    def find(self, address: str) -> Person | None:
        """Return the person of this address, or None."""
        return self._by_address.get(address.lower())

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_address.values())

    def knows_domain(self, domain: str) -> bool:
        """Return whether anybody has an address at this domain."""
        return any(address.endswith(f"@{domain.lower()}") for address in self._by_address)


def wants_auto_reply(letter: Letter) -> bool:
    """Return whether the sender left automatic replies on (MS-OXCMAIL 2.1.3.2.20)."""
    return not _suppressed(letter) & _NO_AUTO_REPLY


def wants_report(letter: Letter) -> bool:
    """Return whether the sender left non-delivery reports on (MS-OXCMAIL 2.1.3.2.20)."""
    return not _suppressed(letter) & _NO_REPORT


def write(
    person: Person, behaviour: Behaviour, received: Letter, *, message_id: str, at: datetime
) -> Letter:
    """Return what a person writes about a mail received: a reply, an automatic one, a new
    mail, what their mail program answers by itself, or their provider when they mark it as spam.

    Automatic replies carry the marks of RFC 3834 and of Exchange ("Automatic reply:").
    """
    sender = Address(person.name, behaviour.sender or person.address)
    match behaviour.do:
        case "report_spam":
            words = behaviour.text
            return arf.report(received, person.address, words=words, message_id=message_id, at=at)
        case "read_receipt":
            return receipts.read_receipt(received, sender, message_id=message_id, at=at)
        case "accept":
            return receipts.accepted(received, sender, message_id=message_id, at=at)
    to = [*(received.reply_to or [received.sender])]
    text = behaviour.text or TEXTS[behaviour.do]
    if behaviour.do == "fresh_mail":
        return compose(
            sender=sender, to=to, subject="A question", text=text, html=markup(text),
            message_id=message_id, date=at,
        )  # fmt: skip
    headers = list(threading(received))
    if behaviour.do == "auto_reply":
        headers += [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")]
        text += _away_until(behaviour, at)
        return compose(
            sender=sender, to=to, subject=f"Automatic reply: {received.subject}", text=text,
            html=markup(text), message_id=message_id, date=at, headers=headers,
        )  # fmt: skip
    quoted_text, quoted_html = _quoted(received)
    return compose(
        sender=sender, to=to, subject=_reply_subject(received.subject), text=text + quoted_text,
        html=markup(text).replace("</body>", f"{quoted_html}</body>"), message_id=message_id,
        date=at, headers=headers,
    )  # fmt: skip


def threading(parent: Letter) -> Sequence[tuple[str, str]]:
    """Return the headers that tie a reply to its parent (RFC 5322, 3.6.4)."""
    references = [*parent.references, parent.message_id]
    return [("In-Reply-To", parent.message_id), ("References", " ".join(references))]


def _away_until(behaviour: Behaviour, at: datetime) -> str:
    if behaviour.away is None:
        return ""
    back = at + timedelta(days=behaviour.away)
    return f" I will be back on {back:%A}, {back.day} {back:%B %Y}."


def _suppressed(letter: Letter) -> set[str]:
    words = (letter.header("X-Auto-Response-Suppress") or "").split(",")
    return {word.strip().lower() for word in words}


def _reply_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _quoted(received: Letter) -> tuple[str, str]:
    """The original under the divider and header lines of Outlook, as text and as HTML."""
    sender = f"{received.sender.name} <{received.sender.address}>"
    to = "; ".join(person.address for person in received.to)
    lines = [
        f"From: {sender}",
        f"Sent: {received.header('Date')}",
        f"To: {to}",
        f"Subject: {received.subject}",
        "",
        *received.text.splitlines(),
    ]
    text = "\n".join(["", "", TEXT_DIVIDER, *lines])
    inner = markup("\n".join(lines)).partition("<body>")[2].partition("</body>")[0]
    return text, f'{HTML_DIVIDER}<div id="divRplyFwdMsg" dir="ltr">{inner}</div>'
