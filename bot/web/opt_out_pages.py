"""What the opt-out shows, in the reader's language: one frame, one heading, one button at most."""

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

from aiohttp import web
from markupsafe import Markup, escape

from bot.domain.participant import is_address
from bot.web.languages import Language, languages
from bot.web.pages import FORMS_STAY_HERE, page, sealed

State = Literal["ask", "done", "test", "wrong", "many", "busy"]
_STATUS: Mapping[State, int] = {"wrong": 404, "many": 429, "busy": 503}
_LINK = Markup('<a href="mailto:{}"><bdi>{}</bdi></a>')
_NAME = Markup("<bdi>{}</bdi>")
# An e-mail in a heading is not parted at its hyphen: a word joiner follows it (UAX 14, LB11).
_HYPHEN = re.compile(r"(?<=\be)-(?=\w)", re.IGNORECASE)
_JOINED = "-\u2060"


def opt_out_page(
    state: State, language: Language, organisation: str, support: str, wait: int = 0
) -> web.Response:
    """Return the page of a state; `wait` is for how many seconds there is no use in coming again.

    Whoever can do nothing here is told the other way: an answer to the email, or a letter.
    """
    words = language.pages[state]
    named = {
        "organisation": _NAME.format(organisation),
        "support": _reachable(support),
        "word": language.word,
    }
    says = [*words.says, *([language.instead] if state in _STATUS else [])]
    headers = {**sealed(FORMS_STAY_HERE), "Content-Language": language.tag}
    return page(
        "opt_out",
        status=_STATUS.get(state, 200),
        headers=headers | ({"Retry-After": str(wait)} if wait else {}),
        lang=language.tag,
        direction=language.direction,
        name=organisation,
        title=words.heading.format(organisation=organisation),
        heading=escape(_HYPHEN.sub(_JOINED, words.heading)).format(**named),
        says=[escape(each).format(**named) for each in says],
        press=words.button if state == "ask" else "",
        again=words.button if state == "busy" else "",
        questions=escape(language.questions).format(**named) if state in ("ask", "test") else "",
        language=language.language,
        languages=languages().values(),
    )


def _reachable(support: str) -> Markup:
    """Return the support contact, to be written to where it is an address."""
    if is_address(support):
        return _LINK.format(quote(support, safe="@"), support)
    return _NAME.format(support)
