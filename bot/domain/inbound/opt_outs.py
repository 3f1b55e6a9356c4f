"""Opt-outs by reply: somebody orders us to write no more. In doubt it is a person's mail like any.

Whole short sentences of what was written now, and nothing beside them that asks, limits or takes
back: whoever is opted out by mistake hears nothing more, and nobody notices.
"""

import re

from bot.domain.inbound import opt_out_words as words
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.newly_written import newly_written
from bot.domain.inbound.opened import Opened
from bot.domain.inbound.wording import any_of, folded, folded_all, one_line, untagged

_SENTENCE = re.compile(r"[.!\n;:。！；…]+")
_QUESTION = ("?", "？", "؟")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_GREETINGS = folded_all(words.GREETINGS)
_DOUBTS_INSIDE = folded_all(words.DOUBTS_INSIDE)
# Whoever is told to answer with a word may put it in marks, as it was told.
_AROUND = " ,-\"'()“”„‚‘’«»‹›「」『』"
_LONGEST_TEXT = 600
_LONGEST_SENTENCE = 140
_FIRST_SENTENCES = 5
# The mail program's own button, where the sender offers no address of the web.
_APPLE = "x-apple-unsubscribe"


def _compiled(sentences: tuple[str, ...]) -> re.Pattern[str]:
    before, after = folded("|".join(words.BEFORE)), folded("|".join(words.AFTER))
    middle = "|".join(f"(?:{folded(each)})" for each in sentences)
    return re.compile(rf"(?:(?:{before})[, ]*){{0,3}}(?:{middle})(?:[, ]*(?:{after})){{0,2}}")


_LANGUAGES = tuple(
    (name, _compiled(sentences), frozenset(folded(doubts).split()))
    for name, sentences, doubts in words.LANGUAGES
)


def opt_out(opened: Opened) -> MailReading | None:
    """Return the opt-out a message is; None where it is none, or not clearly."""
    if opened.header(_APPLE) == "true":
        return _found(opened, "the mail program's own button")
    text = newly_written(opened)
    if not text.strip() and not opened.answered_id:
        text = untagged(opened.subject)
    ordered = ordered_in(text)
    return _found(opened, ordered) if ordered else None


def ordered_in(text: str) -> str:
    """Return the language and the sentence in which a text orders us to write no more; "" where it
    does not, or asks, doubts or says much else.
    """
    plain = folded(text).strip()
    asks = any(each in plain for each in _QUESTION)
    if not plain or len(plain) > _LONGEST_TEXT or asks or any_of(plain, _DOUBTS_INSIDE):
        return ""
    said = frozenset(_WORD.findall(plain))
    for sentence in _sentences(plain):
        for language, pattern, doubts in _LANGUAGES:
            if pattern.fullmatch(sentence) and said.isdisjoint(doubts):
                return f"{language}, “{sentence}”"
    return ""


def _sentences(plain: str) -> list[str]:
    """Return the first sentences, each also without the greeting before its first comma."""
    found: list[str] = []
    for each in _SENTENCE.split(plain)[: 4 * _FIRST_SENTENCES]:
        sentence = one_line(each).strip(_AROUND)
        if not sentence or len(sentence) > _LONGEST_SENTENCE or "http" in sentence:
            continue
        found.append(sentence)
        greeting, comma, rest = sentence.partition(",")
        if comma and greeting.partition(" ")[0] in _GREETINGS:
            found.append(rest.strip())
    return found[:_FIRST_SENTENCES]


def _found(opened: Opened, ordered: str) -> MailReading:
    return MailReading(
        kind=Kind.OPT_OUT,
        why=f"It orders us to write no more: {ordered}.",
        original_message_id=opened.answered_id,
    )
