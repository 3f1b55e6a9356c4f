"""Who of a list is left out, by reason (B6)."""

from collections.abc import Sequence
from itertools import chain

from bot.domain.participant import LeftOut, Omission
from cards.blocks import Block, bold, clean, group, line, more, run, text
from cards.words import people

_REASONS = {
    Omission.LACKING: "A value is missing",
    Omission.UNREADABLE: "No usable address",
    Omission.UNDER_WAY: "Under way in this sequence already",
    Omission.SUPPRESSED: "Not written to any more",
    Omission.TWICE: "Listed twice",
}
# Said by the heading already.
_PLAIN = (Omission.UNDER_WAY, Omission.TWICE)
_MOST_NAMED = 4
_LONGEST = 80


def left_out(title: str, found: Sequence[LeftOut]) -> list[Block]:
    """Draw how many get nothing, and for each reason the first of them; nothing for nobody."""
    if not found:
        return []
    reasons = [
        _reason(words, [each for each in found if each.kind is kind])
        for kind, words in _REASONS.items()
    ]
    return [group([text(f"**{title}: {people(len(found))}**"), *chain.from_iterable(reasons)])]


def _reason(words: str, found: Sequence[LeftOut]) -> list[Block]:
    if not found:
        return []
    named = [
        line(
            run(clean(each.text, _LONGEST)),
            run("" if each.kind in _PLAIN else f" – {clean(each.why, _LONGEST)}"),
        )
        | {"spacing": "None"}
        for each in found[:_MOST_NAMED]
    ]
    return [line(bold(f"{words}: {len(found):,}")), *named, *more(len(found) - len(named))]
