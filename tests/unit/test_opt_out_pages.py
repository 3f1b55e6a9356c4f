"""The opt-out pages as a browser and a screen reader find them, in every language and state."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import get_args

import pytest
from aiohttp import web

from bot.web.languages import Language, languages
from bot.web.opt_out_pages import State, opt_out_page

LANGUAGES = languages()
STATES: tuple[State, ...] = get_args(State)
ORGANISATION, SUPPORT = "Contoso <b>& Söhne</b>", "help+us@contoso.example"
EVERY = pytest.mark.parametrize(
    ("state", "language"),
    [(state, language) for state in STATES for language in LANGUAGES.values()],
    ids=[f"{state}-{tag}" for state in STATES for tag in LANGUAGES],
)
WORD_JOINER = "\u2060"
VOID = {"meta"}
NAMES_A_PLACE = {"src", "srcset", "href", "action", "background", "poster", "data"}
# What each theme sets on what: text on its ground, or the mark of focus on it.
PAIRS = (
    ("ink", "paper"), ("ink", "room"), ("soft", "paper"), ("soft", "room"), ("on-act", "act"),
)  # fmt: skip


@dataclass
class Seen(HTMLParser):
    """Elements in order, each with its attributes and the text directly or indirectly in it."""

    elements: list[tuple[str, dict[str, str], list[str]]] = field(default_factory=list)
    open: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, []))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag, f"</{tag}> ends nothing"

    def handle_data(self, data: str) -> None:
        for each in self.open:
            self.elements[each][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str], str]]:
        return [
            (attributes, " ".join("".join(text).split()))
            for found, attributes, text in self.elements
            if found == tag
        ]


def shown(answer: web.Response) -> Seen:
    seen = Seen()
    assert isinstance(answer.text, str)
    seen.feed(answer.text)
    seen.close()
    assert seen.open == []
    return seen


def answered(state: State, language: Language, support: str = SUPPORT) -> web.Response:
    return opt_out_page(state, language, ORGANISATION, support, 60 if state == "many" else 0)


@EVERY
def test_a_page_says_its_language_has_one_heading_and_one_button_at_most(
    state: State, language: Language
) -> None:
    page = shown(answered(state, language))
    ((html, _),) = page.all("html")
    assert (html["lang"], html["dir"]) == (language.tag, language.direction)
    ((_, heading),) = page.all("h1")
    assert page.all("title") == [({}, heading.replace(WORD_JOINER, ""))]
    assert re.search(r"\be-\w", heading, re.IGNORECASE) is None
    assert len(page.all("main")) == 1
    pressed = [text for _, text in page.all("button")]
    assert pressed == ([language.pages["ask"].button] if state == "ask" else [])
    assert [form for form, _ in page.all("form")] == [{"method": "post"}] * (state == "ask")
    again = [text for link, text in page.all("a") if link.get("class") == "button"]
    assert again == ([language.pages["busy"].button] if state == "busy" else [])


@EVERY
def test_a_page_names_the_organisation_and_whom_to_ask_and_leaves_nothing_open(
    state: State, language: Language
) -> None:
    page = shown(answered(state, language))
    ((_, text),) = page.all("main")
    assert ORGANISATION in text
    assert SUPPORT in text
    assert not re.search(r"[{}]", text)
    assert page.all("b") == []
    links = [link["href"] for link, name in page.all("a") if name == SUPPORT]
    assert links == ["mailto:help%2Bus@contoso.example"]
    if state in ("wrong", "many", "busy"):
        assert language.word in text


@EVERY
def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing(
    state: State, language: Language
) -> None:
    page = shown(answered(state, language))
    tags = {tag for tag, _, _ in page.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "base", "input", "svg"})
    for _, attributes, _ in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in NAMES_A_PLACE & set(attributes):
            assert re.fullmatch(r"\?lang=[a-z]{2}|mailto:[^/]+", attributes[name])
    ((_, style),) = page.all("style")
    assert "url(" not in style
    assert "@import" not in style


@EVERY
def test_every_language_can_be_chosen_from_every_page(state: State, language: Language) -> None:
    page = shown(answered(state, language))
    ((row, _),) = page.all("nav")
    assert row["aria-label"] == language.language
    links = [(link, name) for link, name in page.all("a") if "hreflang" in link]
    assert [name for _, name in links] == [each.name for each in LANGUAGES.values()]
    for link, _ in links:
        tag = link["hreflang"]
        assert (link["href"], link["lang"]) == (f"?lang={tag}", tag)
        assert link["dir"] == LANGUAGES[tag].direction
    assert [link["lang"] for link, _ in links if "aria-current" in link] == [language.tag]


@pytest.mark.parametrize("state", STATES)
def test_headers_keep_it_to_itself(state: State) -> None:
    answer = answered(state, LANGUAGES["de"])
    assert answer.status == {"wrong": 404, "many": 429, "busy": 503}.get(state, 200)
    assert answer.headers.get("Retry-After") == ("60" if state == "many" else None)
    assert answer.headers["Content-Language"] == "de"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert isinstance(answer.text, str)
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
    assert "Set-Cookie" not in answer.headers


def test_a_support_contact_that_is_no_address_is_told_as_it_is() -> None:
    page = shown(answered("ask", LANGUAGES["en"], "the <i>help desk</i>, extension 12"))
    assert page.all("i") == []
    assert "Write to the <i>help desk</i>, extension 12." in page.all("main")[0][1]
    assert [link for link, _ in page.all("a") if "hreflang" not in link] == []


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("over", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(theme: int, over: str, ground: str) -> None:
    ((_, style),) = shown(answered("ask", LANGUAGES["en"])).all("style")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", style.split(":root")[theme + 1]))
    assert contrast(colours[over], colours[ground]) >= 7


def test_whoever_goes_by_keys_sees_where_they_are() -> None:
    ((_, style),) = shown(answered("ask", LANGUAGES["en"])).all("style")
    assert ":focus-visible { outline: 3px solid var(--ink)" in style
    assert "outline: none" not in style
    assert "outline: 0" not in style


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, 1.4.6)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
