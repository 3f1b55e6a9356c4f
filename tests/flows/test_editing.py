"""A sequence is edited while people are on their way through it; what left is read in the
local cloud (G4).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tests.harness.hands import Card
from tests.harness.office import BERLIN, SEQUENCE, SPREAD, Office, office

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
ANA, BEN = "Ana Abel <ana@customer.example>", "Ben Bo <ben@customer.example>"


async def opened(berlin: Office) -> tuple[Card, str]:
    """Open the sequence to change it; return the card and what it shows."""
    card = await berlin.hands.ask(berlin.admin, "sequences")
    chosen = {"sequence": await berlin.hands.choice(card, "sequence", "Autumn")}
    return card, await berlin.hands.press(card, "sequence.edit", chosen)


async def written(berlin: Office, card: Card, changes: Mapping[str, str]) -> str:
    """Save the sequence with changes; return what is shown then."""
    inputs = SEQUENCE | {"mailbox": await berlin.hands.choice(card, "mailbox", berlin.owner.upn)}
    return await berlin.hands.press(card, "sequence.save", {**inputs, **changes})


async def sent(berlin: Office) -> list[tuple[str, str, str]]:
    """Return what lies in Sent Items: to whom, with which subject, and which text."""
    items = f"/control/mailboxes/{berlin.owner.oid}/sentitems"
    told = await berlin.built.cloud.call("GET", items)
    return [(each["to"][0], each["subject"], each["text"]) for each in told["messages"]]


async def test_only_who_has_not_got_it_gets_the_new_text(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await berlin.write()
        card, _ = await berlin.check(ANA)
        await berlin.hands.press(card, "distribute.confirm")
        await berlin.leave(1)
        late, _ = await berlin.check(BEN)
        form, shown = await opened(berlin)
        assert "1 person is on their way through this sequence." in shown
        assert "Email 1** · still to leave to 0 people" in shown
        assert "Email 2** · still to leave to 1 person" in shown
        shown = await written(berlin, form, {"body_2": "Dear {{City}}?"})
        assert "Ana Abel has no City." in shown
        new = {"subject_1": "Another question", "body_1": "New.", "body_2": "Still there?"}
        shown = await written(berlin, form, new)
        assert "Of those on their way, 1 person gets the new text." in shown
        assert "Email 2: 1 person" in shown
        # What was previewed before the edit is not sent.
        shown = await berlin.hands.press(late, "distribute.confirm")
        assert "changed after this preview" in shown
        card, _ = await berlin.check(f"{ANA}\n{BEN}")
        await berlin.hands.press(card, "distribute.confirm")
        await berlin.leave(2)
        await berlin.go_to(MONDAY + timedelta(days=3))
        await berlin.leave(4)
        left = await sent(berlin)
    texts = {(to, subject): body for to, subject, body in left}
    assert set(texts) == {
        ("ana@customer.example", "A question"),
        ("ana@customer.example", "Re: A question"),
        ("ben@customer.example", "Another question"),
        ("ben@customer.example", "Re: Another question"),
    }
    assert len(left) == 4
    assert "Hello." in texts["ana@customer.example", "A question"]
    assert "Still there?" in texts["ana@customer.example", "Re: A question"]
    assert "New." in texts["ben@customer.example", "Another question"]
    assert "Still there?" in texts["ben@customer.example", "Re: Another question"]


async def test_a_later_second_email_and_a_third_one(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await berlin.write()
        card, _ = await berlin.check(f"{ANA}\n{BEN}")
        await berlin.hands.press(card, "distribute.confirm")
        await berlin.leave(2)
        form, _ = await opened(berlin)
        await berlin.hands.press(form, "sequence.add_email", {**SEQUENCE, "delay_2": "3"})
        more = {"delay_2": "3", "subject_3": "Last", "body_3": "Bye.", "delay_3": "1"}
        shown = await written(berlin, form, more)
        assert "2 emails leave at another time than planned." in shown
        await berlin.hands.shows(card, "4 Scheduled")
        await berlin.go_to(MONDAY + timedelta(days=2, hours=4))
        assert len(await berlin.left()) == 2
        await berlin.go_to(MONDAY + timedelta(days=3) + SPREAD)
        await berlin.leave(4)
        assert "2 of 2,500" in await berlin.hands.told(berlin.admin, "forecast")
        await berlin.go_to(MONDAY + timedelta(days=4) + 2 * SPREAD)
        left = await berlin.leave(6)
        assert [each.day for each in left] == [23, 23, 26, 26, 27, 27]
        await berlin.hands.shows(card, "6 Sent")
