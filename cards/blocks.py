"""The few pieces every card is made of. Adaptive Cards 1.5.

`heading` and `text` take our own words only: a TextBlock reads Markdown. Whatever came from outside
goes into a TextRun, which reads none.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.views import Choice

Block = dict[str, Any]

LONGEST_LINE = 200
MOST_CHOICES = 40
_CUT = "…"
# Holds emoji and some scripts together.
_JOINER = "\u200d"
# Marks that turn the direction of text, and invisible ones: they can make a line read as another.
_DISGUISES = frozenset("\u061c\u200b\u200e\u200f\ufeff") | {
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2060, 0x206A))
}


def card(body: Iterable[Block], actions: Iterable[Block] = ()) -> Block:
    """Return a whole card."""
    buttons = list(actions)
    whole: Block = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "body": list(body),
    }
    return whole | ({"actions": buttons} if buttons else {})


def heading(words: str) -> Block:
    """Return a title in our own words."""
    return text(words) | {"size": "Large", "weight": "Bolder", "style": "heading"}


def text(words: str) -> Block:
    """Return a paragraph in our own words."""
    return {"type": "TextBlock", "text": words, "wrap": True}


def run(words: str, **style: object) -> Block:
    """Return words from anywhere, shown as they are."""
    return {"type": "TextRun", "text": clean(words), **style}


def line(*runs: Block) -> Block:
    """Return a line of runs; a run without text is no run, a line without runs a dash."""
    shown = [each for each in runs if each["text"]]
    return {"type": "RichTextBlock", "inlines": shown or [run("–")]}


def bold(words: str) -> Block:
    """Return words from anywhere in bold."""
    return run(words, weight="Bolder")


def facts(*rows: tuple[str, str]) -> Block:
    """Return labels and values one under another, the values from anywhere."""
    return {"type": "Container", "spacing": "Medium", "items": [_row(*each) for each in rows]}


def _row(label: str, value: str) -> Block:
    name = {"type": "TextBlock", "text": label, "wrap": True, "isSubtle": True}
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [
            {"type": "Column", "width": "88px", "items": [name]},
            {"type": "Column", "width": "stretch", "items": [line(run(value or "–"))]},
        ],
    }


def score(numbers: Iterable[tuple[str, int]]) -> Block:
    """Return numbers side by side, each over its word; at most four fit on a phone."""
    columns = [
        {
            "type": "Column",
            "width": "stretch",
            "items": [
                text(f"{many:,}") | {"size": "ExtraLarge", "weight": "Bolder"},
                text(word) | {"size": "Small", "isSubtle": True, "spacing": "None"},
            ],
        }
        for word, many in numbers
    ]
    return {"type": "ColumnSet", "spacing": "Medium", "columns": columns}


def problems(found: Sequence[str], most: int = 6) -> list[Block]:
    """Return what is wrong, said in words and not by colour alone; nothing when all is well."""
    if not found:
        return []
    lines = [line(run(each)) for each in found[:most]]
    items = [text("**Please check:**"), *lines, *more(len(found) - most)]
    return [{"type": "Container", "style": "attention", "items": items}]


def more(many: int, of: str = "") -> list[Block]:
    """Return the end of a list that was cut; nothing when it was not."""
    return [text(f"and {many:,} more {of}".rstrip())] if many > 0 else []


def group(items: Iterable[Block]) -> Block:
    """Return blocks that belong together, set off from those before."""
    return {"type": "Container", "separator": True, "spacing": "Medium", "items": list(items)}


def button(
    title: str,
    verb: str,
    data: Mapping[str, str] | None = None,
    *,
    inputs: bool = False,
    primary: bool = False,
) -> Block:
    """Return a button. `inputs`: it sends what was filled in."""
    pressed: Block = {"type": "Action.Execute", "title": title, "verb": verb}
    if data:
        pressed["data"] = dict(data)
    pressed["associatedInputs"] = "auto" if inputs else "none"
    return pressed | ({"style": "positive"} if primary else {})


def buttons(*shown: Block) -> Block:
    """Return buttons that stand inside a card, below what they are about."""
    return {"type": "ActionSet", "actions": list(shown)}


def field(
    id: str,
    label: str,
    value: str = "",
    *,
    most: int,
    multiline: bool = False,
    required: str = "",
) -> Block:
    """Return a text input holding what was typed before; `required` is what the client says where
    it is left empty, for a card whose every sending button needs it.
    """
    shown: Block = {"type": "Input.Text", "id": id, "label": label, "maxLength": most}
    if multiline:
        shown["isMultiline"] = True
    return shown | _required(required) | ({"value": value[:most]} if value else {})


def choice(
    id: str, label: str, choices: Sequence[Choice], value: str = "", *, required: str = ""
) -> Block:
    """Return a drop-down; what is no longer offered is not preselected. `required`: see `field`."""
    offered = choices[:MOST_CHOICES]
    shown: Block = {
        "type": "Input.ChoiceSet",
        "id": id,
        "label": label,
        "style": "compact",
        "choices": [{"title": clean(each.title, 60), "value": each.value} for each in offered],
    }
    known = any(each.value == value for each in offered)
    return shown | _required(required) | ({"value": value} if known else {})


def day_field(id: str, label: str, value: str = "") -> Block:
    """Return an input for a day, written 2026-11-24."""
    return {"type": "Input.Date", "id": id, "label": label} | ({"value": value} if value else {})


def time_field(id: str, label: str, value: str = "") -> Block:
    """Return an input for a time of the day, written 09:00."""
    return {"type": "Input.Time", "id": id, "label": label} | ({"value": value} if value else {})


def beside(*inputs: Block) -> Block:
    """Return inputs side by side; at most four fit on a phone."""
    columns = [{"type": "Column", "width": "stretch", "items": [each]} for each in inputs]
    return {"type": "ColumnSet", "columns": columns}


def _required(words: str) -> Block:
    return {"isRequired": True, "errorMessage": words} if words else {}


def clean(words: str, most: int = LONGEST_LINE) -> str:
    """Return words on one line without control characters and disguises, at most `most` bytes of
    UTF-8: a card is limited in bytes.
    """
    spaced = re.sub(r"\s+", " ", words[: 4 * most])
    kept = "".join(each for each in spaced if each == _JOINER or not _is_disguise(each))
    if len(kept.encode()) <= most:
        return kept
    return kept.encode()[: most - len(_CUT.encode())].decode(errors="ignore") + _CUT


def _is_disguise(character: str) -> bool:
    return character in _DISGUISES or unicodedata.category(character).startswith("C")
