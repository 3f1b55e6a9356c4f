"""“It was automatic, resume”: a stop by a reply is turned back, and each reply counts once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.heard import Decision
from bot.domain.mailbox import block
from bot.domain.obstacle import Obstacle
from bot.domain.roles import Actor
from bot.domain.schedule import Delay
from bot.domain.sequence import Email
from bot.domain.views import Happening, ReplyUndone
from tests.harness.memory_inbox import (
    ADMIN,
    CHANNEL,
    MEMBER,
    STRANGER,
    Inbox,
    address,
    inbox,
    letter,
)
from tests.harness.memory_mail import ARCHIVE, DELETED, INBOX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def reply(at: Inbox, identity: str = "<one@customer.example>", number: int = 1) -> str:
    """Have Ana answer an email, and it told of; return the message's id."""
    ours = (await at.person()).deliveries[number - 1].message_id
    item = at.mail.deliver("m1", letter(answers=ours, identity=identity))
    await at.told(item.mail.id)
    await at.work()
    return item.mail.id


async def replied(people: int = 2) -> Inbox:
    """Have Ana answer her first email after an hour."""
    at = await inbox(people)
    await at.run(HOUR)
    await reply(at)
    return at


async def undo(at: Inbox, *, by: Actor = ADMIN, mark: str = "") -> ReplyUndone:
    """Press the button of the reply's card."""
    known = await at.person()
    pressed = mark or known.heard.replies[0].mark
    shown = await at.parts.answering.undoing().undo(by, "m1", known.id, pressed)
    await at.work()
    assert isinstance(shown, ReplyUndone)
    return shown


def marks(known: Enrolment) -> list[str]:
    return [each.mark for each in known.heard.replies]


async def test_the_channels_card_of_a_reply_can_be_undone() -> None:
    at = await replied()
    (card,) = at.on_cards(CHANNEL.id)
    assert isinstance(card, Happening)
    known = await at.person()
    assert (card.mailbox_id, card.enrolment_id, card.reply) == ("m1", known.id, marks(known)[0])


async def test_it_goes_on_as_planned_and_the_email_is_sent_again() -> None:
    at = await replied()
    planned = (await at.person(1)).deliveries[1].due
    shown = await undo(at)
    assert shown.goes_on
    known = await at.person()
    assert (known.state, known.stopped_for) == (EnrolmentState.ACTIVE, None)
    assert [each.status for each in known.deliveries] == ["Sent", "Scheduled"]
    await at.run(4 * DAY)
    assert at.left()[1] - planned < timedelta(minutes=1)


async def test_what_is_late_leaves_now_on_a_place_of_today() -> None:
    at = await replied()
    await at.run(10 * DAY)
    now = at.at.clock.now()
    await undo(at)
    assert (await at.person()).deliveries[1].place == now.date()
    await at.run(timedelta(minutes=1))
    assert timedelta(0) <= at.left()[1] - now < timedelta(minutes=1)


async def test_on_a_full_day_it_leaves_on_the_next_free_one() -> None:
    at = await replied()
    await at.run(10 * DAY)
    today = at.at.clock.now().date()
    await at.store.places.limit("m1", 1, {today: 0})
    await undo(at)
    assert (await at.person()).deliveries[1].place == today + DAY


async def test_said_again_it_changes_nothing() -> None:
    at = await replied()
    await undo(at)
    before = await at.person()
    again = await undo(at, by=replace(ADMIN, name="Somebody else"))
    assert (again.by, await at.person()) == (ADMIN.name, before)


async def test_two_who_say_so_at_the_same_moment_undo_it_once() -> None:
    at = await replied()
    await asyncio.gather(undo(at), undo(at))
    await at.run(10 * DAY)
    assert len(at.left()) == 2


async def test_a_second_reply_stops_it_again_and_is_told() -> None:
    at = await replied()
    await undo(at)
    await reply(at, "<two@customer.example>")
    assert at.announced() == [f"{address()} Responded"] * 2
    assert (await at.person()).state is EnrolmentState.STOPPED
    await at.run(10 * DAY)
    assert len(at.left()) == 1


async def test_the_reply_that_was_undone_never_counts_again_wherever_it_is_moved() -> None:
    at = await replied()
    await undo(at)
    item = at.mail.items("m1")[-1]
    for folder in (ARCHIVE, DELETED, INBOX):
        at.mail.move(item, folder)
        at.restart()
        await at.told(item.mail.id)
        await at.run(timedelta(minutes=1))
    assert (await at.person()).state is EnrolmentState.ACTIVE
    assert at.announced() == [f"{address()} Responded"]


async def test_a_real_reply_that_came_before_the_undo_is_not_forgotten() -> None:
    at = await replied()
    await reply(at, "<two@customer.example>")
    assert at.announced() == [f"{address()} Responded"]  # the second one is no news
    shown = await undo(at)
    known = await at.person()
    assert (shown.goes_on, shown.reply) == (False, marks(known)[1])
    assert known.deliveries[0].status is DeliveryStatus.RESPONDED
    await at.run(10 * DAY)
    assert len(at.left()) == 1
    assert (await undo(at, mark=shown.reply)).goes_on
    assert (await at.person()).deliveries[0].status is DeliveryStatus.SENT


async def test_replies_to_two_emails_are_undone_one_by_one() -> None:
    at = await inbox()
    await at.run(4 * DAY)
    await reply(at, "<one@x>", 1)
    await reply(at, "<two@x>", 2)
    await undo(at)
    known = await at.person()
    assert [each.status for each in known.deliveries] == ["Sent", "Responded"]
    shown = await undo(at, mark=marks(known)[1])
    known = await at.person()
    assert [each.status for each in known.deliveries] == ["Sent", "Sent"]
    assert (known.state, shown.why_not) == (
        EnrolmentState.FINISHED,
        "There was nothing more to send.",
    )


async def test_what_was_undone_before_it_could_be_told_is_not_told() -> None:
    at = await inbox()
    ours = (await at.person()).deliveries[0].message_id
    item = at.mail.deliver("m1", letter(answers=ours))
    await at.told(item.mail.id)
    await undo(at)  # the channel's job is done after it
    assert at.announced() == []


@pytest.mark.parametrize("by", [MEMBER, STRANGER])
async def test_nobody_else_undoes(by: Actor) -> None:
    at = await replied()
    with pytest.raises((NotAllowedError, UserMistakeError)):
        await undo(at, by=by)
    assert (await at.person()).state is EnrolmentState.STOPPED


async def test_an_opt_out_is_never_undone_by_others() -> None:
    at = await replied()
    ours = (await at.person()).deliveries[0].message_id
    out = at.mail.deliver("m1", letter("Please unsubscribe me.", answers=ours, identity="<out@x>"))
    await at.told(out.mail.id)
    await at.work()
    with pytest.raises(UserMistakeError, match="opted out on"):
        await undo(at)
    known = await at.person()
    assert known.deliveries[0].status is DeliveryStatus.OPTED_OUT
    assert known.state is EnrolmentState.STOPPED


async def test_there_is_nothing_to_undo_where_nobody_replied() -> None:
    at = await inbox()
    with pytest.raises(UserMistakeError, match="no longer exists"):
        await undo(at, mark="0" * 16)


# -- what the distribution does meanwhile ---------------------------------------------------------


async def test_in_a_paused_distribution_it_waits_with_the_others() -> None:
    at = await replied()
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    shown = await undo(at)
    assert shown.why_not == f"Paused by {ADMIN.name}."
    assert (await at.person()).state is EnrolmentState.HELD
    await at.run(10 * DAY)
    assert len(at.left()) == 1
    await at.parts.steering.resume(ADMIN, batch, shifted=False)
    await at.run(timedelta(minutes=1))
    assert len(at.left()) == 2


async def test_in_a_distribution_that_was_stopped_nothing_leaves_any_more() -> None:
    at = await replied()
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.parts.steering.stop(ADMIN, batch)
    await at.work()
    shown = await undo(at)
    assert "stopped" in shown.why_not
    known = await at.person()
    assert (known.state, known.stopped_for) == (EnrolmentState.STOPPED, StopReason.CALLED_OFF)
    assert known.deliveries[0].status is DeliveryStatus.SENT


async def test_what_somebody_stopped_because_of_a_letter_stays_stopped() -> None:
    at = await inbox()
    private = at.mail.deliver("m1", letter(identity="<private@x>"))
    await at.told(private.mail.id)
    known = await at.person()
    await at.parts.answering.letters.decide(ADMIN, "m1", known.id, "1", Decision.STOP)
    await reply(at)
    shown = await undo(at)
    assert (shown.goes_on, shown.why_not) == (False, "What was to follow was stopped meanwhile.")
    await at.run(10 * DAY)
    assert len(at.left()) == 1


async def edited(at: Inbox, *emails: Email) -> None:
    """Have the sequence say something else after its first email."""
    sequence = await at.at.sequence()
    changed = replace(sequence, emails=(sequence.emails[0], *emails), version=sequence.version + 1)
    await at.store.records.save(changed, at=at.at.clock.now())


@pytest.mark.parametrize("late", [timedelta(0), 10 * DAY])
async def test_it_goes_on_as_the_sequence_is_by_now(late: timedelta) -> None:
    at = await replied()
    await at.run(late)
    await edited(at, Email(subject="Two", body="Said anew.", delay=Delay(number=2)))
    await undo(at)
    await at.run(3 * DAY)
    assert len(at.left()) == 2
    to_ana = [each for _, each in at.mail.submitted if each.to_address == address()]
    assert "Said anew." in to_ana[-1].html


@pytest.mark.parametrize("late", [timedelta(0), 10 * DAY])
async def test_where_the_sequence_ends_by_now_nothing_more_leaves(late: timedelta) -> None:
    at = await replied()
    await at.run(late)
    await edited(at)
    shown = await undo(at)
    assert (shown.goes_on, shown.why_not) == (False, "There was nothing more to send.")
    await at.run(10 * DAY)
    assert len(at.left()) == 1


async def test_who_is_under_way_anew_goes_on_there_alone() -> None:
    at = await replied()
    await at.at.begin(1, batch="1f105c7d2dc5453097cd4e7ae6534c07")
    with pytest.raises(UserMistakeError, match="is under way in this sequence already"):
        await undo(at)
    assert (await at.person()).state is EnrolmentState.STOPPED


async def test_one_left_behind_by_a_move_goes_on_from_where_it_was_if_that_can_send() -> None:
    at = await inbox(mailboxes=("m1", "m2"))
    await reply(at)
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    await at.parts.moving.move(ADMIN, batch, "m2")
    await at.work()
    blocked = block(await at.at.mailbox("m1"), Obstacle.FULL)
    await at.store.records.save(blocked, at=at.at.clock.now())
    with pytest.raises(UserMistakeError, match="cannot send"):
        await undo(at)
    free = replace(await at.at.mailbox("m1"), obstacle=None)
    await at.store.records.save(free, at=at.at.clock.now())
    assert (await undo(at)).goes_on
    await at.run(4 * DAY)
    assert len(at.left()) == 2


async def test_what_is_moving_this_moment_is_told_to_wait() -> None:
    at = await inbox(mailboxes=("m1", "m2"))
    await reply(at)
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    await at.parts.moving.move(ADMIN, batch, "m2")
    with pytest.raises(UserMistakeError, match="moves to another mailbox"):
        await undo(at)
