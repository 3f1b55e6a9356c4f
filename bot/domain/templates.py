"""Merge fields: {{First Name}} and the like, found and understood. Filling them in is `rendering`.

Any column of the recipients' list is a field; {{Org Name}} and {{Sender Name}} are always there.
A field without a value is found before anything is sent (G5), unless it says what stands there
instead: {{First Name|default('there')}}. Nothing else of a template language is understood.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

ORG_NAME = "Org Name"
SENDER_NAME = "Sender Name"
LINK = "link"
# What may be done with a value: its letters, and (in a body) a link to where it leads.
FILTERS = ("upper", "lower", "title", "trim", LINK)
_FIELD = re.compile(
    r"\{\{\s*(?P<name>[^\W\d_][\w -]{0,39}?)\s*(?P<filters>(?:\|[^{}|]{1,200})*)\}\}"
)
_DEFAULT = re.compile(r"default\s*\(\s*['\"‘’“”](?P<words>[^'\"‘’“”]{0,150})['\"‘’“”]\s*\)")
_BRACES = re.compile(r"\{\{[^{}\n]{0,60}\}?\}?|\}\}|\{%[^{}\n]{0,60}(?:%\})?")

# Controls, and what turns the reading direction; halves of characters, which nothing can encode.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile(r"[\t\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One merge field as it is `written`; `default` stands in for a value that is not there."""

    name: str
    written: str
    filters: tuple[str, ...] = ()
    default: str = ""


def parts_of(text: str) -> Iterator[str | Field]:
    """Return a text as it reads: what stands there for itself, and the fields in between."""
    end = 0
    for found in _FIELD.finditer(text):
        field = _field(found)
        if field is not None:
            yield text[end : found.start()]
            yield field
            end = found.end()
    yield text[end:]


def fields_of(text: str) -> Sequence[str]:
    """Return the names of the merge fields in `text`, each once, in order."""
    return tuple(dict.fromkeys(each.name for each in _fields(text)))


def unknown_fields(text: str) -> Sequence[str]:
    """Return all braces in `text` that make no well-formed merge field, as written."""
    rest = "\n".join(each for each in parts_of(text) if isinstance(each, str))
    return tuple(dict.fromkeys(_BRACES.findall(rest)))


@lru_cache(maxsize=256)
def needed_fields(text: str) -> Sequence[str]:
    """Return the names of the fields in `text` that nothing stands in for."""
    return tuple(dict.fromkeys(each.name for each in _fields(text) if not each.default))


def missing_fields(text: str, values: Mapping[str, str]) -> Sequence[str]:
    """Return the fields of `text` that cannot do without the value `values` does not have."""
    return tuple(name for name in needed_fields(text) if not one_line(values.get(name, "")))


def visible(text: str) -> str:
    """Return a text without what cannot be seen; line ends and tabs stay."""
    return _CONTROLS.sub("", text)


def one_line(value: str) -> str:
    """Return a value as it may stand in a header: on one line, nothing in it unseen."""
    if value.isprintable():
        return value.strip()
    return visible(_LINE_ENDS.sub(" ", value)).strip()


def _fields(text: str) -> Iterator[Field]:
    return (each for each in parts_of(text) if isinstance(each, Field))


def _field(found: re.Match[str]) -> Field | None:
    """Return the field, None where something is asked of it that nobody understands."""
    filters, default = [], ""
    for asked in found["filters"].split("|")[1:]:
        words = _DEFAULT.fullmatch(asked.strip())
        if words is not None and words["words"].strip():
            default = words["words"]
        elif asked.strip() in FILTERS:
            filters.append(asked.strip())
        else:
            return None
    return Field(name=found["name"], written=found[0], filters=tuple(filters), default=default)
