"""Internet mail as bytes, and what it says. Pure: nothing here knows a mailbox or a clock."""

import html
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+")
_BREAK = re.compile(r"(?i)<br\s*/?>|</p>|</div>|</tr>|</h[1-6]>|</li>")
_UNSEEN = re.compile(r"(?is)<(script|style|head)\b.*?</\1>|<!--.*?-->")
_TAG = re.compile(r"<[^>]+>")
# Where Outlook puts the message it answers: a rule and a block with this id in HTML, underscores in
# plain text.
HTML_DIVIDER = '<hr style="display:inline-block;width:98%" tabindex="-1">'
TEXT_DIVIDER = "_" * 32


class _Wire(policy.EmailPolicy):
    """Folds headers of plain ASCII at blanks only.

    The standard library writes a message id longer than a line as an encoded word in References
    and In-Reply-To, which RFC 5322 does not allow.
    """

    def fold(self, name: str, value: str) -> str:
        return self._at_blanks(name, value) if value.isascii() else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        if value.isascii():
            return self._at_blanks(name, value).encode()
        return super().fold_binary(name, value)

    def _at_blanks(self, name: str, value: str) -> str:
        lines = textwrap.wrap(
            f"{name}: {value}", 76, break_long_words=False, break_on_hyphens=False
        )
        return f"{self.linesep} ".join(lines) + self.linesep


WIRE = _Wire(linesep="\r\n")


@dataclass(frozen=True)
class Address:
    """A display name and an address."""

    name: str
    address: str


@dataclass(frozen=True)
class Letter:
    """A message on the wire. `html` is "" for a plain text message; headers in their order."""

    raw: bytes
    sender: Address
    to: Sequence[Address]
    cc: Sequence[Address]
    reply_to: Sequence[Address]
    subject: str
    message_id: str
    in_reply_to: str
    references: Sequence[str]
    text: str
    html: str
    headers: Sequence[tuple[str, str]]

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None where it is absent."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


def compose(
    *,
    sender: Address,
    to: Sequence[Address],
    subject: str,
    text: str,
    message_id: str,
    date: datetime,
    html: str = "",
    cc: Sequence[Address] = (),
    reply_to: Sequence[Address] = (),
    headers: Iterable[tuple[str, str]] = (),
) -> Letter:
    """Return a message; with `html` both forms go out as alternatives, as Exchange does."""
    message = EmailMessage(policy=WIRE)
    for name, people in (("From", [sender]), ("To", to), ("Cc", cc), ("Reply-To", reply_to)):
        _add_people(message, name, people)
    message["Subject"] = subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    for name, value in headers:
        message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    # Not parsed again: that would be two thirds of the time.
    return Letter(
        raw=message.as_bytes(),
        sender=sender,
        to=to,
        cc=cc,
        reply_to=reply_to,
        subject=subject,
        message_id=message_id,
        in_reply_to=str(message.get("In-Reply-To", "")),
        references=message_ids(str(message.get("References", ""))),
        text=text,
        html=html,
        headers=[(name, str(value)) for name, value in message.items()],
    )


def read(raw: bytes) -> Letter:
    """Return what a message says; the message has to be well formed."""
    message = message_from_bytes(raw, policy=policy.default)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    written = rich.get_content() if rich else ""
    return Letter(
        raw=raw,
        sender=_first(_addresses(message, "From")),
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        reply_to=_addresses(message, "Reply-To"),
        subject=str(message.get("Subject", "")),
        message_id=str(message.get("Message-ID", "")).strip(),
        in_reply_to=str(message.get("In-Reply-To", "")).strip(),
        references=message_ids(str(message.get("References", ""))),
        text=plain.get_content() if plain else plain_text(written),
        html=written,
        headers=[(name, str(value).strip()) for name, value in message.items()],
    )


def is_address(text: str) -> bool:
    """Return whether this is a plain address (RFC 5322 dot-atom; quoted and non-ASCII local parts
    are not known here).
    """
    return _ADDRESS.fullmatch(text) is not None


def message_ids(text: str) -> Sequence[str]:
    """Return the message ids in a References or In-Reply-To value, in order."""
    return tuple(_MESSAGE_ID.findall(text))


def plain_text(markup: str) -> str:
    """Return HTML as the text a reader sees, one block a line."""
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", _UNSEEN.sub("", markup))))
    return "\n".join(line.strip() for line in text.splitlines()).strip()


def markup(text: str) -> str:
    """Return plain text as an HTML document, one block a line."""
    blocks = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.splitlines())
    return f"<html><head></head><body>{blocks}</body></html>"


def header_block(raw: bytes) -> str:
    """Return the header section of a message as it stands."""
    return raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")


def newly_written(text: str) -> str:
    """Return the part of a body, text or HTML, above the message it quotes."""
    cuts = [text.find(mark) for mark in (HTML_DIVIDER, TEXT_DIVIDER) if mark in text]
    return text[: min(cuts)] if cuts else text


def _add_people(message: EmailMessage, name: str, people: Sequence[Address]) -> None:
    if people:
        message[name] = [HeaderAddress(each.name, addr_spec=each.address) for each in people]


def _addresses(message: EmailMessage, name: str) -> Sequence[Address]:
    found = getaddresses([str(value) for value in message.get_all(name, [])])
    return tuple(Address(name, address) for name, address in found if address)


def _first(people: Sequence[Address]) -> Address:
    return people[0] if people else Address("", "")
