"""People outside who press: the link in a mail, or their mail program's own button to unsubscribe.

The program knows the address from List-Unsubscribe (RFC 2369, 3.2). Where List-Unsubscribe-Post is
there too it posts by itself, with no cookie, and follows no redirect (RFC 8058, 3.1 and 3.2); else
it opens the page, and the person presses what is on it. Nobody beyond this computer is called.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from bot.sandbox.hosts import Hosts
from bot.sandbox.journal import Journal
from bot.sandbox.letters import Letter

ONE_CLICK = "List-Unsubscribe=One-Click"
_FORM = "application/x-www-form-urlencoded"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PATIENCE = ClientTimeout(total=10)
# By these words somebody who looks for the way out finds it.
_WAY_OUT = re.compile(r"unsubscribe|opt[ -]?out|no more e-?mails?", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


class Unsubscribing:
    """Presses, and writes into the journal how it went: never the address, which is a secret."""

    def __init__(self, journal: Journal, hosts: Hosts, session: ClientSession) -> None:
        self._journal = journal
        self._hosts = hosts
        self._session = session

    async def press_link(self, address: str, letter: Letter) -> int:
        """Have somebody open the link in a mail's text and press the button of its page; return the
        status of the answer, 0 where there was nothing to press.
        """
        return self._noted(address, letter, "page", await self._in_browser(link_in(letter)))

    async def press_button(self, address: str, letter: Letter) -> int:
        """Have somebody press their mail program's button; return as `press_link` does."""
        target = named_address(letter.header("List-Unsubscribe") or "")
        if (letter.header("List-Unsubscribe-Post") or "").strip() != ONE_CLICK:
            return self._noted(address, letter, "page", await self._in_browser(target))
        status, _ = await self._call("POST", self._real(target), ONE_CLICK, redirects=False)
        return self._noted(address, letter, "one_click", status)

    async def _in_browser(self, target: str) -> int:
        real = self._real(target)
        status, page = await self._call("GET", real)
        form = first_form(page)
        if real is None or status != 200 or form is None:
            return 0
        answered, _ = await self._call("POST", self._real(str(real.join(URL(form)))), "")
        return answered

    def _real(self, target: str) -> URL | None:
        """Return where an address leads to on this computer; None where it leads elsewhere."""
        url = URL(target)
        if url.scheme == "http" and url.host in _LOOPBACK:
            return url
        return self._hosts.resolve(target)

    async def _call(
        self, method: str, url: URL | None, form: str | None = None, *, redirects: bool = True
    ) -> tuple[int, str]:
        if url is None:
            return 0, ""
        try:
            async with self._session.request(
                method,
                url,
                data=form,
                headers={} if form is None else {"Content-Type": _FORM},
                timeout=_PATIENCE,
                allow_redirects=redirects,
            ) as answer:
                return answer.status, await answer.text()
        except (ClientError, TimeoutError):
            return 0, ""

    def _noted(self, address: str, letter: Letter, how: str, status: int) -> int:
        self._journal.write(
            "mail.unsubscribed",
            recipient=address,
            internetMessageId=letter.message_id,
            how=how,
            status=status,
        )
        return status


def named_address(header: str) -> str:
    """Return the first web address of a List-Unsubscribe header, "" where it has none."""
    named = (each.strip() for each in re.findall(r"<([^>]*)>", header))
    return next((each for each in named if _ADDRESS.fullmatch(each)), "")


def link_in(letter: Letter) -> str:
    """Return the link that the words of a mail call the way out, "" where none do."""
    if not letter.html:
        lines = (line for line in letter.text.splitlines() if _WAY_OUT.search(line))
        found = [address for line in lines for address in _ADDRESS.findall(line)]
        return found[-1] if found else ""
    page = _read(letter.html)
    found = [address for address, words in page.links if _WAY_OUT.search(words)]
    return found[-1] if found else ""


def first_form(page: str) -> str | None:
    """Return where the first form of a page posts to, "" for the page's own address; None where
    there is no such form.
    """
    forms = _read(page).forms
    return forms[0] if forms else None


def _read(page: str) -> "_Page":
    found = _Page()
    found.feed(page)
    found.close()
    return found


@dataclass
class _Page(HTMLParser):
    """The links of a page with their words, and where its forms post to."""

    links: list[tuple[str, str]] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    _in_link: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append((given.get("href", ""), ""))
            self._in_link = True
        elif tag == "form" and given.get("method", "").lower() == "post":
            self.forms.append(given.get("action", ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_link = self._in_link and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._in_link:
            address, words = self.links[-1]
            self.links[-1] = (address, words + data)
