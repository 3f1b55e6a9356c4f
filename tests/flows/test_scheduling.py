"""Distributions that begin later, and those a second person approves, through the whole
installation (A17, A18, B8).
"""

from datetime import datetime, timedelta
from pathlib import Path

from tests.harness.cloud import User
from tests.harness.hands import Card
from tests.harness.office import BERLIN, SPREAD, Office, office

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=BERLIN)
ANA, BEN = "Ana Abel <ana@customer.example>", "Ben Bo <ben@customer.example>"


async def told_in_channel(berlin: Office) -> str:
    """Have a channel be told; return its id."""
    channel = await berlin.built.cloud.channel("Feedback")
    await berlin.built.cloud.install(berlin.admin, channel)
    await berlin.hands.told(berlin.admin, "notify here", channel)
    return channel


async def scheduled(berlin: Office, people: str, hour: str) -> Card:
    """Schedule a list of people for Tuesday."""
    card, _ = await berlin.check(people, "2026-11-24", hour)
    await berlin.hands.press(card, "distribute.confirm")
    await berlin.hands.shows(card, "Scheduled")
    return card


async def approved_over_one(berlin: Office) -> User:
    """Have everything to more than one person approved; return who may beside the admin."""
    _, other, *_ = await berlin.built.cloud.users()
    await berlin.built.stop_app()
    berlin.built.environment["MAILROOM_APPROVAL_OVER"] = "1"
    berlin.built.environment["MAILROOM_MANAGERS"] = other.upn
    await berlin.built.start_app()
    return other


async def chat_of(berlin: Office, user: User) -> str:
    identity: str = (await berlin.built.cloud.personal_chat(user))["id"]
    return identity


async def test_what_is_scheduled_for_the_next_morning_leaves_then(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await berlin.write()
        _, shown = await berlin.check(ANA, "2026-11-23", "09:00")
        assert "Mon 23 Nov, 09:00 has passed" in shown
        assert "Berlin time" in shown
        card, shown = await berlin.check(f"{ANA}\n{BEN}", "2026-11-24", "09:00")
        assert "Begins Tue 24 Nov, 09:00 CET" in shown
        shown = await berlin.hands.press(card, "distribute.confirm")
        assert "Scheduled" in shown
        history = await berlin.hands.told(berlin.admin, "history")
        assert "begins Tue 24 Nov, 09:00 CET" in history
        await berlin.go_to(TUESDAY - timedelta(minutes=1))
        assert await berlin.left() == []
        await berlin.go_to(TUESDAY + timedelta(minutes=1))
        assert [(each.day, each.hour) for each in await berlin.leave(2)] == [(24, 9)] * 2
        await berlin.hands.shows(card, "On its way")
        await berlin.go_to(TUESDAY + timedelta(days=2, minutes=1) + SPREAD)
        assert [each.day for each in await berlin.leave(4)] == [24, 24, 26, 26]
        await berlin.hands.shows(card, "Finished")


async def test_a_bot_that_was_down_at_the_time_begins_when_it_is_back(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await berlin.write()
        card = await scheduled(berlin, ANA, "09:00")
        await berlin.built.stop_app()
        await berlin.built.cloud.jump_to(TUESDAY + timedelta(hours=2))
        await berlin.built.start_app()
        (left,) = await berlin.leave(1)
        assert (left.day, left.hour) == (24, 11)
        await berlin.hands.shows(card, "Tue 24 Nov, 11:")


async def test_a_full_day_fails_it_whole_and_says_so(tmp_path: Path) -> None:
    """Both fit when they are scheduled; at its time the second one does not any more."""
    async with office(tmp_path, MONDAY) as berlin:
        channel = await told_in_channel(berlin)
        await berlin.write()
        mailboxes = await berlin.hands.ask(berlin.admin, "mailboxes")
        chosen = {"mailbox": await berlin.hands.choice(mailboxes, "mailbox", berlin.owner.upn)}
        await berlin.hands.press(mailboxes, "mailbox.show", chosen)
        await berlin.hands.press(mailboxes, "mailbox.limit", {"a_day": "3"})
        await scheduled(berlin, f"{ANA}\n{BEN}", "09:00")
        card = await scheduled(berlin, "Cyd Cox <cyd@customer.example>\nDan <d@c.example>", "09:30")
        await berlin.go_to(TUESDAY + timedelta(minutes=1))
        await berlin.leave(2)
        await berlin.go_to(TUESDAY + timedelta(minutes=31))
        await berlin.hands.shows(card, "Failed")
        short = f"{berlin.owner.upn} has room for 1 of 2 emails on Tue 24 Nov: 1 too many."
        await berlin.hands.shows(card, short)
        await berlin.hands.posted(berlin.admin, channel, short)
        chat = await chat_of(berlin, berlin.admin)
        news = await berlin.hands.posted(berlin.admin, chat, "A distribution failed")
        await berlin.hands.shows(news, short)
        await berlin.go_to(TUESDAY + timedelta(days=7))
        sent = await berlin.built.cloud.journal("mail.sent")
        assert len(sent) == 4
        assert "cyd@" not in str(sent)
        shown = await berlin.hands.press(card, "history")
        assert "Failed · planned for Tue 24 Nov, 09:30 CET" in shown


async def test_one_that_was_cancelled_never_leaves_and_one_begun_early_leaves_once(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        await berlin.write()
        dropped = await scheduled(berlin, ANA, "09:00")
        early = await scheduled(berlin, BEN, "09:00")
        assert "Cancelled by" in await berlin.hands.press(dropped, "distribute.cancel")
        await berlin.hands.press(early, "distribute.begin")
        await berlin.leave(1)
        await berlin.go_to(TUESDAY + timedelta(hours=1))
        (left,) = await berlin.left()
        assert left.day == 23
        await berlin.hands.shows(dropped, "Nothing was sent.")


async def test_a_second_person_approves_and_whoever_asked_cannot(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        other = await approved_over_one(berlin)
        channel = await told_in_channel(berlin)
        await berlin.write()
        card, shown = await berlin.check(f"{ANA}\n{BEN}")
        assert "It goes to more than 1 person." in shown
        await berlin.hands.press(card, "distribute.confirm")
        await berlin.hands.shows(card, "Waits for approval")
        asked = await berlin.hands.posted(other, channel, "Waits for approval")
        approve = "distribute.approve"
        own = await berlin.hands.press(asked, approve, user=berlin.admin)
        assert "somebody else has to decide" in own
        shown = await berlin.hands.press(asked, approve, user=berlin.owner)
        assert "Only organisation admins and program managers" in shown
        assert await berlin.left() == []
        await berlin.hands.press(asked, approve)
        await berlin.leave(2)
        for each in (card, asked):
            await berlin.hands.shows(each, "2 Sent")
            await berlin.hands.shows(each, f"Approved {other.name}")
        chat = await chat_of(berlin, berlin.admin)
        await berlin.hands.posted(berlin.admin, chat, "A distribution was approved")


async def test_an_edit_voids_what_was_asked_for(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        other = await approved_over_one(berlin)
        channel = await told_in_channel(berlin)
        await berlin.write()
        card, _ = await berlin.check(f"{ANA}\n{BEN}")
        await berlin.hands.press(card, "distribute.confirm")
        asked = await berlin.hands.posted(other, channel, "Waits for approval")
        sequences = await berlin.hands.ask(berlin.admin, "sequences")
        chosen = {"sequence": await berlin.hands.choice(sequences, "sequence", "Autumn")}
        await berlin.hands.press(sequences, "sequence.edit", chosen)
        await berlin.hands.press(sequences, "sequence.save", {"subject_1": "Another question"})
        await berlin.hands.shows(card, "The sequence was changed after this preview")
        await berlin.hands.shows(asked, "Failed")
        await berlin.hands.posted(berlin.admin, channel, "A distribution failed")
        assert "Failed" in await berlin.hands.told(berlin.admin, "history")
        await berlin.built.caught_up(await berlin.built.cloud.now())
        assert await berlin.left() == []
