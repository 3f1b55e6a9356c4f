"""What Graph refuses, through the whole installation: of one email, of a whole mailbox, and of ours
(G2, A10). The journal counts what was asked of Graph.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.schedule import LIMITS
from tests.harness.cloud import card_text
from tests.harness.hands import Card
from tests.harness.office import BERLIN, Office, office

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
NAMES = ("ana", "ben", "cleo", "dan", "eve", "fay")
PEOPLE = "\n".join(f"{name}@customer.example" for name in NAMES)


async def refuse(
    berlin: Office, code: str, count: int | None = None, mailbox: str | None = None
) -> None:
    """Have Graph refuse submissions, of one mailbox or of all."""
    match = {"path": ".*sendMail"} | ({"mailbox": mailbox} if mailbox else {})
    fault = {"match": match, "kind": "refuse", "code": code, "count": count}
    await berlin.built.cloud.call("POST", "/control/faults", fault)


async def begin(berlin: Office, people: str = PEOPLE) -> Card:
    """Have a distribution started; return its card."""
    known = [{"address": f"{name}@customer.example"} for name in NAMES]
    await berlin.built.cloud.call("POST", "/control/people", known)
    await berlin.write()
    card, _ = await berlin.check(people)
    await berlin.hands.press(card, "distribute.confirm")
    return card


async def asked(berlin: Office) -> int:
    """Return how often Graph was asked to send something."""
    calls = await berlin.built.cloud.journal("graph.call")
    return sum(each["path"].endswith("/sendMail") for each in calls)


async def told(berlin: Office, user_oid: str, words: str) -> int:
    """Return how many messages in somebody's chat with the bot say this."""
    user = next(each for each in await berlin.built.cloud.users() if each.oid == user_oid)
    chat = await berlin.built.cloud.personal_chat(user)
    bots = (each for each in chat["activities"] if each["sandbox"]["is_from_bot"])
    return sum(words in card_text(each.get("attachments")) for each in bots)


async def mailbox_card(berlin: Office) -> Card:
    """Open the mailbox's card."""
    card = await berlin.hands.ask(berlin.admin, "mailboxes")
    chosen = {"mailbox": await berlin.hands.choice(card, "mailbox", berlin.owner.upn)}
    await berlin.hands.press(card, "mailbox.show", chosen)
    return card


async def test_a_full_mailbox_is_held_once_and_everything_leaves_once_after_it(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await refuse(berlin, "ErrorQuotaExceeded")
        card = await begin(berlin)
        await berlin.hands.shows(card, "On hold")
        shown = await berlin.hands.press(card, "distribution.show")
        assert "This mailbox is full" in shown
        assert "12" in shown
        assert "Failed" not in shown
        await berlin.go_to(MONDAY + timedelta(hours=3))
        tried = await asked(berlin)
        assert 1 <= tried <= LIMITS.in_flight
        for user in (berlin.admin, berlin.owner):
            assert await told(berlin, user.oid, "Admins can have it try again") == 1
        assert "This mailbox is full" in (await berlin.check("gus@customer.example"))[1]

        await berlin.built.cloud.call("DELETE", "/control/faults")
        refused = await berlin.hands.press(card, "distribution.resume")
        assert "Try sending again" in refused
        assert await asked(berlin) == tried
        mailbox = await mailbox_card(berlin)
        shown = await berlin.hands.press(mailbox, "mailbox.retry")
        assert "cannot send" not in shown
        await berlin.hands.press(card, "distribution.resume")
        await berlin.leave(len(NAMES))
        await berlin.hands.shows(card, f"{len(NAMES)} Sent")
        await berlin.built.caught_up(await berlin.built.cloud.now())
        assert len(await berlin.left()) == len(NAMES)
        assert await asked(berlin) == tried + len(NAMES)


async def test_a_permission_that_is_gone_ends_the_connection_within_a_minute(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await refuse(berlin, "ErrorAccessDenied", 1)
        began = await berlin.built.cloud.now()
        card = await begin(berlin)
        await berlin.hands.shows(card, "On hold")
        assert await berlin.built.cloud.now() - began < timedelta(minutes=1)
        shown = card_text(await berlin.hands.shown(await mailbox_card(berlin)))
        assert "Inactive" in shown
        assert "permission to send was withdrawn" in shown


async def test_a_fault_of_ours_holds_what_it_meets_and_blames_nobody(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await refuse(berlin, "InvalidInternetMessageHeader", 1)
        card = await begin(berlin, "ana@customer.example")
        await berlin.hands.shows(card, "On hold")
        shown = await berlin.hands.press(card, "distribution.show")
        assert "A fault of Mailroom" in shown
        assert "Failed" not in shown
        assert "cannot send" not in card_text(await berlin.hands.shown(await mailbox_card(berlin)))
        log = berlin.built.app.output()
        assert log.count("send.fault_of_ours") == 1
        await berlin.hands.press(card, "distribution.resume")
        assert len(await berlin.leave(1)) == 1


@pytest.mark.parametrize("code", ["ErrorInvalidRecipients", "ErrorMessageSizeExceeded"])
async def test_what_is_of_one_email_fails_that_one_alone(tmp_path: Path, code: str) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await refuse(berlin, code, 1)
        card = await begin(berlin)
        await berlin.leave(len(NAMES) - 1)
        await berlin.hands.shows(card, f"{len(NAMES) - 1} Sent")
        await berlin.hands.shows(card, "1 Failed")
