"""Bars made of letters: Teams draws no charts. Their numbers always stand beside them."""

from cards.blocks import Block, line, run

WIDTH = 20
_GLYPHS = ("█", "▒", "░")


def bar(*parts: int, whole: int = 0, width: int = WIDTH) -> Block:
    """Return up to three parts of a whole, the fullest first; what is there is seen, however small
    it is. `whole`: what a full bar stands for, the sum of the parts where they are more.
    """
    most = max(whole, sum(parts), 1)
    drawn = ""
    for glyph, part in zip(_GLYPHS, parts, strict=False):
        drawn += glyph * max(min(part, 1), round(part * width / most))
    return line(run(drawn[:width].ljust(width, "·"), fontType="Monospace"))


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
