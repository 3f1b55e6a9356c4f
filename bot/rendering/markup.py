"""The HTML of a template, made safe once, with marks where values will stand.

Marks are letters and digits, so they come through the sanitiser (nh3, that is ammonia) where text
comes through, and nowhere else. Values are put in afterwards, each escaped for its place: no value
can become markup, whatever it says, and nothing is left to sanitise for each email.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import nh3

from bot.domain.templates import LINK, Field, parts_of, visible

# How a value is written: as text, as a part of an address, as the whole address of a link.
AS_TEXT, IN_URL, WHOLE_URL = "t", "u", "w"
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_TAGS = {"p", "br", "a", "b", "strong", "i", "em", "u", "ul", "ol", "li", "h1", "h2", "h3",
         "blockquote", "table", "thead", "tbody", "tr", "td", "th", "img", "span", "div",
         "hr"}  # fmt: skip
_GONE_WITH_TEXT = {"script", "style", "title", "head", "template", "noscript", "iframe", "svg",
                   "math", "object", "textarea", "select", "button"}  # fmt: skip
_MARKUP = re.compile(
    rf"</?(?:{'|'.join(sorted(_TAGS | _GONE_WITH_TEXT | {'html', 'body', 'font', 'form'}))})"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
# As nh3 writes them: attributes in double quotes, which do not stand inside.
_TAG = re.compile(r'<[a-z][a-z0-9]*(?: [a-z]+="[^"]*")+ ?/?>')
_ATTRIBUTE = re.compile(r'( [a-z]+=")([^"]*)"')
_WEB = re.compile(r"https?://[^\s<>\"'“”‘’]*[^\s<>\"'“”‘’.,;:!?)\]]")
# A value may stand behind the name of the site only: before that it would say where the link leads.
_SITE = re.compile(r"https?://[^/?#\s]+[/?#].*|mailto:[^?\s]+\?.*", re.DOTALL)
_HTTPS = re.compile(r"https://\S+")
_IN_TAG = re.compile(r"<[a-zA-Z][^<>]*=[^<>]*$")
_NUMBER = re.compile(r"[0-9]{1,4}%?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A body with marks for its `fields`, as HTML and as the text it came from ("" for HTML)."""

    html: str
    text: str
    fields: tuple[Field, ...]
    mark: re.Pattern[str]
    problems: tuple[str, ...] = ()


def marked(body: str) -> Marked:
    """Return a body, HTML or text, as safe HTML; `problems` say what of it cannot be sent."""
    plain = visible(body.replace("\r\n", "\n"))
    seed = f"f{sha256(plain.encode()).hexdigest()[:20]}"
    mark = re.compile(rf"{seed}([{AS_TEXT}{IN_URL}{WHOLE_URL}])([0-9]+)x")
    is_html = _MARKUP.search(plain) is not None
    source, fields = _with_marks(plain, seed, linked=is_html)
    if not is_html:
        source = _in_addresses(source, mark)
    written = source if is_html else _as_html(source, fields, mark)
    clean, wrong = _placed(_sanitised(written), fields, mark)
    there = {int(found[2]) for found in mark.finditer(clean)}
    lost = [each.written for number, each in enumerate(fields) if number not in there]
    problems = [*wrong, *(f"has {each} inside HTML that is not sent" for each in lost)]
    return Marked(
        html=visible(clean),
        text="" if is_html else source,
        fields=fields,
        mark=mark,
        problems=tuple(dict.fromkeys(problems)),
    )


def _sanitised(markup: str) -> str:
    """Return HTML without anything that runs, frames, hides, or asks."""
    return nh3.clean(
        markup,
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_TEXT,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    match name:
        case "src":
            return value if _HTTPS.fullmatch(value) else None
        case "width" | "height" | "colspan" | "rowspan":
            return value if _NUMBER.fullmatch(value) else None
        case _:
            return value


def _with_marks(text: str, seed: str, *, linked: bool) -> tuple[str, tuple[Field, ...]]:
    """Return the text with a mark in the place of each field; `linked`: with the links it asks."""
    fields: list[Field] = []
    out: list[str] = []
    for part in parts_of(text):
        if isinstance(part, str):
            out.append(part)
            continue
        mark = f"{seed}{AS_TEXT}{len(fields)}x"
        wanted = linked and LINK in part.filters and not _IN_TAG.search("".join(out))
        out.append(_link(mark) if wanted else mark)
        fields.append(part)
    return "".join(out), tuple(fields)


def _in_addresses(text: str, mark: re.Pattern[str]) -> str:
    """Return the text with the marks inside web addresses told from the others."""
    return _WEB.sub(
        lambda found: _turned(found[0], mark, IN_URL) if _is_sited(found[0], mark) else found[0],
        text,
    )


def _as_html(text: str, fields: Sequence[Field], mark: re.Pattern[str]) -> str:
    """Return text as HTML: paragraphs and line ends kept, addresses made links."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "".join(
        f"<p>{'<br>'.join(_line(line, fields, mark) for line in block.split(chr(10)))}</p>"
        for block in paragraphs
    )


def _line(line: str, fields: Sequence[Field], mark: re.Pattern[str]) -> str:
    def asked(found: re.Match[str]) -> str:
        wants = found[1] == AS_TEXT and LINK in fields[int(found[2])].filters
        return _link(found[0]) if wants else found[0]

    end, out = 0, []
    for found in _WEB.finditer(line):
        out.append(mark.sub(asked, html.escape(line[end : found.start()])))
        address = html.escape(found[0])
        out.append(_link(address) if _is_sited(found[0], mark) else mark.sub(asked, address))
        end = found.end()
    out.append(mark.sub(asked, html.escape(line[end:])))
    return "".join(out)


def _link(address: str) -> str:
    return f'<a href="{address}">{address}</a>'


def _placed(
    clean: str, fields: Sequence[Field], mark: re.Pattern[str]
) -> tuple[str, tuple[str, ...]]:
    """Return the sanitised HTML with its marks told apart by their place, and what is wrong."""
    problems: list[str] = []

    def attribute(found: re.Match[str]) -> str:
        opening, value = found[1], found[2]
        if not mark.search(value) or opening not in (' href="', ' src="'):
            return found[0]
        if opening == ' href="' and mark.fullmatch(value):
            return f'{opening}{_turned(value, mark, WHOLE_URL)}"'
        if opening == ' href="' and _is_sited(html.unescape(value), mark):
            return f'{opening}{_turned(value, mark, IN_URL)}"'
        problems.extend(_misplaced(value, fields, mark))
        return found[0]

    placed = _TAG.sub(lambda tag: _ATTRIBUTE.sub(attribute, tag[0]), clean)
    return placed, tuple(problems)


def _misplaced(value: str, fields: Sequence[Field], mark: re.Pattern[str]) -> Iterator[str]:
    for found in mark.finditer(value):
        yield (
            f"has {fields[int(found[2])].written} in an address, where it would say which site "
            "that leads to. Behind it all is well, as in https://example.com/?id={{Id}}"
        )


def _is_sited(address: str, mark: re.Pattern[str]) -> bool:
    """Whether an address says its site before any value comes."""
    first = mark.search(address)
    return first is None or _SITE.fullmatch(address[: first.start()]) is not None


def _turned(text: str, mark: re.Pattern[str], kind: str) -> str:
    """Return the text with its marks of one kind."""
    return mark.sub(
        lambda found: f"{found[0][: found.start(1) - found.start()]}{kind}{found[2]}x", text
    )
