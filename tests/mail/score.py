"""How well mail is read: every target over the labelled messages, as a table."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.domain.inbound.kinds import BOUNCES as BOUNCE_KINDS
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.reader import read_mime
from bot.mailformats.flufl import failed_addresses
from tests.mail.corpora import BOUNCES, HUMAN, Labelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A labelled message, what was read in it, and the processor time that took, in seconds."""

    label: Labelled
    reading: MailReading
    took: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One line of the table: `wanted` is the least share, None where it is only told."""

    name: str
    hits: int
    of: int
    wanted: float | None
    missed: Sequence[str] = ()

    @property
    def share(self) -> float:
        """The share of hits, 1 where there was nothing to hit."""
        return self.hits / self.of if self.of else 1.0

    @property
    def holds(self) -> bool:
        """Whether the target is reached."""
        return self.wanted is None or self.share >= self.wanted


def read_all(messages: Iterable[Labelled]) -> list[Read]:
    """Read every message, timed."""
    found = []
    for label in messages:
        begun = time.thread_time()
        reading = read_mime(label.raw, other_formats=failed_addresses)
        found.append(Read(label=label, reading=reading, took=time.thread_time() - begun))
    return found


def measures(read: Sequence[Read]) -> list[Measure]:
    """Return the table. Reports that say “delayed” are no bounces yet (G8), whatever the label."""
    bounced = [each for each in read if each.label.expected in BOUNCES]
    late = [each for each in bounced if each.label.delayed]
    back = [each for each in bounced if not each.label.delayed]
    human = [each for each in read if each.label.expected in HUMAN]
    coded = [each for each in bounced if each.label.status]
    judged = [each for each in bounced if each.label.hard in ("true", "false")]
    named = [each for each in bounced if each.label.recipients]
    complained = [each for each in read if each.label.complains]
    automatic = [each for each in read if each.label.expected == "auto_reply"]
    return [
        _measure("bounces found", back, _is_bounce, 0.98),
        _measure("delays taken for delays", late, lambda it: it.reading.kind is Kind.DELAY, 1.0),
        _measure("human mail taken for no bounce", human, lambda it: not _is_bounce(it), 1.0),
        _measure("status exact", coded, lambda it: it.reading.status == it.label.status, 0.92),
        _measure("hard or soft as labelled", judged, _judged_so, 0.88),
        _measure("complaints", complained, lambda it: it.reading.kind is Kind.COMPLAINT, 1.0),
        _measure(
            "automatic replies", automatic, lambda it: it.reading.kind is Kind.AUTO_REPLY, None
        ),
        _measure("failed addresses exact", named, _named_so, None),
        _measure("under 10 ms", read, lambda it: it.took < 0.010, 0.99),
        _measure("under 1 s", read, lambda it: it.took < 1.0, 1.0),
    ]


def table(found: Sequence[Measure]) -> str:
    """Return the table as text."""
    lines = [f"{'':32}{'hits':>6}{'of':>6}{'share':>9}{'wanted':>9}"]
    for each in found:
        wanted = f"{each.wanted:9.1%}" if each.wanted is not None else f"{'':9}"
        verdict = "" if each.holds else "   MISSED"
        lines.append(f"{each.name:32}{each.hits:6}{each.of:6}{each.share:9.2%}{wanted}{verdict}")
    return "\n".join(lines)


def _measure(
    name: str, rows: Sequence[Read], hit: Callable[[Read], bool], wanted: float | None
) -> Measure:
    missed = [each.label.name for each in rows if not hit(each)]
    hits = len(rows) - len(missed)
    return Measure(name=name, hits=hits, of=len(rows), wanted=wanted, missed=missed)


def _is_bounce(each: Read) -> bool:
    return each.reading.kind in BOUNCE_KINDS


def _judged_so(each: Read) -> bool:
    return (each.reading.kind is Kind.BOUNCE_HARD) == (each.label.hard == "true")


def _named_so(each: Read) -> bool:
    return frozenset(each.reading.recipients) == each.label.recipients
