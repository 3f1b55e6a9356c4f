"""The opt-out through the whole installation: a page, one click, and nothing more from anybody."""

from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

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
    """Return the opt-out link in the last email somebody got."""
    got = await berlin.built.cloud.call("GET", f"/control/people/{address}/mail")
    html = got["mail"][-1]["html"]
    at = html.index(f"{berlin.built.public_url}/optout/")
    return str(html[at : html.index('"', at)])


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
