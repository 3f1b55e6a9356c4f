"""What people do about a reply on the channel's card, and take back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.calendar import PLAIN
from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import EnrolmentState, StopReason, enrol
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.roles import Actor
from bot.domain.suppression import Cause
from bot.domain.views import Happening
from bot.services.on_replies import OnReplies, ReplyCard
from tests.contract import samples
from tests.harness.memory_inbox import (
    ADMIN,
    CHANNEL,
    MEMBER,
    STRANGER,
    Inbox,
    address,
    everything,
    inbox,
    letter,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COLLEAGUE = replace(ADMIN, oid="manager", name="Cleo Colleague")
OTHER_BATCH = "1f105c7d2dc5453097cd4e7ae6534c07"


async def replied(*mailboxes: str) -> Inbox:
    """Have Ana answer her first email after an hour."""
    at = await inbox(mailboxes=mailboxes or ("m1",))
    await at.run(HOUR)
    ours = (await at.person()).deliveries[0].message_id
    item = at.mail.deliver("m1", letter(answers=ours))
    await at.told(item.mail.id)
    await at.work()
    return at


def use(at: Inbox) -> OnReplies:
    return at.parts.answering.on_replies()


async def named(at: Inbox) -> ReplyCard:
    """Return what the buttons of the reply's card carry."""
    known = await at.person()
    mark = known.heard.replies[0].mark
    return ReplyCard(mailbox_id="m1", enrolment_id=known.id, reply=mark, link=at.mail.web_link)


async def opt_out(at: Inbox, by: Actor = ADMIN) -> Happening:
    shown = await use(at).opt_out(by, await named(at))
    await at.work()
    return shown


async def take_back(at: Inbox, by: Actor = ADMIN) -> Happening:
    shown = await use(at).take_back(by, await named(at))
    await at.work()
    return shown


async def opts_out_by_letter(at: Inbox) -> None:
    """Have Ana herself ask for it, in answer to the same email."""
    ours = (await at.person()).deliveries[0].message_id
    out = at.mail.deliver("m1", letter("Please unsubscribe me.", answers=ours, identity="<out@x>"))
    await at.told(out.mail.id)
    await at.work()


# -- opt out -----------------------------------------------------------------------------------


async def test_one_click_suppresses_for_the_organisation_and_names_who_said_so() -> None:
    at = await replied()
    shown = await opt_out(at)
    assert (shown.status, shown.out_by) == (DeliveryStatus.OPTED_OUT, ADMIN.name)
    assert await at.suppressed(address()) is Cause.OPTED_OUT
    known = await at.person()
    assert [each.status for each in known.deliveries] == ["Opted Out", "Scheduled"]
    assert known.deliveries[1].cancelled
    told = await at.parts.answering.timelines().show(ADMIN, address())
    assert f"opted out on 23 Nov 2026, as {ADMIN.name} said" in told.suppressed
    assert f"{ADMIN.name} said that they want no more emails." in [
        words for _, words in told.ways[0].happened
    ]


async def under_way_elsewhere() -> Inbox:
    """Have Ana answer, with another sequence to her still to begin."""
    at = await replied("m1", "m2")
    person, now = (await at.person()).participant, at.at.clock.now()
    other = enrol(
        OTHER_BATCH,
        person,
        samples.sequence("m2"),
        calendar=PLAIN,
        domain="contoso.example",
        start=now + DAY,
    )
    await at.store.records.save(other, at=now)
    return at


async def test_whatever_else_is_under_way_to_them_stops() -> None:
    at = await under_way_elsewhere()
    await opt_out(at)
    (elsewhere,) = await at.store.records.enrolments_by_address("m2", address())
    assert elsewhere.stopped_for is StopReason.OPTED_OUT


async def test_nobody_is_told_of_it_anew() -> None:
    at = await replied()
    await opt_out(at)
    assert at.announced() == [f"{address()} Responded"]


async def test_said_again_it_changes_nothing() -> None:
    at = await replied()
    first = await opt_out(at)
    before = await at.person()
    await at.run(HOUR)
    assert await opt_out(at, COLLEAGUE) == first
    assert await at.person() == before


async def test_undo_takes_them_off_the_list_and_the_email_is_answered_again() -> None:
    at = await replied()
    before = await at.person()
    await opt_out(at)
    shown = await take_back(at, COLLEAGUE)
    assert (shown.status, shown.out_at) == (DeliveryStatus.RESPONDED, None)
    assert await at.suppressed(address()) is None
    known = await at.person()
    assert (known.deliveries[0].status, known.state) == ("Responded", EnrolmentState.STOPPED)
    assert replace(known, rev=0, deliveries=()) == replace(before, rev=0, deliveries=())
    assert await take_back(at) == shown


async def test_after_the_undo_the_reply_may_still_have_been_automatic() -> None:
    at = await replied()
    await opt_out(at)
    with pytest.raises(UserMistakeError, match=f"as {ADMIN.name} said"):
        await use(at).undo(ADMIN, await named(at))
    await take_back(at)
    await use(at).undo(ADMIN, await named(at))
    await at.run(4 * DAY)
    assert len(at.left()) == 2


async def test_an_undo_before_anything_was_stopped_stops_nothing() -> None:
    at = await under_way_elsewhere()
    await use(at).opt_out(ADMIN, await named(at))  # its job has not run
    await take_back(at)
    assert (await at.person()).deliveries[0].status is DeliveryStatus.RESPONDED
    (elsewhere,) = await at.store.records.enrolments_by_address("m2", address())
    assert elsewhere.state is EnrolmentState.ACTIVE


@pytest.mark.parametrize("first", [True, False])
async def test_what_they_said_themselves_is_not_undone(first: bool) -> None:
    at = await replied()
    if first:
        await opts_out_by_letter(at)
    shown = await opt_out(at)
    assert shown.out_by == ("" if first else ADMIN.name)
    assert (await at.parts.suppressions.said("t1", address()) is None) is first
    if not first:
        await opts_out_by_letter(at)
    shown = await take_back(at)
    assert (shown.status, shown.out_by) == (DeliveryStatus.OPTED_OUT, "")
    assert await at.suppressed(address()) is Cause.OPTED_OUT
    assert (await at.person()).deliveries[0].status is DeliveryStatus.OPTED_OUT


async def test_what_is_known_of_them_otherwise_stays_after_an_undo() -> None:
    at = await replied()
    await at.parts.suppressions.add("t1", address(), Cause.COMPLAINED)
    await opt_out(at)
    assert await at.suppressed(address()) is Cause.OPTED_OUT
    await take_back(at)
    assert await at.suppressed(address()) is Cause.COMPLAINED


async def test_allow_lifts_what_was_said_too() -> None:
    at = await replied()
    await opt_out(at)
    told = await at.parts.suppressions.lift(ADMIN, address())
    assert told.lines[0] == f"Before: opted out on 23 Nov 2026, as {ADMIN.name} said."
    assert await at.suppressed(address()) is None


@pytest.mark.parametrize("by", [MEMBER, STRANGER])
async def test_nobody_else_says_so_or_takes_it_back(by: Actor) -> None:
    at = await replied()
    with pytest.raises((NotAllowedError, UserMistakeError)):
        await opt_out(at, by)
    assert await at.suppressed(address()) is None
    await opt_out(at)
    with pytest.raises((NotAllowedError, UserMistakeError)):
        await take_back(at, by)
    assert await at.suppressed(address()) is Cause.OPTED_OUT


async def test_a_reply_nobody_knows_is_no_opt_out() -> None:
    at = await replied()
    card = replace(await named(at), reply="0" * 12)
    with pytest.raises(UserMistakeError, match="no longer exists"):
        await use(at).opt_out(ADMIN, card)
    assert await at.suppressed(address()) is None


# -- open in Outlook ----------------------------------------------------------------------------


async def test_the_card_opens_the_reply_in_outlook_and_keeps_doing_so() -> None:
    at = await replied()
    (card,) = at.on_cards(CHANNEL.id)
    assert isinstance(card, Happening)
    assert card.link == at.mail.web_link
    assert (await opt_out(at)).link == at.mail.web_link
    assert at.mail.web_link not in everything(at.store.records)


async def test_a_link_to_anywhere_else_is_no_button() -> None:
    at = await replied()
    forged = replace(await named(at), link="https://evil.example/owa/")
    assert (await use(at).opt_out(ADMIN, forged)).link == ""
    at.mail.web_link = "https://evil.example/owa/"
    ours = (await at.person(1)).deliveries[0].message_id
    sender = address(1)
    item = at.mail.deliver("m1", letter(answers=ours, sender=sender, identity="<two@x>"))
    await at.told(item.mail.id)
    await at.work()
    (_, card) = at.on_cards(CHANNEL.id)
    assert isinstance(card, Happening)
    assert (card.address, card.link) == (sender, "")


# -- I take it -----------------------------------------------------------------------------------


async def test_whoever_takes_care_of_a_reply_stands_on_the_card_until_they_give_it_back() -> None:
    at = await replied()
    assert (await use(at).take(ADMIN, await named(at))).taken_by == ADMIN.name
    (reply,) = (await at.person()).heard.replies
    assert (reply.taken_by, reply.taken_oid) == (ADMIN.name, ADMIN.oid)
    assert (await opt_out(at)).taken_by == ADMIN.name
    before = await at.person()
    await use(at).take(ADMIN, await named(at))
    assert await at.person() == before
    for _ in range(2):
        assert (await use(at).give_back(ADMIN, await named(at))).taken_by == ""
    assert (await at.person()).heard.replies[0].taken_oid == ""


async def test_somebody_else_may_take_over() -> None:
    at = await replied()
    await use(at).take(ADMIN, await named(at))
    assert (await use(at).take(COLLEAGUE, await named(at))).taken_by == COLLEAGUE.name


async def test_it_changes_nothing_about_the_sequence() -> None:
    at = await replied()
    before = await at.person()
    await use(at).take(ADMIN, await named(at))
    known = await at.person()
    assert (known.state, known.deliveries) == (before.state, before.deliveries)


@pytest.mark.parametrize("by", [MEMBER, STRANGER])
async def test_nobody_else_takes_it_or_gives_it_back(by: Actor) -> None:
    at = await replied()
    with pytest.raises((NotAllowedError, UserMistakeError)):
        await use(at).take(by, await named(at))
    await use(at).take(ADMIN, await named(at))
    with pytest.raises((NotAllowedError, UserMistakeError)):
        await use(at).give_back(by, await named(at))
    assert (await at.person()).heard.replies[0].taken_by == ADMIN.name
