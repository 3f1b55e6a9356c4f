"""A letter that answers nothing of ours (G9): their next email waits, and somebody decides."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import EnrolmentState, StopReason
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.heard import Decision
from bot.domain.private_letters import WAITS
from bot.domain.roles import Actor
from bot.domain.views import LetterQuestion
from tests.harness.memory_inbox import (
    ADMIN,
    CHANNEL,
    MEMBER,
    OWNER,
    STRANGER,
    Inbox,
    address,
    everything,
    inbox,
    letter,
)
from tests.harness.memory_mail import ARCHIVE, DELETED

DAYS, HOUR = timedelta(days=4), timedelta(hours=1)
OTHER = "1f105c7d2dc5453097cd4e7ae6534c07"
TOKEN = "zq7xkvj"
PRIVATE = letter(
    f"Between us: {TOKEN}", subject=f"About {TOKEN}", identity=f"<{TOKEN}@customer.example>"
)


async def wrote(at: Inbox, raw: bytes = PRIVATE, *, mailbox_id: str = "m1") -> str:
    """Have somebody write, and it told of; return the message's id."""
    item = at.mail.deliver(mailbox_id, raw)
    await at.told(item.mail.id, mailbox_id)
    await at.work()
    return item.mail.id


async def asked() -> Inbox:
    """Have Ana write a letter an hour after her first email."""
    at = await inbox()
    await at.run(HOUR)
    await wrote(at)
    return at


async def decide(
    at: Inbox, decision: Decision, *, by: Actor = OWNER, number: int = 1
) -> LetterQuestion:
    known = await at.person()
    shown = await at.parts.answering.letters.decide(by, "m1", known.id, str(number), decision)
    await at.work()
    assert isinstance(shown, LetterQuestion)
    return shown


async def test_their_next_email_waits_and_nobody_elses() -> None:
    at = await asked()
    await at.run(DAYS)
    assert (len(at.left(0)), len(at.left(1))) == (1, 2)
    first, second = (await at.person()).deliveries
    assert (first.status, second.reason) == (DeliveryStatus.SENT, WAITS)
    assert at.announced() == []


async def test_the_owner_and_the_channel_are_asked_once_each_and_told_nothing_of_it() -> None:
    at = await asked()
    await wrote(at, letter("And?", identity="<two@customer.example>"))
    assert [place for place, _ in at.asked()] == [CHANNEL.id, f"chat-{OWNER.oid}"]
    for _, view in at.asked():
        assert (view.address, view.mailbox) == (address(), "m1@contoso.example")
        assert TOKEN not in repr(view)
    assert TOKEN not in everything(at.store)


async def test_where_no_channel_asked_to_be_told_whoever_started_it_is_asked_too() -> None:
    at = await inbox()
    batch = await at.at.distribution()
    await at.store.records.save(replace(batch, decided_by=ADMIN.oid), at=at.at.clock.now())
    await at.store.records.delete(type(CHANNEL), "t1", CHANNEL.id)
    await wrote(at)
    assert {place for place, _ in at.asked()} == {f"chat-{OWNER.oid}", f"chat-{ADMIN.oid}"}


@pytest.mark.parametrize("by", [OWNER, ADMIN])
async def test_resumed_it_leaves_as_planned(by: Actor) -> None:
    at = await asked()
    planned = (await at.person()).deliveries[1].due
    shown = await decide(at, Decision.RESUME, by=by)
    assert (shown.decision, shown.decided_by) == (Decision.RESUME, by.name)
    await at.run(DAYS)
    assert at.left()[1] - planned < timedelta(minutes=1)


async def test_resumed_late_it_leaves_at_once_on_a_place_of_that_day() -> None:
    at = await asked()
    await at.run(DAYS)
    now = at.at.clock.now()
    await decide(at, Decision.RESUME)
    assert (await at.person()).deliveries[1].place == now.date()
    await at.run(timedelta(minutes=1))
    assert at.left()[1] - now < timedelta(minutes=1)


async def test_stopped_nothing_more_leaves_and_no_status_says_anything() -> None:
    at = await asked()
    shown = await decide(at, Decision.STOP)
    assert shown.over
    await at.run(DAYS)
    known = await at.person()
    assert (known.state, known.stopped_for) == (EnrolmentState.STOPPED, StopReason.CALLED_OFF)
    assert known.deliveries[0].status is DeliveryStatus.SENT
    assert len(at.left()) == 1


async def test_every_card_shows_what_was_decided_and_an_old_one_changes_nothing() -> None:
    at = await asked()
    await decide(at, Decision.STOP)
    for place in (CHANNEL.id, f"chat-{OWNER.oid}"):
        (card,) = at.on_cards(place)
        assert isinstance(card, LetterQuestion)
        assert card.decision is Decision.STOP
    before = await at.person()
    for decision in Decision:
        shown = await decide(at, decision, by=ADMIN)
        assert (shown.decision, shown.decided_by) == (Decision.STOP, OWNER.name)
    assert await at.person() == before


async def test_two_who_decide_at_the_same_moment_see_one_answer() -> None:
    at = await asked()
    both = await asyncio.gather(decide(at, Decision.RESUME), decide(at, Decision.STOP, by=ADMIN))
    assert len({each.decision for each in both}) == 1


@pytest.mark.parametrize("by", [MEMBER, STRANGER])
async def test_nobody_else_decides(by: Actor) -> None:
    at = await asked()
    with pytest.raises((NotAllowedError, UserMistakeError)):
        await decide(at, Decision.RESUME, by=by)
    assert (await at.person()).heard.asks


async def test_what_was_never_asked_is_not_decided() -> None:
    at = await inbox()
    with pytest.raises(UserMistakeError, match="no longer asked"):
        await decide(at, Decision.RESUME)


async def test_the_same_letter_moved_restored_or_told_again_asks_no_second_time() -> None:
    at = await asked()
    await decide(at, Decision.RESUME)
    item = at.mail.items("m1")[-1]
    for folder in (ARCHIVE, DELETED, "inbox"):
        at.mail.move(item, folder)
        await at.told(item.mail.id)
        at.restart()
        await at.run(timedelta(minutes=1))
    assert not (await at.person()).heard.asks
    assert len(at.asked()) == 2


async def test_a_letter_after_the_answer_asks_anew_one_from_before_it_does_not() -> None:
    at = await asked()
    came = at.at.clock.now()
    await at.run(HOUR)
    await decide(at, Decision.RESUME)
    late = at.mail.deliver("m1", letter(identity="<late@x>"), received=came + HOUR / 2)
    await at.told(late.mail.id)
    assert not (await at.person()).heard.asks
    await at.run(HOUR)
    await wrote(at, letter(identity="<new@x>"))
    assert (await at.person()).heard.asks
    assert len(at.asked()) == 4
    assert (await decide(at, Decision.STOP, number=1)).decision == ""  # the old card
    assert (await decide(at, Decision.STOP, number=2)).decision is Decision.STOP


@pytest.mark.parametrize("came", [-HOUR, -timedelta(days=90)])
async def test_mail_from_before_our_first_email_is_about_none(came: timedelta) -> None:
    at = await inbox()
    item = at.mail.deliver("m1", PRIVATE, received=at.at.clock.now() + came)
    await at.told(item.mail.id)
    assert not (await at.person()).heard.asks


async def test_nothing_is_asked_about_somebody_to_whom_nothing_waits() -> None:
    at = await inbox()
    await at.run(DAYS)
    await wrote(at)
    assert at.asked() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"subject": "Automatic reply: One"},
        {"Return_Path": "<>", "subject": "Away"},
        {"Content_Type": 'text/calendar; method="REPLY"', "subject": "Accepted: Lunch"},
    ],
)
async def test_what_a_program_wrote_is_no_letter(headers: dict[str, str]) -> None:
    at = await inbox()
    calendar = "text/calendar" in headers.pop("Content_Type", "")
    kind = "IPM.Schedule.Meeting.Resp.Pos" if calendar else "IPM.Note"
    item = at.mail.deliver("m1", letter(**headers), message_class=kind)
    await at.told(item.mail.id)
    assert not (await at.person()).heard.asks


async def test_of_several_enrolments_each_waits_and_one_question_answers_for_all() -> None:
    at = await inbox()
    await at.at.begin(1, batch=OTHER)
    await at.run(HOUR)
    await wrote(at)
    assert len(at.asked()) == 2  # the owner and the channel
    await at.run(DAYS)
    assert len(at.left()) == 2
    await decide(at, Decision.RESUME)
    assert not any(each.heard.asks for each in await at.at.people(batch=OTHER))
    await at.run(timedelta(minutes=1))
    assert len(at.left()) == 4


async def test_a_later_enrolment_joins_the_question_that_is_asked() -> None:
    at = await asked()
    await at.at.begin(1, batch=OTHER)
    await at.run(HOUR)
    await wrote(at, letter(identity="<two@x>"))
    assert len(at.asked()) == 2
    await decide(at, Decision.STOP)
    assert [each.state for each in await at.at.people(batch=OTHER)] == [EnrolmentState.STOPPED]


async def waits(at: Inbox, home: str, batch: str) -> bool:
    """Whether Ana's enrolment in a distribution waits for a decision."""
    (first, *_) = await at.at.people(home, batch)
    return first.heard.asks


async def move(at: Inbox, batch: str, to: str) -> None:
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    await at.parts.moving.move(ADMIN, batch, to)
    await at.work()


async def test_one_answer_decides_for_all_also_where_one_of_them_moved_away() -> None:
    at = await inbox(mailboxes=("m1", "m2", "m3"))
    own = (await at.person()).distribution_id
    await at.at.begin(1, batch=OTHER)
    await at.run(HOUR)
    await wrote(at)
    (_, view), _ = at.asked()
    asked_about = await at.store.records.enrolments("m1", [view.enrolment_id])
    moved, stayed = (own, OTHER) if asked_about[0].distribution_id == own else (OTHER, own)
    await move(at, moved, "m2")
    await move(at, moved, "m3")
    await at.parts.answering.letters.decide(ADMIN, "m1", view.enrolment_id, "1", Decision.RESUME)
    assert not await waits(at, "m3", moved)
    assert not await waits(at, "m1", stayed)


async def test_one_answer_decides_for_who_moved_away_where_the_one_asked_about_stayed() -> None:
    at = await inbox(mailboxes=("m1", "m2"))
    own = (await at.person()).distribution_id
    await at.at.begin(1, batch=OTHER)
    await at.run(HOUR)
    await wrote(at)
    (_, view), _ = at.asked()
    asked_about = await at.store.records.enrolments("m1", [view.enrolment_id])
    moved, stayed = (OTHER, own) if asked_about[0].distribution_id == own else (own, OTHER)
    await move(at, moved, "m2")
    await at.parts.answering.letters.decide(ADMIN, "m1", view.enrolment_id, "1", Decision.RESUME)
    assert not await waits(at, "m2", moved)
    assert not await waits(at, "m1", stayed)


TAGGED = letter(sender="p0+news@customer.example", subject="Hi", identity="<tagged@x>")


async def test_one_answer_decides_for_who_is_written_to_with_a_tag_and_without() -> None:
    at = await inbox()
    own = (await at.person()).distribution_id
    await at.at.begin(1, batch=OTHER, tag="+news")
    await at.run(HOUR)
    await wrote(at, TAGGED)
    assert await waits(at, "m1", own)
    assert await waits(at, "m1", OTHER)
    assert {view.address for _, view in at.asked()} == {"p0+news@customer.example"}
    (_, view), _ = at.asked()
    await at.parts.answering.letters.decide(ADMIN, "m1", view.enrolment_id, "1", Decision.RESUME)
    assert not await waits(at, "m1", own)
    assert not await waits(at, "m1", OTHER)


async def test_a_question_about_the_address_without_the_tag_is_not_joined_by_the_one_with_it() -> (
    None
):
    at = await asked()
    await at.at.begin(1, batch=OTHER, tag="+news")
    await at.run(HOUR)
    await wrote(at, TAGGED)
    assert [view.address for _, view in at.asked()[2:]] == ["p0+news@customer.example"] * 2
    await decide(at, Decision.RESUME)
    assert await waits(at, "m1", OTHER)
    (_, view) = at.asked()[2]
    await at.parts.answering.letters.decide(ADMIN, "m1", view.enrolment_id, "1", Decision.RESUME)
    assert not await waits(at, "m1", OTHER)


async def test_a_reply_meanwhile_has_the_last_word() -> None:
    at = await asked()
    ours = (await at.person()).deliveries[0].message_id
    await wrote(at, letter(answers=ours, identity="<reply@x>"))
    assert at.announced() == [f"{address()} Responded"]
    shown = await decide(at, Decision.RESUME)
    assert shown.over
    await at.run(DAYS)
    assert len(at.left()) == 1


async def test_a_paused_distribution_stays_paused_whatever_is_decided() -> None:
    at = await asked()
    await at.parts.steering.pause(ADMIN, (await at.person()).distribution_id)
    await at.work()
    await decide(at, Decision.RESUME)
    await at.run(DAYS)
    assert len(at.left()) == 1
    await at.parts.steering.resume(ADMIN, (await at.person()).distribution_id, shifted=False)
    await at.run(timedelta(minutes=1))
    assert len(at.left()) == 2


async def test_a_distribution_that_goes_on_does_not_answer_the_question() -> None:
    at = await asked()
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    await at.parts.steering.resume(ADMIN, batch, shifted=False)
    await at.run(DAYS)
    assert (len(at.left(0)), len(at.left(1))) == (1, 2)


async def test_a_letter_to_the_mailbox_it_moved_from_holds_it_where_it_goes_on() -> None:
    at = await inbox(mailboxes=("m1", "m2"))
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    await at.parts.moving.move(ADMIN, batch, "m2")
    await at.work()
    await wrote(at)
    assert (await at.person(home="m2")).heard.asks
    await at.run(DAYS)
    assert (len(at.left(0)), len(at.left(1))) == (1, 2)
    (_, view), _ = at.asked()
    assert view.mailbox == "m1@contoso.example"
    known = await at.person(home="m2")
    await at.parts.answering.letters.decide(OWNER, "m1", known.id, "1", Decision.RESUME)
    await at.run(timedelta(minutes=1))
    assert len(at.left(0)) == 2
