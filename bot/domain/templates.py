"""Merge fields: {{First Name}} and the like, found and filled in.

Any column of the recipients' list is a field; {{Org Name}} and {{Sender Name}} are always there.
A field without a value is found before anything is sent (G5), never sent empty.
"""

import html
import re
from collections.abc import Mapping, Sequence

ORG_NAME = "Org Name"
SENDER_NAME = "Sender Name"
_FIELD = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9 _-]{0,39}?)\s*\}\}")
_BRACES = re.compile(r"\{\{[^{}]{0,60}\}?\}?|\}\}")


def fields_of(text: str) -> Sequence[str]:
    """Return the names of the merge fields in `text`, each once, in order."""
    return tuple(dict.fromkeys(_FIELD.findall(text)))


def unknown_fields(text: str) -> Sequence[str]:
    """Return every pair of braces in `text` that is no well-formed merge field, as written."""
    return tuple(dict.fromkeys(_BRACES.findall(_FIELD.sub("", text))))


def missing_fields(text: str, values: Mapping[str, str]) -> Sequence[str]:
    """Return the fields of `text` for which `values` has nothing."""
    return tuple(name for name in fields_of(text) if not values.get(name, "").strip())


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its fields filled in, on one value each, control characters removed.

    Raises:
        KeyError: a field has no value; callers ask `missing_fields` first.
    """
    return _FIELD.sub(lambda found: _clean(values[found.group(1)]), text)


def as_html(text: str) -> str:
    """Return plain text as the HTML body of an email: paragraphs kept, nothing else believed."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    inner = "".join(f"<p>{html.escape(block).replace(chr(10), '<br>')}</p>" for block in paragraphs)
    return f"<html><body>{inner}</body></html>"


def _clean(value: str) -> str:
    return "".join(mark for mark in value if mark >= " ").strip()
