"""Each email as one person will get it, on the card and as a test to oneself (B5)."""

from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from tests.harness.office import BERLIN, Office, office

# A Saturday: nothing of the sequence leaves before Monday, a test does.
SATURDAY = datetime(2026, 11, 21, 10, 0, tzinfo=BERLIN)
LIST = "Email,First Name,City\nana@customer.example,Ana,Rome\nben@customer.example,Ben,Oslo"
EMAILS = {
    "name": "Autumn",
    "subject_1": "A question, {{First Name}}",
    "body_1": "<p>How is <b>{{City}}</b>?</p>",
    "subject_2": "Again, {{First Name}}",
    "body_2": "Still in {{City}}?",
    "delay_2": "2",
    "window": "working",
}


async def write(there: Office) -> None:
    form = await there.hands.ask(there.admin, "new sequence")
    inputs = EMAILS | {"mailbox": await there.hands.choice(form, "mailbox", there.owner.upn)}
    first = {key: value for key, value in inputs.items() if not key.endswith("_2")}
    await there.hands.press(form, "sequence.add_email", first)
    await there.hands.press(form, "sequence.save", {**inputs, "threading": "false"})


async def test_each_email_is_shown_for_each_person_and_sent_as_a_test(tmp_path: Path) -> None:
    async with office(tmp_path, SATURDAY) as there:
        await write(there)
        card, _ = await there.check(LIST)
        shown = await there.hands.press(card, "email.show")
        assert "A question, Ana" in shown
        assert "How is Rome?" in shown
        assert "1 Harbour Street" in shown
        assert "/optout/" not in shown
        chosen = {"person": "ben@customer.example", "email": "2"}
        shown = await there.hands.press(card, "email.show", chosen)
        assert "Again, Ben" in shown
        assert "Still in Oslo?" in shown
        for _ in range(2):  # pressed twice, it leaves once
            shown = await there.hands.press(card, "email.test", chosen)
            assert there.admin.upn.lower() in shown
        (left,) = await there.built.cloud.until(
            "mail.submitted", lambda found: len(found) >= 1, "a test"
        )
        assert left["to"] == [there.admin.upn.lower()]
        shown = await there.hands.press(card, "distribution.show")
        assert "Ready to send" in shown
        await there.hands.press(card, "distribute.confirm")
        await there.go_to(SATURDAY + timedelta(days=5))
        assert len(await there.leave(5)) == 5
        assert "4 Sent" in await there.hands.told(there.admin, "history")


async def test_the_opt_out_of_a_test_changes_nothing(tmp_path: Path) -> None:
    async with office(tmp_path, SATURDAY) as there, aiohttp.ClientSession() as browser:
        await write(there)
        card, _ = await there.check(LIST)
        await there.hands.press(card, "email.show")
        await there.hands.press(card, "email.test")
        (left,) = await there.built.cloud.until(
            "mail.submitted", lambda found: len(found) == 1, "a test"
        )
        link = left["properties"]["String 0x1045"].strip("<>")
        assert link.startswith(f"{there.built.public_url}/optout/")
        async with browser.post(link) as page:
            assert "This was a test" in await page.text()
        shown = await there.hands.press(card, "email.test", {"email": "2"})
        assert there.admin.upn.lower() in shown
