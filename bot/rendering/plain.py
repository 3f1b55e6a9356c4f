"""The text part of an email, made of its HTML (RFC 2046, 5.1.4: alternatives say the same)."""

import re
from html.parser import HTMLParser

_APART = ("p", "div", "h1", "h2", "h3", "blockquote", "table", "ul", "ol")
_GAPS = re.compile(r"[ \t\r\n]+")
_EMPTY = re.compile(r"\n{3,}")


class _Reader(HTMLParser):
    """Collects what is to be read; links say where they lead."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        match tag:
            case "br":
                self.out.append("\n")
            case "hr":
                self.out.append("\n\n----\n\n")
            case "li":
                self.out.append("\n- ")
            case "tr":
                self.out.append("\n")
            case "td" | "th":
                self.out.append(" ")
            case "img":
                self.out.append(told.get("alt", ""))
            case "a":
                self._links.append((told.get("href", ""), len(self.out)))
            case _:
                self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            address, start = self._links.pop()
            said = "".join(self.out[start:]).strip()
            if address and said not in (address, address.removeprefix("mailto:")):
                self.out.append(f" ({address})" if said else address)
        else:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        self.out.append(_GAPS.sub(" ", data))

    def _break(self, tag: str) -> None:
        if tag in _APART:
            self.out.append("\n\n")


def as_text(markup: str) -> str:
    """Return what HTML says, line by line, without any markup."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = (line.strip() for line in "".join(reader.out).split("\n"))
    return _EMPTY.sub("\n\n", "\n".join(lines)).strip()
