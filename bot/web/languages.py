"""The languages that strangers are spoken to in: a table of words for each, and which one it is."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import normalize

_ELSE = "en"
# Norwegian is asked for by three names, and written here by one of them (RFC 5646, 4.1.1).
_SAME = {"no": "nb", "nn": "nb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one page says. `button` is "" where there is nothing to press."""

    heading: str
    says: Sequence[str]
    button: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: its own `name`, its word for `language`, and the `word` that opts out where an
    email is answered with it.
    """

    tag: str
    name: str
    language: str
    word: str
    questions: str
    instead: str
    pages: Mapping[str, Words]
    direction: str = "ltr"


@cache
def languages() -> Mapping[str, Language]:
    """Return every language by its tag, in the order of their own names."""
    read = map(_read, (Path(__file__).parent / "words").glob("*.toml"))
    return {each.tag: each for each in sorted(read, key=lambda each: normalize("NFD", each.name))}


def language_of(chosen: str, accepted: Iterable[str]) -> Language:
    """Return the language somebody chose by its tag, else the one they like best of those that
    their browser names (`accepted` are the values of Accept-Language: RFC 9110, 12.5.4), else
    English.
    """
    if chosen in languages():
        return languages()[chosen]
    ranges = [_weighed(each) for value in accepted for each in value.split(",")]
    for tag, weight in sorted(ranges, key=lambda each: -each[1]):
        known = _known(tag) if weight > 0 else None
        if known is not None:
            return known
    return languages()[_ELSE]


def _known(tag: str) -> Language | None:
    """Return a language by the first part of a tag: `de-CH-1996` is `de` (RFC 4647, 3.4)."""
    main = tag.partition("-")[0]
    return languages().get(_SAME.get(main, main))


def _weighed(said: str) -> tuple[str, float]:
    """Return a language range and how much it is liked, 0 where that cannot be read."""
    tag, _, weight = said.partition(";")
    name, _, value = weight.partition("=")
    if not weight.strip():
        return tag.strip().lower(), 1.0
    try:
        liked = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        liked = 0.0
    return tag.strip().lower(), liked if 0 <= liked <= 1 else 0.0


def _read(path: Path) -> Language:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    pages = {key: Words(**told.pop(key)) for key in list(told) if isinstance(told[key], dict)}
    return Language(tag=path.stem, pages=pages, **told)
