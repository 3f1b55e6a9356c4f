"""A distribution under way, through the whole installation: paused, resumed, stopped, retried, and
held when its mailbox loses its connection (B9, G2).
"""

from datetime import datetime, timedelta
from pathlib import Path

from tests.harness.hands import Card, link_in
from tests.harness.office import BERLIN, Office, office

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
WEDNESDAY = MONDAY + timedelta(days=2, hours=2)
ANA, BEN = "Ana Abel <ana@customer.example>", "Ben Bo <ben@customer.example>"


async def started(berlin: Office, people: str, sent: int) -> Card:
    """Send the sequence to people; return its card once the first emails have left."""
    await berlin.write()
    card, _ = await berlin.check(people)
    await berlin.hands.press(card, "distribute.confirm")
    if sent:
        await berlin.leave(sent)
        await berlin.hands.shows(card, f"{sent} Sent")
        await berlin.hands.shows(card, "On its way")
    return card


async def test_what_is_paused_waits_and_what_is_late_leaves_when_it_goes_on(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        card = await started(berlin, f"{ANA}\n{BEN}", 2)
        shown = await berlin.hands.press(card, "distribution.pause")
        assert "Paused by" in shown
        await berlin.go_to(WEDNESDAY)
        assert len(await berlin.left()) == 2
        await berlin.hands.press(card, "distribution.resume")
        left = await berlin.leave(4)
        assert [each.day for each in left] == [23, 23, 25, 25]
        await berlin.hands.shows(card, "4 Sent")


async def test_a_reply_while_paused_counts(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        answers = {"on": 1, "after": 7200, "do": "reply", "text": "Yes."}
        ana = {"address": "ana@customer.example", "behaviours": [answers]}
        await berlin.built.cloud.call("POST", "/control/people", [ana])
        card = await started(berlin, f"{ANA}\n{BEN}", 2)
        await berlin.hands.press(card, "distribution.pause")
        await berlin.go_to(MONDAY + timedelta(hours=3))
        await berlin.hands.shows(card, "1 Responded")
        await berlin.hands.press(card, "distribution.resume")
        await berlin.go_to(WEDNESDAY)
        assert len(await berlin.leave(3)) == 3
        await berlin.hands.shows(card, "Finished")


async def test_the_whole_plan_moves_by_as_long_as_it_waited(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        card = await started(berlin, ANA, 1)
        await berlin.hands.press(card, "distribution.pause")
        await berlin.go_to(MONDAY + timedelta(days=1))
        shown = await berlin.hands.press(card, "distribution.shift")
        assert "On its way" in shown
        await berlin.go_to(WEDNESDAY)
        assert len(await berlin.left()) == 1
        await berlin.go_to(WEDNESDAY + timedelta(days=1))
        _, second = await berlin.leave(2)
        assert second.day == 26


async def test_what_is_stopped_never_leaves_and_gives_its_places_back(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        card = await started(berlin, f"{ANA}\n{BEN}", 2)
        await berlin.hands.press(card, "distribution.pause")
        shown = await berlin.hands.press(card, "distribution.stop")
        assert "Stopped by" in shown
        assert "Send now" not in shown
        await berlin.go_to(WEDNESDAY)
        assert len(await berlin.left()) == 2
        shown = await berlin.hands.press(card, "distribution.show")
        assert "Scheduled" not in shown


async def test_a_broken_mailbox_holds_what_it_has_under_way_until_somebody_releases_it(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        card = await started(berlin, ANA, 1)
        who = {"user": berlin.owner.oid, "what": "sessions"}
        await berlin.built.cloud.call("POST", "/control/revoke", who)
        old = {"match": {"path": ".*sendMail"}, "kind": "status", "status": 401, "count": 1}
        await berlin.built.cloud.call("POST", "/control/faults", old)
        await berlin.go_to(WEDNESDAY)
        await berlin.hands.shows(card, "On hold")
        assert "is not connected for sending" in await berlin.hands.press(card, "distribution.show")
        assert "cannot send at the moment" in (await berlin.check(BEN))[1]
        assert len(await berlin.left()) == 1
        again = await berlin.hands.ask(berlin.admin, "mailboxes")
        chosen = {"mailbox": await berlin.hands.choice(again, "mailbox", berlin.owner.upn)}
        await berlin.hands.press(again, "mailbox.show", chosen)
        link = link_in(await berlin.hands.press(again, "mailbox.resend"))
        status, page = await berlin.built.cloud.sign_in(link, berlin.owner)
        assert status == 200, page
        assert len(await berlin.left()) == 1
        await berlin.hands.press(card, "distribution.resume")
        assert len(await berlin.leave(2)) == 2


async def test_only_what_has_certainly_not_left_is_tried_again(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        refused = {
            "match": {"method": "POST", "path": ".*sendMail"},
            "kind": "status",
            "status": 400,
            "code": "ErrorInvalidRecipients",
            "count": 1,
        }
        await berlin.built.cloud.call("POST", "/control/faults", refused)
        card = await started(berlin, f"{ANA}\n{BEN}", 1)
        await berlin.hands.shows(card, "1 Failed")
        shown = await berlin.hands.press(card, "distribution.show")
        assert "Try 1 failed again" in shown
        await berlin.hands.press(card, "distribution.retry")
        await berlin.leave(2)
        await berlin.hands.shows(card, "2 Sent")
        assert "failed again" not in await berlin.hands.press(card, "distribution.show")
        await berlin.go_to(WEDNESDAY)
        assert len(await berlin.leave(4)) == 4
