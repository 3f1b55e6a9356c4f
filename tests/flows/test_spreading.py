"""One program over several mailboxes: a sequence for each, and each with its own limit (A20)."""

from datetime import datetime
from pathlib import Path

from tests.harness.cloud import User
from tests.harness.hands import Card
from tests.harness.office import BERLIN, SEQUENCE, Office, office

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
PEOPLE = [f"{name} <{name.lower()}@customer.example>" for name in ("Ana", "Ben", "Cem")]


async def connected(berlin: Office) -> User:
    """Have a second owner connect a mailbox."""
    taken = (berlin.admin, berlin.owner)
    other = next(each for each in await berlin.built.cloud.users() if each not in taken)
    await berlin.built.cloud.install(other)
    await berlin.hands.connect(berlin.admin, other)
    return other


async def write(berlin: Office, name: str, owner: User) -> None:
    form = await berlin.hands.ask(berlin.admin, "new sequence")
    mailbox = {"mailbox": await berlin.hands.choice(form, "mailbox", owner.upn)}
    first = {key: value for key, value in SEQUENCE.items() if not key.endswith("_2")}
    program = {"program": "Customer feedback", "name": name}
    await berlin.hands.press(form, "sequence.save", {**first, **mailbox, **program})


async def check(berlin: Office, name: str, people: list[str]) -> tuple[Card, str]:
    card = await berlin.hands.ask(berlin.admin, "distribute")
    chosen = {"sequence": await berlin.hands.choice(card, "sequence", name)}
    told = {**chosen, "recipients": "\n".join(people)}
    return card, await berlin.hands.press(card, "distribute.check", told)


async def test_what_one_mailbox_has_no_room_for_leaves_from_another(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        other = await connected(berlin)
        await write(berlin, "North", berlin.owner)
        await write(berlin, "South", other)
        mailboxes = await berlin.hands.ask(berlin.admin, "mailboxes")
        chosen = {"mailbox": await berlin.hands.choice(mailboxes, "mailbox", berlin.owner.upn)}
        await berlin.hands.press(mailboxes, "mailbox.show", chosen)
        await berlin.hands.press(mailboxes, "mailbox.limit", {"a_day": "1"})
        _, shown = await check(berlin, "North", PEOPLE)
        assert "room for 1 of 3 emails on Mon 23 Nov: 2 too many." in shown
        assert f"another mailbox: {other.upn.lower()} has room for all of it." in shown
        for name, some in (("North", PEOPLE[:1]), ("South", PEOPLE[1:])):
            card, shown = await check(berlin, name, some)
            assert "Everything fits." in shown
            await berlin.hands.press(card, "distribute.confirm")
        await berlin.leave(3)
        sent = await berlin.built.cloud.journal("mail.sent")
        assert {(each["mailbox"], *each["to"]) for each in sent} == {
            (berlin.owner.oid, "ana@customer.example"),
            (other.oid, "ben@customer.example"),
            (other.oid, "cem@customer.example"),
        }
        forecast = await berlin.hands.told(berlin.admin, "forecast")
        assert "3 of 2,501" in forecast
