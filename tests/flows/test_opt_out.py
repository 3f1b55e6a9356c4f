"""The opt-out through the whole installation: a page, one click, and nothing more from anybody."""

import os
import signal
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from bot.storage.server import EmbeddedServer
from tests.harness.cloud import Entry
from tests.harness.office import BERLIN, Office, office

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
THURSDAY = MONDAY + timedelta(days=3)
ANA, BEN = "Ana Abel <ana@customer.example>", "Ben Bo <ben@customer.example>"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def started(berlin: Office) -> None:
    """Send the sequence to Ana and Ben; return once the first emails have left."""
    await berlin.write()
    card, _ = await berlin.check(f"{ANA}\n{BEN}")
    await berlin.hands.press(card, "distribute.confirm")
    await berlin.built.cloud.until(
        "mail.delivered", lambda found: len(found) == 2, "two emails where they go"
    )


async def link_of(berlin: Office, address: str) -> str:
    """Return the opt-out link in the first email somebody got."""
    got = await berlin.built.cloud.call("GET", f"/control/people/{address}/mail")
    html = got["mail"][0]["html"]
    at = html.index(f"{berlin.built.public_url}/optout/")
    return str(html[at : html.index('"', at)])


async def submitted_to(berlin: Office, address: str) -> Sequence[Entry]:
    """Return what was submitted for somebody, as the journal has it."""
    return [each for each in await berlin.built.cloud.journal("mail.submitted")
            if each["to"] == [address]]  # fmt: skip


async def told(
    method: str, link: str, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], str]:
    """Return status, headers and text that somebody gets at a link."""
    async with (
        aiohttp.ClientSession() as somebody,
        somebody.request(method, link, headers=headers) as answer,
    ):
        return answer.status, answer.headers, await answer.text()


async def history(berlin: Office) -> str:
    return await berlin.hands.told(berlin.admin, "history")


async def test_looking_changes_nothing_and_the_button_ends_everything(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin, aiohttp.ClientSession() as browser:
        await started(berlin)
        link = await link_of(berlin, "ana@customer.example")
        for _ in range(2):
            async with browser.get(link) as page:
                assert page.status == 200
                assert '<form method="post">' in await page.text()
        assert "Opted Out" not in await history(berlin)
        for _ in range(2):
            async with browser.post(link) as page:
                assert page.status == 200
                assert "You are opted out" in await page.text()
        async with browser.get(link) as page:
            assert "You are opted out" in await page.text()
        await berlin.built.caught_up(await berlin.built.cloud.now())
        assert "1 Opted Out" in await history(berlin)
        await berlin.go_to(THURSDAY)
        await berlin.leave(3)
        to_ana = await berlin.built.cloud.call("GET", "/control/people/ana@customer.example/mail")
        assert len(to_ana["mail"]) == 1
        _, shown = await berlin.check(f"{ANA}\n{BEN}")
        assert "To 1 person" in shown.replace("\n", " ")
        assert "ana@customer.example – opted out on 23 Nov 2026" in shown
        _, shown = await berlin.check(ANA)
        assert "Nobody on this list can be written to" in shown
        told_so = await berlin.hands.told(berlin.admin, "allow Ana@Customer.example")
        assert "ana@customer.example can be written to again" in told_so
        _, shown = await berlin.check(f"{ANA}\n{BEN}")
        assert "opted out" not in shown


async def test_one_click_ends_it_without_a_page(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin, aiohttp.ClientSession() as program:
        await started(berlin)
        link = await link_of(berlin, "ben@customer.example")
        for _ in range(2):
            async with program.post(link, data=ONE_CLICK) as answer:
                assert answer.status == 200
                assert await answer.text() == ""
        await berlin.built.caught_up(await berlin.built.cloud.now())
        assert "1 Opted Out" in await history(berlin)
        await berlin.go_to(THURSDAY)
        await berlin.leave(3)
        to_ben = await berlin.built.cloud.call("GET", "/control/people/ben@customer.example/mail")
        assert len(to_ben["mail"]) == 1


async def test_a_link_that_is_none_of_ours_changes_nothing(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin, aiohttp.ClientSession() as stranger:
        await started(berlin)
        link = await link_of(berlin, "ana@customer.example")
        for wrong in (link[:-2], f"{link}x", link[:-52] + "A" * 52):
            async with stranger.post(wrong, data=ONE_CLICK) as answer:
                assert answer.status == 404
        async with stranger.post(link, data=b"x" * 20_000) as answer:
            assert answer.status == 413
        broken = {"Content-Type": "multipart/form-data; boundary=x"}
        async with stranger.get(link, headers=broken) as answer:
            assert answer.status == 200
        assert "Opted Out" not in await history(berlin)


async def test_people_press_the_link_in_the_mail_and_the_button_of_their_mail_program(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        deeds = {"ana@customer.example": "press_link", "ben@customer.example": "press_unsubscribe"}
        people = [
            {"address": address, "behaviours": [{"on": 1, "do": deed, "after": 60}]}
            for address, deed in deeds.items()
        ]
        await berlin.built.cloud.call("POST", "/control/people", people)
        await started(berlin)
        await berlin.go_to(MONDAY + timedelta(minutes=10))
        pressed = await berlin.built.cloud.until(
            "mail.unsubscribed", lambda found: len(found) == 2, "both have pressed"
        )
        assert sorted(each["recipient"] for each in pressed) == list(deeds)
        assert {each["status"] for each in pressed} == {200}
        await berlin.go_to(THURSDAY)
        assert len(await berlin.built.cloud.journal("mail.submitted")) == 2
        assert "2 Opted Out" in await history(berlin)


async def test_nothing_leaves_any_mailbox_after_the_answer_but_what_was_under_way(
    tmp_path: Path,
) -> None:
    ana = "ana@customer.example"
    async with office(tmp_path, MONDAY) as berlin:
        cloud, hands = berlin.built.cloud, berlin.hands
        *_, colleague, _, _ = await cloud.users()
        await cloud.install(colleague)
        await hands.connect(berlin.admin, colleague)
        await hands.distribute(berlin.admin, berlin.owner, f"{ANA}\n{BEN}")
        await cloud.until("mail.submitted", lambda found: len(found) == 2, "two first emails")
        await berlin.go_to(MONDAY + timedelta(hours=4))
        await hands.distribute(berlin.admin, colleague, ANA, "Winter")
        await cloud.until("mail.submitted", lambda found: len(found) == 3, "a third first email")
        await berlin.go_to(THURSDAY - timedelta(minutes=10))
        slow = {"match": {"path": "sendMail"}, "kind": "accepted_then_latency", "seconds": 1.2}
        await cloud.call("POST", "/control/faults", slow)
        await cloud.jump_to(THURSDAY + timedelta(hours=1))
        await cloud.until("mail.submitted", lambda found: len(found) == 5, "two are under way")
        under_way = len(await submitted_to(berlin, ana))
        status, _, _ = await told("POST", await link_of(berlin, ana))
        assert status == 200
        await berlin.go_to(THURSDAY + timedelta(days=4))
        assert len(await submitted_to(berlin, ana)) == under_way == 3
        assert len(await submitted_to(berlin, "ben@customer.example")) == 2
        assert "1 Opted Out" in await history(berlin)


async def test_while_the_store_is_down_nothing_is_half_done_and_it_works_afterwards(
    tmp_path: Path,
) -> None:
    server = EmbeddedServer(tmp_path / "own")
    await server.start()
    try:
        async with office(tmp_path, MONDAY, {"MAILROOM_REDIS_URL": server.url}) as berlin:
            await started(berlin)
            link = await link_of(berlin, "ana@customer.example")
            os.kill(int((tmp_path / "own" / "store" / "server.pid").read_text()), signal.SIGKILL)
            for method in ("GET", "POST"):
                status, headers, text = await told(method, link, {"Accept-Language": "de"})
                assert (status, headers["Retry-After"]) == (503, "60")
                assert "Bitte noch einmal versuchen" in text
            await server.stop()
            await server.start()
            assert "Stop the emails" in (await told("GET", link))[2]
            assert "You are opted out" in (await told("POST", link))[2]
    finally:
        await server.stop()
