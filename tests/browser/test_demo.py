"""The demo in a real browser: Agents Playground and the town, as a newcomer goes through them.

Needs Chromium; without one it is skipped with a word, and fails in CI. Every step leaves a picture
in `artefacts/browser`; MAILROOM_REWRITE_SCREENSHOTS=1 puts them where the README shows them.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.harness.processes import ROOT, Process, free_ports

_ARTEFACTS = ROOT / "artefacts/browser"
_KEPT = Path(__file__).parent / "screenshots"
_SHOWN = ("3-sign-in-card", "7-preview", "9-town", "10-reply")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
_PATIENCE = 20_000


class Demo:
    """The demo, running, and a browser before it."""

    def __init__(self, process: Process, browser: Browser, output: str) -> None:
        self.process = process
        self.browser = browser
        self._urls: list[str] = re.findall(r"http://\S+:\d+", output)

    @property
    def teams(self) -> str:
        return self._urls[0]

    @property
    def town(self) -> str:
        return self._urls[1]


class Teams:
    """Agents Playground's page. Its ids are random: everything is found as a person finds it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def open(self, url: str) -> None:
        await self.page.goto(url)
        await self.page.locator('button:has(svg[viewBox="0 0 14 15"])').click()  # its log panel
        await self.go_to("Personal Chat")

    async def go_to(self, place: str) -> None:
        await self.page.get_by_role("treeitem", name=place).last.click()

    async def say(self, text: str) -> None:
        box = self.page.locator("div[role=textbox][contenteditable=true]").first
        await box.click()
        await box.press_sequentially(text)
        await self.page.get_by_role("button", name="Send Message").click()

    def card(self, text: str) -> Locator:
        """The last card that shows this text."""
        return self.page.locator(".ac-adaptiveCard").filter(has_text=text).last

    async def choose(self, card: Locator, label: str, title: str) -> None:
        """Choose from a drop-down."""
        await card.get_by_role("combobox", name=label).click()
        await self.page.get_by_role("option", name=title).first.click()


def chromium() -> str:
    for name in _CHROMIUM:
        if found := shutil.which(name):
            return found
    if os.environ.get("CI"):
        raise AssertionError("no Chromium, and this is CI")
    pytest.skip("no Chromium is installed")


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    path = chromium()
    arguments = ["-m", "bot.sandbox.demo", "--home", str(tmp_path / "demo"), "--port"]
    process = await Process.start("demo", [*arguments, str(free_ports(9))], tmp_path, {})
    try:
        await process.line_with("Mailroom is up")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS])
            yield Demo(process, browser, process.output())
            await browser.close()
    finally:
        await process.stop()


async def picture(page: Page, name: str) -> None:
    """Keep what is seen now."""
    seen = await page.screenshot()
    _ARTEFACTS.mkdir(parents=True, exist_ok=True)
    (_ARTEFACTS / f"{name}.png").write_bytes(seen)
    if name in _SHOWN and os.environ.get("MAILROOM_REWRITE_SCREENSHOTS"):
        _KEPT.mkdir(exist_ok=True)
        (_KEPT / f"{name}.png").write_bytes(seen)


async def test_a_newcomers_way_through(demo: Demo) -> None:
    context = await demo.browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    teams, town = Teams(await context.new_page()), await context.new_page()
    await teams.open(demo.teams)
    await teams.say("help")
    await expect(teams.card("What I can do")).to_be_visible()
    await picture(teams.page, "1-help")

    await connect_own_mailbox(teams)
    await write_a_sequence(teams)
    await send_it(teams)
    await answer_in_the_town(town, demo.town)
    await hear_of_it(teams)
    await a_colleague_connects_too(town, demo.town)


async def connect_own_mailbox(teams: Teams) -> None:
    """Invite oneself, sign in at Microsoft's page, see the card say Active."""
    await teams.say("invite")
    form = teams.card("Whose mailbox?")
    await form.locator(".ms-BasePicker-input").press_sequentially("Fern")
    await teams.page.get_by_role("option", name="Fern Copper").click()
    await picture(teams.page, "2-invite")
    await form.get_by_role("button", name="Send the invitation").click()

    sign_in = teams.card("Connect your mailbox")
    await expect(sign_in).to_be_visible()
    await picture(teams.page, "3-sign-in-card")
    await consent(sign_in, "Fern Copper")
    await expect(teams.card("Your mailbox is connected")).to_be_visible()


async def consent(card: Locator, name: str) -> None:
    """From the sign-in card over our page and Microsoft's to the end."""
    async with card.page.context.expect_page() as opened:
        await card.get_by_text("Authenticate with Microsoft").click()
    page = await opened.value
    await expect(page.get_by_role("heading")).to_be_visible()
    await picture(page, "4-before-consent")
    await page.get_by_role("button").first.click()
    await expect(page.get_by_role("radio", name=name)).to_be_checked()
    await picture(page, "5-consent")
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_text("is connected").first).to_be_visible()
    await page.close()


async def a_colleague_connects_too(town: Page, url: str) -> None:
    """The other owner's Teams is in the town, with the sign-in card that waits there."""
    await town.goto(f"{url}/#/chats")
    await town.get_by_text("Rowan Slate").first.click()
    await town.get_by_text("Connect your mailbox").first.click()
    await picture(town, "11-colleague")
    await consent(town.locator("main"), "Rowan Slate")
    await expect(town.get_by_text("Your mailbox is connected").first).to_be_visible()
    await picture(town, "12-connected")


async def write_a_sequence(teams: Teams) -> None:
    """Two emails, from one's own mailbox."""
    await teams.say("new sequence")
    form = teams.card("New sequence")
    await form.get_by_label("Program").fill("Onboarding")
    await form.get_by_label("Name of the sequence").fill("First impressions")
    await teams.choose(form, "Send from", "fern.copper@contoso.example")
    await form.get_by_label("Subject").fill("How were your first weeks, {{First Name}}?")
    await form.get_by_label("Text").fill("Hello {{First Name}},\n\nhow do you like {{Org Name}}?")
    await picture(teams.page, "6-sequence")
    await form.get_by_role("button", name="Save the sequence").click()
    await expect(teams.card("The sequence is saved")).to_be_visible()


async def send_it(teams: Teams) -> None:
    """To one person; the preview first, then the button that counts."""
    await teams.say("distribute")
    form = teams.card("Nothing is sent before")
    await teams.choose(form, "Sequence", "Onboarding: First impressions")
    await form.get_by_label("People").fill("Gus Grant <gus.grant@customer.example>")
    await form.get_by_role("button", name="Check the list").click()
    preview = teams.card("Send to 1 person")
    await expect(preview).to_be_visible()
    await picture(teams.page, "7-preview")
    await preview.get_by_role("button", name="Send to 1 person").click()
    await expect(teams.card("On its way")).to_be_visible()
    await expect(teams.card("Finished")).to_contain_text("First impressions")
    await picture(teams.page, "8-sent")


async def answer_in_the_town(town: Page, url: str) -> None:
    """Gus finds the email in the town, and answers it."""
    await town.goto(f"{url}/#/mail/gus.grant@customer.example")
    mail = town.get_by_text("How were your first weeks, Gus?").first
    await expect(mail).to_be_visible()
    await mail.click()
    await town.get_by_role("button", name="Answer").click()
    await town.get_by_label("Answer of Gus Grant").fill("Quite well, thank you. Ask me anything.")
    await picture(town, "9-town")
    await town.get_by_role("button", name="Send", exact=True).click()
    await expect(town.get_by_text("Quite well, thank you").first).to_be_visible()


async def hear_of_it(teams: Teams) -> None:
    """The channel is told within moments."""
    await teams.go_to("Feedback")
    heard = teams.card("gus.grant@customer.example")
    await expect(heard).to_be_visible()
    await expect(heard).to_contain_text("A reply came in")
    await expect(heard).to_contain_text("Responded")
    await picture(teams.page, "10-reply")
