"""What any card may show: help, refusals, receipts, choices."""

from dataclasses import dataclass


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
