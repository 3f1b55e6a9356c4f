"""How people of the local cloud unsubscribe: by the link in a mail, and by the program's button."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.sandbox.clock import Clock
from bot.sandbox.hosts import Hosts
from bot.sandbox.journal import Journal
from bot.sandbox.letters import Address, Letter, compose
from bot.sandbox.unsubscribing import (
    ONE_CLICK,
    Unsubscribing,
    first_form,
    link_in,
    named_address,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = "ana@customer.example"
PAGE = '<a href="?lang=de">Deutsch</a><form method="post"><button>Stop</button></form>'
BOTH = {"List-Unsubscribe": "<mailto:x@y.example>, <{}>", "List-Unsubscribe-Post": ONE_CLICK}


@dataclass
class Sender:
    """Where the links lead, what was asked for there, and who presses."""

    link: str
    asked: list[tuple[str, str, str]]
    journal: Journal
    pressing: Unsubscribing

    def letter(
        self, headers: dict[str, str] | None = None, html: str = "", text: str = ""
    ) -> Letter:
        return compose(
            sender=Address("Rowan Flint", "rowan.flint@contoso.example"),
            to=[Address("Ana Abel", ANA)],
            subject="How do you like it?",
            text=text.format(self.link),
            html=html.format(self.link),
            message_id="<1@contoso.example>",
            date=NOON,
            headers=[(name, value.format(self.link)) for name, value in (headers or {}).items()],
        )

    @property
    def noted(self) -> list[dict[str, Any]]:
        return [each["facts"] for each in self.journal.since(kind="mail.unsubscribed")]


class AllRoadsLeadHere(AbstractResolver):
    """Finds every name on this computer."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=AllRoadsLeadHere()))


@asynccontextmanager
async def sender(page: str = PAGE, status: int = 200) -> AsyncIterator[Sender]:
    asked: list[tuple[str, str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.path_qs, await request.text()))
        if status == 302:
            raise web.HTTPFound("/elsewhere")
        return web.Response(text=page, content_type="text/html", status=status)

    application = web.Application()
    application.add_routes([web.route("*", "/{path:.*}", answer)])
    journal = Journal(Clock(NOON, 0))
    async with TestServer(application) as server, _session() as session:
        link = str(server.make_url("/out/secret?x=1"))
        yield Sender(link, asked, journal, Unsubscribing(journal, Hosts(), session))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://x.example">Privacy</a> <a href="{}">No more emails from Us</a>', "x"),
        ('<a href="{}"><b>Unsub</b>scribe</a>', "Unsubscribe: https://elsewhere.example"),
        ("", "Read https://x.example\nNo more emails from Us: {}\n"),
    ],
)
async def test_somebody_opens_the_link_in_the_mail_and_presses_what_is_on_the_page(
    html: str, text: str
) -> None:
    async with sender() as there:
        letter = there.letter(html=html, text=text)
        assert link_in(letter) == there.link
        assert await there.pressing.press_link(ANA, letter) == 200
        assert there.asked == [("GET", "/out/secret?x=1", ""), ("POST", "/out/secret?x=1", "")]
        (noted,) = there.noted
        assert (noted["recipient"], noted["how"], noted["status"]) == (ANA, "page", 200)
        assert "secret" not in str(there.journal.entries)


async def test_a_mail_program_posts_by_itself_where_the_mail_allows_it() -> None:
    async with sender() as there:
        assert await there.pressing.press_button(ANA, there.letter(BOTH)) == 200
        assert there.asked == [("POST", "/out/secret?x=1", ONE_CLICK)]
        assert [each["how"] for each in there.noted] == ["one_click"]


async def test_without_that_it_opens_the_page() -> None:
    async with sender() as there:
        one = there.letter({"List-Unsubscribe": BOTH["List-Unsubscribe"]})
        assert await there.pressing.press_button(ANA, one) == 200
        assert [method for method, _, _ in there.asked] == ["GET", "POST"]
        assert [each["how"] for each in there.noted] == ["page"]


async def test_a_mail_program_follows_no_redirect() -> None:
    async with sender(status=302) as there:
        assert await there.pressing.press_button(ANA, there.letter(BOTH)) == 302
        assert len(there.asked) == 1


@pytest.mark.parametrize("page", ["", '<form method="get"></form>', "<p>Sorry</p>"])
async def test_a_page_without_a_button_leaves_nothing_to_press(page: str) -> None:
    async with sender(page) as there:
        assert await there.pressing.press_link(ANA, there.letter(text="Unsubscribe: {}")) == 0
        assert [each["status"] for each in there.noted] == [0]


@pytest.mark.parametrize(
    "elsewhere",
    ["http://mailroom.example:{}/out", "https://mailroom.example:{}/out", "ftp://x", ""],
)
async def test_nobody_beyond_this_computer_is_called(elsewhere: str) -> None:
    async with sender() as there:
        elsewhere = elsewhere.format(URL(there.link).port)
        headers = {"List-Unsubscribe": f"<{elsewhere}>", "List-Unsubscribe-Post": ONE_CLICK}
        letter = there.letter(headers, text=f"Unsubscribe: {elsewhere}")
        assert await there.pressing.press_button(ANA, letter) == 0
        assert await there.pressing.press_link(ANA, letter) == 0
        assert there.asked == []


def test_what_names_no_way_out_names_none() -> None:
    assert named_address("<mailto:out@x.example>") == ""
    assert named_address("https://x.example/bare") == ""
    assert first_form('<form method="POST" action="/there"></form><form method="post">') == "/there"
