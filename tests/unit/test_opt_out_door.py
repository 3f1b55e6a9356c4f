"""The opt-out's door over HTTP: who may look, who acts, and what strangers learn."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from bot.domain.opt_out import OptOutLinks
from bot.web.clients import Network
from bot.web.opt_out import OptOutDoor
from bot.web.wrong_links import EACH, WrongLinks
from tests.contract import samples
from tests.unit.test_opting_out import ANA, LINKS, Office, office

PREFETCH = {"Purpose": "prefetch", "Sec-Purpose": "prefetch", "X-HTTP-Method-Override": "POST"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
PART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
)
FOREIGN = OptOutLinks(public_url="", secrets=("another",))


@dataclass
class Door:
    """A door, who stands before it, and what is behind it."""

    there: Office
    http: TestClient[web.Request, web.Application]
    seconds: list[float]

    @property
    def link(self) -> str:
        return f"/optout/{self.there.token}"

    async def opted_out(self) -> bool:
        return await self.there.suppressions.of("t1", ANA.address) is not None


@asynccontextmanager
async def opened(
    proxies: Sequence[Network] = (),
    wrong_links: WrongLinks | None = None,
    links: OptOutLinks = LINKS,
) -> AsyncIterator[Door]:
    there, seconds = await office(links), [0.0]
    door = OptOutDoor(
        there.opting_out, samples.organisation("t1"), proxies, wrong_links, lambda: seconds[0]
    )
    application = web.Application()
    application.add_routes(door.routes())
    async with TestClient(TestServer(application)) as http:
        yield Door(there, http, seconds)


async def test_looking_never_acts_whoever_looks_and_however_often() -> None:
    async with opened() as door:
        for headers in ({}, PREFETCH, {"Content-Type": FORM}):
            for method in ("GET", "HEAD", "GET"):
                link = f"{door.link}?List-Unsubscribe=One-Click"
                async with door.http.request(method, link, headers=headers) as page:
                    assert page.status == 200
                    assert ("Stop the emails" in await page.text()) is (method == "GET")
        async with door.http.get(door.link, data=ONE_CLICK) as page:
            assert "Stop the emails" in await page.text()
        for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
            async with door.http.request(method, door.link, data=ONE_CLICK) as answer:
                assert answer.status == 405
        assert not await door.opted_out()
        assert await door.there.jobs() == []


@pytest.mark.parametrize(
    ("kind", "body", "is_one_click"),
    [
        (FORM, b"List-Unsubscribe=One-Click", True),
        (MULTIPART, PART, True),
        (MULTIPART, PART.replace(b"name", b"a=b; name"), True),
        (FORM, b"", False),
        (FORM, b"%ff=%fe&&=", False),
        (f"{FORM}; charset=nonsense", b"List-Unsubscribe=One-Click", True),
        ("multipart/form-data", b"no boundary", False),
        (MULTIPART, b"--b\r\nbroken", False),
        ("application/json", b"{", False),
        ("", b"", False),
    ],
)
async def test_a_post_acts_whatever_it_brings(kind: str, body: bytes, is_one_click: bool) -> None:
    async with opened() as door:
        for _ in range(2):
            headers = {"Content-Type": kind}
            async with door.http.post(
                door.link, data=body, headers=headers, allow_redirects=False
            ) as answer:
                assert answer.status == 200
                assert not {"Set-Cookie", "Location", "WWW-Authenticate"} & set(answer.headers)
                assert answer.headers["Cache-Control"] == "no-store"
                text = await answer.text()
                assert text == "" if is_one_click else "You are opted out" in text
        assert await door.opted_out()
        assert len(await door.there.jobs()) == 1


async def test_pressed_many_times_at_once_it_is_one_opt_out() -> None:
    async with opened() as door:
        answers = await asyncio.gather(
            *(door.http.post(door.link, data=each) for each in ({}, ONE_CLICK) * 10)
        )
        assert {each.status for each in answers} == {200}
        assert len(await door.there.jobs()) == 1
        kept = await door.there.suppressions.of("t1", ANA.address)
        assert kept is not None
        assert kept.rev == 1


async def test_a_body_beyond_all_measure_is_not_read() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"List-Unsubscribe=One-Click&" * 100

    async with opened() as door:
        for data in (b"x" * 20_000, endless()):
            async with door.http.post(door.link, data=data) as answer:
                assert answer.status == 413
        assert not await door.opted_out()


def wrong(token: str, gone: str) -> list[str]:
    """Return a link with each thing wrong that can be."""
    forged = FOREIGN.link("m1", samples.enrolment().id, 1).rpartition("/")[2]
    return [
        "/optout", "/optout/", f"/optout/{token[:-2]}", f"/optout/{token[:40]}",
        f"/optout/{token}x", f"/optout/{token}/", f"/optout/{token[:4]}", f"/optout/x/{token}",
        f"/optout/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}", f"/optout/B{token[1:]}",
        f"/optout/{token.swapcase()}", f"/optout/{'A' * 52}", f"/optout/{'A' * 5000}",
        "/optout/%ff%00", "/optout/ä", f"/optout/{forged}", f"/optout/{gone}",
    ]  # fmt: skip


async def test_every_wrong_link_is_told_the_same_and_changes_nothing() -> None:
    async with opened(wrong_links=WrongLinks(each=1000)) as door:
        gone = LINKS.link("m9", door.there.linked.id, 1).rpartition("/")[2]
        told = set()
        for link in wrong(door.there.token, gone):
            url = URL(link, encoded="%" in link)
            for method, body in (("GET", None), ("POST", None), ("POST", ONE_CLICK)):
                async with door.http.request(method, url, data=body) as answer:
                    assert answer.status == 404
                    headers = {name: answer.headers[name] for name in answer.headers}
                    del headers["Date"]
                    told.add((await answer.text(), tuple(sorted(headers.items()))))
        ((text, _),) = told
        assert "“unsubscribe”" in text
        assert samples.organisation("t1").support in text
        assert not await door.opted_out()
        assert await door.there.jobs() == []


async def test_wrong_links_are_limited_and_right_ones_never() -> None:
    async with opened() as door:
        for _ in range(EACH):
            async with door.http.get("/optout/x") as answer:
                assert answer.status == 404
        door.seconds[0] = 13.5
        for method in ("GET", "POST"):
            async with door.http.request(method, "/optout/x", data=ONE_CLICK) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (429, "47")
                assert "Too many attempts" in await answer.text()
        async with door.http.get(door.link) as page:
            assert page.status == 200
        async with door.http.post(door.link, data=ONE_CLICK) as answer:
            assert answer.status == 200
        assert await door.opted_out()
        door.seconds[0] = 60
        async with door.http.get("/optout/x") as answer:
            assert answer.status == 404


@pytest.mark.parametrize("trusted", [True, False])
async def test_behind_a_proxy_that_is_trusted_clients_are_told_apart(trusted: bool) -> None:
    proxies = [ip_network("127.0.0.0/8")] if trusted else []
    async with opened(proxies) as door:
        statuses = []
        for client in ("198.51.100.1", "198.51.100.2"):
            for _ in range(EACH):
                headers = {"X-Forwarded-For": f"203.0.113.7, {client}"}
                async with door.http.get("/optout/x", headers=headers) as answer:
                    statuses.append(answer.status)
        assert statuses == [404] * EACH + [404 if trusted else 429] * EACH


async def test_a_link_of_a_key_that_has_been_followed_by_others_still_works() -> None:
    rotated = OptOutLinks(public_url="", secrets=("newest", "newer", *LINKS.secrets))
    async with opened(links=rotated) as door:
        async with door.http.post(door.link) as answer:
            assert answer.status == 200
        assert await door.opted_out()


async def test_it_speaks_the_language_of_the_browser_or_the_one_chosen() -> None:
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    async with opened() as door:
        async with door.http.get(door.link, headers=german) as page:
            assert page.headers["Content-Language"] == "de"
            assert "Sie erhalten von niemandem bei" in await page.text()
        async with door.http.get(f"{door.link}?lang=ar", headers=german) as page:
            assert '<html lang="ar" dir="rtl">' in await page.text()
        async with door.http.get("/optout/x?lang=fi") as page:
            assert "Linkki ei toimi" in await page.text()
        async with door.http.post(f"{door.link}?lang=ja", headers=german) as page:
            assert "メールを停止しました" in await page.text()
