"""The part of a message that its writer wrote now: not what it quotes, and no signature.

In doubt rather too little than too much: our own footer, which tells how to opt out, is in every
quote.
"""

import re

from bot.domain.inbound import quote_words as words
from bot.domain.inbound.markup import plain_text
from bot.domain.inbound.opened import MOST_TEXT, Opened
from bot.domain.inbound.wording import any_of, folded, folded_all

_STARTS = folded_all(words.ATTRIBUTION_STARTS)
_ENDS = folded_all(words.ATTRIBUTION_ENDS)
_VERBS = folded_all(words.ATTRIBUTION_VERBS)
_DIVIDERS = folded_all(words.DIVIDERS)
_NAMES = folded_all(words.HEADER_NAMES)
_FOLLOWERS = folded_all(words.HEADER_FOLLOWERS)
_DEVICES = folded_all(words.DEVICES)
# How mail programs mark what they quote in HTML.
_HTML_QUOTES = (
    "<blockquote", "divrplyfwdmsg", "gmail_quote", "gmail_attr", "appendonsend", "yahoo_quoted",
    "moz-cite-prefix", "protonmail_quote", "olk_src_body_section", "mail-editor-reference",
    "stopspelling", "border-top:solid #e1e1e1", "border-top:solid #b5c4df", "x_divrplyfwdmsg",
    "reply-intro", "zmail_extra", "<hr",
)  # fmt: skip
_RULE = re.compile(r"[_\-=*]{5,}$")
_SIGNATURE = ("-- ", "--")
_LONGEST_LINE = 300
_MOST_LINES = 400


def newly_written(opened: Opened) -> str:
    """Return the text its writer wrote now, "" where nothing of the kind can be found."""
    plain = "\n".join(opened.of_kind("text/plain"))
    if not plain.strip():
        plain = "\n".join(map(_html_start, opened.of_kind("text/html")))
    return without_quotes(plain[:MOST_TEXT])


def without_quotes(text: str) -> str:
    """Return a plain text up to its signature or to what it quotes; quoted lines before are left
    out.
    """
    lines = [line[:_LONGEST_LINE].rstrip("\r") for line in text.splitlines()[:_MOST_LINES]]
    plain = [folded(line).strip() for line in lines]
    kept: list[str] = []
    for number, line in enumerate(plain):
        if _ends_here(plain, number) or lines[number] in _SIGNATURE:
            break
        if not line.startswith((">", "|")):
            kept.append(lines[number])
    return "\n".join(kept).strip()


def _html_start(markup: str) -> str:
    lowered = markup.lower()
    found = [at for at in (lowered.find(mark) for mark in _HTML_QUOTES) if at >= 0]
    if not found or len(lowered) != len(markup):
        return plain_text(markup)
    start = markup[: min(found)]
    return plain_text(start[: start.rfind("<")] if start.rfind("<") > start.rfind(">") else start)


def _ends_here(lines: list[str], number: int) -> bool:
    line = lines[number]
    if not line:
        return False
    if line.startswith(_DEVICES) and len(line) < 80:
        return True
    bare = line.strip("-_=*> ")
    if bare.startswith(_DIVIDERS) and (len(bare) < 40 or bare != line):
        return True
    if _RULE.match(line) and len(line) >= 20:
        return True
    return _attribution(lines, number) or _header_block(lines, number)


def _attribution(lines: list[str], number: int) -> bool:
    """A line such as "On 3 January Ana wrote:", which mail programs break into two or three."""
    if not lines[number].startswith(_STARTS) and "@" not in lines[number]:
        return False
    joined = ""
    for line in lines[number : number + 4]:
        if not line:
            return False
        joined = f"{joined} {line}".strip()
        dated = any(each.isdigit() for each in joined) or "@" in joined
        named_last = joined.endswith(":") and bool(any_of(joined, _VERBS))
        if dated and (named_last or joined.endswith(_ENDS)):
            return True
    return False


def _header_block(lines: list[str], number: int) -> bool:
    bold = [line.strip("* ").replace("*", "") for line in lines[number : number + 6]]
    if not bold[0].startswith(_NAMES):
        return False
    return any(line.startswith(_FOLLOWERS) for line in bold[1:])
