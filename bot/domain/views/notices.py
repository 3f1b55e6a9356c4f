"""What any card may show: help, refusals, receipts, choices; and what people are asked."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What the bot can do. `unknown` is what the person typed when it was no command, else ""."""

    unknown: str = ""
    may_manage: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that was not done, why, and whom to ask."""

    title: str
    problems: tuple[str, ...]
    support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A short receipt: something was done."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a drop-down."""

    title: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderQuestion:
    """Whether a mailbox is to go on (B11): `lost` of the last `of` emails came back, or Exchange
    has stopped it, and `why` says so. `answer` is a word of `breaker.Answer`, "" while nobody has
    said one.
    """

    mailbox_id: str
    number: int
    address: str
    lost: int = 0
    of: int = 0
    why: str = ""
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
