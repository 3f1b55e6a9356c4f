"""Bars made of letters: Teams draws no charts. Their numbers always stand beside them."""

from cards.blocks import Block, run

_WIDTH = 20
_GLYPHS = ("█", "▒", "░")


def bar(*parts: int, whole: int) -> Block:
    """Return up to three parts of a whole, the first the fullest; what is there is seen, however
    small it is. Where they are more than the whole, they are the whole.
    """
    most = max(whole, sum(parts), 1)
    drawn = ""
    for glyph, part in zip(_GLYPHS, parts, strict=False):
        drawn += glyph * max(min(part, 1), round(part * _WIDTH / most))
    return run(drawn[:_WIDTH].ljust(_WIDTH, "░"), fontType="Monospace")


def row(label: Block, *items: Block) -> Block:
    """Return a row: what it is, and what there is to see of it."""
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [
            {"type": "Column", "width": "108px", "items": [label]},
            {"type": "Column", "width": "stretch", "items": list(items)},
        ],
    }
