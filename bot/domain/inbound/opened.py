"""A message taken apart, in one shape whether it came as MIME or as Graph's fields."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.inbound import message_ids
from bot.domain.inbound.markup import plain_text

_REPORT_TYPE = re.compile(r"report-type\s*=\s*\"?([\w-]+)")
# Nobody says anything that matters to us further down.
MOST_TEXT = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the message's own, not of mail it returns: type in lower case, text cut short."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message taken apart. Header names are in lower case, each with its first value.

    `returned` is the header section of the mail it returns, "" where it returns none;
    `message_class` is PidTagMessageClass (0x001A) in lower case.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    sender: str = ""
    sender_name: str = ""
    date: datetime | None = None
    message_class: str = ""
    parts: Sequence[Part] = ()
    returned: str = ""

    def header(self, name: str) -> str:
        """Return a header's value in lower case, "" where it is absent."""
        return self.headers.get(name, "").strip().lower()

    @property
    def report_type(self) -> str:
        """The report-type (RFC 6522) the message names, "" where it names none."""
        found = _REPORT_TYPE.search(self.header("content-type"))
        return found.group(1) if found else ""

    @property
    def returns_to_nobody(self) -> bool:
        """Whether the envelope had no sender, so that nothing can come back (RFC 5321, 4.5.5)."""
        return self.header("return-path") in ("<>", "<mailer-daemon>") or self.header(
            "return-path"
        ).startswith("<mailer-daemon@")

    @property
    def answered_id(self) -> str:
        """The Message-ID it answers by its own headers, "" where it names none."""
        named = message_ids(self.headers.get("in-reply-to", ""))
        return next(iter(named or message_ids(self.headers.get("references", ""))[-1:]), "")

    @property
    def text(self) -> str:
        """What the message says: its plain text, or its HTML as a reader sees it."""
        plain = "\n".join(each.text for each in self.parts if each.kind == "text/plain")
        if plain.strip():
            return plain[:MOST_TEXT]
        rich = (plain_text(each.text) for each in self.parts if each.kind == "text/html")
        return "\n".join(rich)[:MOST_TEXT]

    def of_kind(self, *kinds: str) -> Sequence[str]:
        """Return the text of every part of these types."""
        return [each.text for each in self.parts if each.kind in kinds]
