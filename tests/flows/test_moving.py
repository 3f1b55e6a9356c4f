"""A distribution moved to another mailbox, through the whole installation: the thread goes on, and
an answer to the old mailbox still counts (G2). Read in the journal.
"""

from datetime import datetime, timedelta
from pathlib import Path

from tests.flows.test_refusals import refuse
from tests.flows.test_steering import ANA, BEN, MONDAY, WEDNESDAY, started
from tests.harness.cloud import User
from tests.harness.hands import Card
from tests.harness.office import BERLIN, Office, office


async def second_owner(berlin: Office) -> User:
    """Connect another mailbox."""
    _, _, _, owner, *_ = await berlin.built.cloud.users()
    await berlin.built.cloud.install(owner)
    await berlin.hands.connect(berlin.admin, owner)
    return owner


async def move(berlin: Office, card: Card, to: User) -> str:
    """Choose a mailbox on the card and press the button."""
    chosen = {"mailbox": await berlin.hands.choice(card, "mailbox", to.upn)}
    return await berlin.hands.press(card, "distribution.move", chosen)


async def senders(berlin: Office) -> list[tuple[str, str]]:
    """Return whom each email went to, and the mailbox it left from."""
    sent = await berlin.built.cloud.journal("mail.sent")
    return [(each["to"][0], each["mailbox"]) for each in sent]


async def test_the_thread_goes_on_and_an_answer_to_the_old_mailbox_stops_it(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        other = await second_owner(berlin)
        answers = {"on": 1, "after": 24 * 3600, "do": "reply", "text": "Yes."}
        ana = {"address": "ana@customer.example", "behaviours": [answers]}
        await berlin.built.cloud.call("POST", "/control/people", [ana])
        card = await started(berlin, f"{ANA}\n{BEN}", 2)
        await berlin.go_to(MONDAY + timedelta(minutes=10))
        await berlin.hands.press(card, "distribution.pause")
        shown = await berlin.hands.press(card, "distribution.show")
        assert "2 emails, until somebody decides" in shown
        await move(berlin, card, other)
        await berlin.hands.shows(card, "On its way")
        await berlin.hands.shows(card, f"{other.upn}, before that {berlin.owner.upn}")

        await berlin.go_to(WEDNESDAY + timedelta(hours=1))
        await berlin.hands.shows(card, "1 Responded")
        await berlin.leave(3)
        assert await senders(berlin) == [
            ("ana@customer.example", berlin.owner.oid),
            ("ben@customer.example", berlin.owner.oid),
            ("ben@customer.example", other.oid),
        ]
        got = await berlin.built.cloud.journal("mail.delivered")
        first, second = (each for each in got if each["recipient"] == "ben@customer.example")
        assert second["in_reply_to"] == first["internetMessageId"]
        assert second["references"] == [first["internetMessageId"]]
        assert second["subject"].startswith("Re:")
        await berlin.hands.shows(card, "Finished")
        told = await berlin.hands.told(berlin.admin, "history")
        assert "1 Responded" in told
        assert "2 Sent" in told


async def test_what_a_full_mailbox_could_not_send_leaves_from_another(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        other = await second_owner(berlin)
        card = await started(berlin, f"{ANA}\n{BEN}", 2)
        await refuse(berlin, "ErrorQuotaExceeded", mailbox=berlin.owner.upn)
        await berlin.go_to(datetime(2026, 11, 25, 11, 0, tzinfo=BERLIN))
        await berlin.hands.shows(card, "On hold")
        assert len(await berlin.left()) == 2
        await move(berlin, card, other)
        left = await berlin.leave(4)
        assert [each.day for each in left] == [23, 23, 25, 25]
        assert {mailbox for _, mailbox in (await senders(berlin))[2:]} == {other.oid}
        await berlin.hands.shows(card, "4 Sent")
        await berlin.go_to(WEDNESDAY + timedelta(days=7))
        assert len(await berlin.left()) == 4


async def test_no_follow_up_leaves_where_the_old_mailbox_has_an_answer_nobody_told_of(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        other = await second_owner(berlin)
        late = 2 * 24 * 3600 - 15 * 60
        answers = {"on": 1, "after": late, "do": "reply", "text": "Yes."}
        ana = {"address": "ana@customer.example", "behaviours": [answers]}
        await berlin.built.cloud.call("POST", "/control/people", [ana])
        card = await started(berlin, f"{ANA}\n{BEN}", 2)
        await berlin.hands.press(card, "distribution.pause")
        await move(berlin, card, other)
        await berlin.hands.shows(card, "On its way")
        await berlin.go_to(MONDAY + timedelta(days=1, hours=23))
        lost = {"match": {}, "kind": "drop_notification"}
        await berlin.built.cloud.call("POST", "/control/faults", lost)
        for minutes in range(20, 200, 20):  # the mailboxes are watched all the time
            await berlin.go_to(MONDAY + timedelta(days=1, hours=23, minutes=minutes))
        await berlin.leave(3)
        assert (await senders(berlin))[2:] == [("ben@customer.example", other.oid)]
        await berlin.hands.shows(card, "1 Responded")
