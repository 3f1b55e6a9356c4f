"""Opening MIME: bounded in everything a stranger chooses, and never raising whatever the bytes."""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import parseaddr, parsedate_to_datetime

from bot.domain.inbound.opened import MOST_TEXT, Opened, Part

_MOST_BYTES = 512 * 1024
_MOST_LINES = 12_000
_LONGEST_LINE = 16 * 1024
_LONGEST_HEADER = 8 * 1024
_LONGEST_NAME = 1_000
_MOST_BOUNDARIES = 20  # every line is compared with each that is open
_MOST_HEADERS = 400
_MOST_PARTS = 60
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/partial")
# Codecs whose time grows with the square of the text, or that are no text at all.
_NO_CHARSETS = ("punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape")
_BLANKS = re.compile(r"[ \t\r\n]+")


class _Bounded(Compat32):
    """The standard library's oldest and fastest policy, with headers cut short as they are read."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


_POLICY = _Bounded()


def opened(raw: bytes) -> Opened:
    """Return a message taken apart. What cannot be made out is empty; never raises."""
    bounded = _bounded(raw)
    try:
        return _opened(message_from_bytes(bounded, policy=_POLICY))
    except Exception:  # the parser's own: strangers write this, and nest it as deep as they like
        return _headers_only(bounded)


def _bounded(raw: bytes) -> bytes:
    """Cut a message down to what can be parsed in a few milliseconds."""
    lines = raw[:_MOST_BYTES].lstrip(b"\r\n\t ").splitlines(keepends=True)[:_MOST_LINES]
    boundaries, kept = 0, []
    for line in lines:
        cut = line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + b"\n"
        if b"=" in cut and b"boundary" in cut.lower():
            boundaries += 1
            if boundaries > _MOST_BOUNDARIES:
                continue
        kept.append(cut)
    return b"".join(kept)


def _opened(message: Message) -> Opened:
    parts, returned = list[Part](), ""
    for part in _own_parts(message):
        kind = part.get_content_type()
        if kind in _RETURNED:
            returned = returned or _returned(part)
        elif kind.startswith(("text/", "message/", "multipart/")):
            parts.append(_part(kind, part))
    headers = _headers(message)
    name, address = _person(headers.get("from", ""))
    return Opened(
        headers=headers,
        subject=decoded(headers.get("subject", "")),
        sender=address.lower(),
        sender_name=name,
        date=_moment(headers.get("date", "")),
        parts=parts,
        returned=returned,
    )


def _headers_only(bounded: bytes) -> Opened:
    try:
        message = BytesHeaderParser(policy=_POLICY).parsebytes(bounded)
        message.set_type("text/plain")
        return _opened(message)
    except Exception:  # as above
        return Opened()


def _headers(message: Message) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in message.items()[:_MOST_HEADERS]:
        found.setdefault(name.lower(), _BLANKS.sub(" ", str(value)).strip())
    return found


def _own_parts(message: Message) -> Iterator[Message]:
    """Return the message's own parts in order, without those of mail it returns."""
    waiting, given = [message], 0
    while waiting and given < _MOST_PARTS:
        part = waiting.pop()
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting += [each for each in reversed(inner) if isinstance(each, Message)]
        else:
            given += 1
            yield part


def _part(kind: str, part: Message) -> Part:
    inner = part.get_payload()
    if isinstance(inner, list):  # a report's blocks of fields, each parsed as headers
        blocks = (_block(each) for each in inner[:_MOST_PARTS] if isinstance(each, Message))
        return Part(kind=kind, text="\n\n".join(blocks)[:MOST_TEXT])
    if kind == "text/calendar":
        kind = f"{kind}; method={_parameter(part, 'method')}"
    kind = "text/plain" if kind.startswith("multipart/") else kind
    return Part(kind=kind, text=_text(part)[:MOST_TEXT])


def _block(block: Message) -> str:
    fields = [f"{name}: {value}" for name, value in block.items()[:_MOST_HEADERS]]
    rest = block.get_payload()
    return "\n".join([*fields, rest if isinstance(rest, str) else ""])


def _returned(part: Message) -> str:
    inner = part.get_payload()
    if isinstance(inner, list):
        first = inner[0] if inner else None
        return _block(first)[:MOST_TEXT] if isinstance(first, Message) else ""
    return _text(part)[:MOST_TEXT]


def _parameter(part: Message, name: str) -> str:
    value = part.get_param(name, "")
    return value.lower() if isinstance(value, str) else ""


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    named = _parameter(part, "charset").strip("'\" ")
    return _decoded_bytes(data[: 4 * MOST_TEXT], named)


def _decoded_bytes(data: bytes, charset: str) -> str:
    """UTF-8 first, as many say something else than they write; but not where a charset is made of
    ASCII alone, so that anything would do.
    """
    if b"\x1b$" in data:
        charset = charset if charset.startswith("iso-2022") else "iso-2022-jp"
    shifting = charset.startswith(("iso-2022", "hz", "unicode-1-1-utf-7", "utf-7"))
    for name in (charset, "utf-8") if shifting else ("utf-8", charset):
        try:
            return data.decode(_known(name))
        except (LookupError, ValueError):
            continue
    try:
        return data.decode(_known(charset), "replace")
    except (LookupError, ValueError):
        return data.decode("latin-1")


def _known(charset: str) -> str:
    name = codecs.lookup(charset.removeprefix("unicode-1-1-") or "utf-8").name
    if name in _NO_CHARSETS:
        raise LookupError(name)
    return name


def decoded(value: str) -> str:
    """Return a header's value with its encoded words (RFC 2047) read; never raises."""
    short = value[:_LONGEST_NAME]
    if "=?" not in short:
        return short.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pieces: Sequence[tuple[bytes | str, str | None]] = decode_header(short)
    except ValueError:
        return short
    words = (
        each if isinstance(each, str) else _decoded_bytes(each, charset or "latin-1")
        for each, charset in pieces
    )
    return "".join(words)


def _person(value: str) -> tuple[str, str]:
    """Return the name and address in From, "" where they cannot be made out."""
    try:
        return parseaddr(decoded(value))
    except (RecursionError, IndexError, ValueError):  # comments in comments, half an address
        return "", ""


def _moment(text: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(text[:100])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
