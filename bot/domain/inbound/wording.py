"""Text made comparable: so that lists of words need not know capitals, accents or tags."""

import re
import unicodedata

_BLANKS = re.compile(r"\s+")
_TAG = re.compile(r"^\s*[\[(<*][^\])>]{1,30}[\])>*][\s:]*")
_PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "‑": "-", "–": "-", "—": "-"}
    | {"ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}
)
_MOST_TAGS = 4


def folded(text: str) -> str:
    """Return the text without capitals and accents, with plain quotes and dashes."""
    plain = text.translate(_PLAIN)
    if plain.isascii():
        return plain.lower()
    apart = unicodedata.normalize("NFKD", plain.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


def one_line(text: str) -> str:
    """Return the folded text with every run of blanks as one."""
    return _BLANKS.sub(" ", folded(text)).strip()


def untagged(subject: str) -> str:
    """Return a folded subject without the tags that gateways put before it: [EXTERNAL], (EXT)."""
    line = one_line(subject)
    for _ in range(_MOST_TAGS):
        shorter = _TAG.sub("", line, count=1)
        if shorter == line or not shorter:
            return line
        line = shorter
    return line


def folded_all(listed: tuple[str, ...]) -> tuple[str, ...]:
    """Return a list of words as they stand in folded text."""
    return tuple(map(folded, listed))


def any_of(text: str, listed: tuple[str, ...]) -> str:
    """Return the first of the words that stands in a folded text, "" where none does."""
    return next((each for each in listed if each in text), "")
