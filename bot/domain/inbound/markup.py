"""HTML as the text a reader sees: good enough to look for words in, and linear in its length."""

import html
import re

_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/tr|/h[1-6]|/li|/blockquote)\b")
_UNSEEN = ("style", "script", "head", "title")
_MARKS = re.compile(r"[ \t\u00a0]+")


def plain_text(markup: str) -> str:
    """Return the text of HTML, one block a line."""
    seen = _without_tags(_BREAK.sub("\n<", _shown(markup)))
    return _MARKS.sub(" ", html.unescape(seen))


def _shown(markup: str) -> str:
    """Return the markup without what is never shown."""
    lowered = markup.lower()
    for name in _UNSEEN:
        if f"<{name}" in lowered:
            markup = _without(markup, lowered, f"<{name}", f"</{name}>")
            lowered = markup.lower()
    return _without(markup, lowered, "<!--", "-->") if "<!--" in lowered else markup


def _without(markup: str, lowered: str, opening: str, closing: str) -> str:
    if len(lowered) != len(markup):  # a letter that changes length: not worth following
        return markup
    kept, position = [], 0
    while (start := lowered.find(opening, position)) >= 0:
        kept.append(markup[position:start])
        end = lowered.find(closing, start)
        position = end + len(closing) if end >= 0 else len(markup)
    return "".join([*kept, markup[position:]])


def _without_tags(markup: str) -> str:
    kept: list[str] = []
    for piece in markup.split("<"):
        _, closed, text = piece.partition(">")
        kept.append(text if closed or not kept else "")
    first, _, _ = markup.partition("<")
    return first + "".join(kept[1:])
