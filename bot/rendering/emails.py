"""Emails of a sequence, filled in: sandboxed Jinja2 over templates made safe once.

A template is compiled at its first use and kept. A field is a plain variable under a name of ours;
only fields and a few filters reach Jinja2, and nothing of a value is ever read as a template.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from jinja2 import StrictUndefined, Template, UndefinedError
from jinja2.filters import do_default, do_lower, do_title, do_trim, do_upper
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.domain.letters import Letter
from bot.domain.sender import is_link
from bot.domain.templates import LINK, Field, missing_fields, one_line, parts_of
from bot.rendering.markup import AS_TEXT, IN_URL, WHOLE_URL, marked
from bot.rendering.plain import as_text

# Delimiters no text can hold: control characters are taken out of it before.
_OPEN, _CLOSE = "\x02{", "}\x02"
_KEPT = 256
_ADDRESS = {AS_TEXT: "", IN_URL: "|in_url", WHOLE_URL: "|whole_url"}


class FieldError(ValueError):
    """A value is missing, or is no link where one is needed. The check before it finds that."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A template, and our names for its fields; `fixed` is what one without any says."""

    template: Template
    names: tuple[tuple[str, str], ...]
    fixed: str

    def filled(self, values: Mapping[str, str]) -> str:
        if not self.names:
            return self.fixed
        known = ((ours, one_line(values.get(name, ""))) for ours, name in self.names)
        try:
            return self.template.render({ours: value for ours, value in known if value})
        except UndefinedError as error:
            raise FieldError("a merge field has no value") from error


@dataclass(frozen=True, slots=True)
class _Body:
    html: _Compiled
    text: _Compiled
    links: frozenset[str]
    problems: tuple[str, ...]


def filled_in(subject: str, body: str, values: Mapping[str, str]) -> Letter:
    """Return an email with every value in its place: escaped in HTML, on one line everywhere.

    Raises:
        FieldError: a value is missing or no link; callers ask `missing_fields` and `link_fields`.
    """
    template = _body(body)
    return Letter(
        subject=filled_line(subject, values),
        html=template.html.filled(values),
        text=template.text.filled(values),
    )


def filled_line(line: str, values: Mapping[str, str]) -> str:
    """Return a subject filled in: one line, whatever the values hold (RFC 5322, 2.2).

    Raises:
        FieldError: a value is missing.
    """
    return _line(line).filled(values)


def line_as_it_left(line: str, values: Mapping[str, str]) -> str:
    """Return a subject filled in; as it was written where a value has gone since."""
    return line if missing_fields(line, values) else filled_line(line, values)


def problems_of(subject: str, body: str) -> tuple[str, ...]:
    """Return what of a template cannot be sent, as sentences about the email without their begin;
    for one whose fields are all written rightly.
    """
    linked = any(LINK in each.filters for each in parts_of(subject) if isinstance(each, Field))
    wrong = ("makes a link in its subject, where none can stand",) if linked else ()
    template = _body(body)
    said = as_text(marked(body).html)
    empty = ("has no text that anybody could read",) if body.strip() and not said else ()
    return (*wrong, *template.problems, *empty)


def link_fields(body: str) -> frozenset[str]:
    """Return the names of the fields whose value must be a web address."""
    return _body(body).links


@lru_cache(maxsize=_KEPT)
def _body(body: str) -> _Body:
    made = marked(body)
    links = {int(found[2]) for found in made.mark.finditer(made.html) if found[1] == WHOLE_URL}
    return _Body(
        html=_compiled(made.html, made.fields, made.mark, escape=True),
        text=_compiled(made.text or as_text(made.html), made.fields, made.mark, escape=False),
        links=frozenset(made.fields[number].name for number in links),
        problems=made.problems,
    )


@lru_cache(maxsize=_KEPT)
def _line(line: str) -> _Compiled:
    fields: list[Field] = []
    out: list[str] = []
    for part in parts_of(one_line(line)):
        if isinstance(part, str):
            out.append(part)
        else:
            out.append(_expression(len(fields), part, AS_TEXT))
            fields.append(part)
    return _made("".join(out), fields, escape=False)


def _compiled(
    source: str, fields: tuple[Field, ...], mark: re.Pattern[str], *, escape: bool
) -> _Compiled:
    written = mark.sub(
        lambda found: _expression(int(found[2]), fields[int(found[2])], found[1]), source
    )
    return _made(written, fields, escape=escape)


def _expression(number: int, field: Field, place: str) -> str:
    default = f"|default(d{number}, true)" if field.default else ""
    filters = "".join(f"|{each}" for each in field.filters if each != LINK)
    return f"{_OPEN} f{number}{default}{filters}{_ADDRESS[place]} {_CLOSE}"


def _made(source: str, fields: Sequence[Field], *, escape: bool) -> _Compiled:
    defaults: dict[str, object] = {f"d{number}": each.default for number, each in enumerate(fields)}
    made = (_HTML if escape else _TEXT).from_string(source)
    made.globals = defaults  # Jinja2 copies its own chain of them for every email, slowly
    names = tuple((f"f{number}", each.name) for number, each in enumerate(fields))
    return _Compiled(template=made, names=names, fixed="" if names else made.render())


def _in_url(value: str) -> str:
    return quote(value, safe="")


def _whole_url(value: str) -> str:
    if not is_link(value):
        raise FieldError("a value is no link")
    return value


def _environment(*, escape: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        variable_start_string=_OPEN,
        variable_end_string=_CLOSE,
        block_start_string="\x02%",
        block_end_string="%\x02",
        comment_start_string="\x02#",
        comment_end_string="#\x02",
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=escape,
    )
    made.globals.clear()
    made.tests.clear()
    made.filters = {
        "default": do_default,
        "upper": do_upper,
        "lower": do_lower,
        "title": do_title,
        "trim": do_trim,
        "in_url": _in_url,
        "whole_url": _whole_url,
    }
    return made


_HTML = _environment(escape=True)
_TEXT = _environment(escape=False)
