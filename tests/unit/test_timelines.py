"""What happened to one person and why nothing more does, as an admin asks for it."""

from datetime import timedelta

import pytest

from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.heard import Decision
from bot.domain.private_letters import WAITS
from bot.domain.views import OnTheWay, Timeline
from tests.harness.memory_inbox import (
    ADMIN,
    MEMBER,
    OWNER,
    STRANGER,
    Inbox,
    address,
    inbox,
    letter,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def shown(at: Inbox, *, brief: bool = False) -> Timeline:
    return await at.parts.use_cases().timelines.show(ADMIN, address(), brief=brief)


async def way(at: Inbox) -> OnTheWay:
    (found,) = (await shown(at)).ways
    return found


def told(of: OnTheWay) -> list[str]:
    return [words for _, words in of.happened]


async def answered(at: Inbox, text: str = "Yes.", identity: str = "<one@x>") -> None:
    ours = (await at.person()).deliveries[0].message_id
    item = at.mail.deliver("m1", letter(text, answers=ours, identity=identity))
    await at.told(item.mail.id)
    await at.work()


async def test_what_is_only_planned_has_no_reason() -> None:
    at = await inbox()
    found = await way(at)
    assert (found.title, found.mailbox) == ("Feedback: Autumn", "m1@contoso.example")
    assert told(found) == ["Email 1 left: One"]
    assert (found.why, found.next_due) == ("", (await at.person()).deliveries[1].due)


async def test_a_reply_and_its_undo_are_told_in_their_order() -> None:
    at = await inbox()
    await at.run(HOUR)
    await answered(at)
    assert (await way(at)).why == "They replied."
    assert (await way(at)).next_due is None
    await at.run(HOUR)
    known = await at.person()
    undoing = at.parts.answering.undoing()
    await undoing.undo(ADMIN, "m1", known.id, known.heard.replies[0].mark)
    await at.work()
    await at.run(5 * DAY)
    found = await way(at)
    assert told(found) == [
        "Email 1 left: One",
        "They replied to email 1.",
        "Ada Admin said that this reply was automatic.",
        "Email 2 left: Re: One",
    ]
    assert found.why == "Every email of it has left."
    assert sorted(at for at, _ in found.happened if at) == [at for at, _ in found.happened]


async def test_a_letter_is_told_of_and_who_decided() -> None:
    at = await inbox()
    await at.run(HOUR)
    item = at.mail.deliver("m1", letter(identity="<private@x>"))
    await at.told(item.mail.id)
    assert (await way(at)).why == WAITS
    known = await at.person()
    await at.parts.answering.letters.decide(OWNER, "m1", known.id, "1", Decision.STOP)
    found = await way(at)
    assert told(found)[1:] == [
        "They wrote to the owner, not in answer to us.",
        "Olga Owner decided to stop.",
    ]
    assert found.why == "Olga Owner decided to stop."


async def test_a_letter_keeps_it_back_whatever_its_distribution_does() -> None:
    at = await inbox()
    item = at.mail.deliver("m1", letter(identity="<private@x>"))
    await at.told(item.mail.id)
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    await at.parts.steering.resume(ADMIN, batch, shifted=False)
    await at.work()
    assert (await way(at)).why == WAITS


async def test_who_opted_out_is_told_of_with_the_day() -> None:
    at = await inbox()
    await answered(at, "Please unsubscribe me.")
    found = await shown(at)
    assert found.suppressed.startswith("opted out on 23 Nov 2026")
    assert told(found.ways[0])[1:] == ["They opted out with email 1."]
    assert found.ways[0].why == "They opted out."


async def test_who_is_away_is_waited_for() -> None:
    raw = letter(
        "I am back on 9 December 2026.", subject="Automatic reply: One", identity="<away@x>"
    )
    at = await inbox()
    item = at.mail.deliver("m1", raw)
    await at.told(item.mail.id)
    assert (await way(at)).why == "They are away until about Wed 09 Dec."


async def test_what_a_pause_keeps_back_says_so() -> None:
    at = await inbox()
    await at.parts.steering.pause(ADMIN, (await at.person()).distribution_id)
    await at.work()
    assert (await way(at)).why == "Paused by Ada Admin."


async def test_of_several_ways_the_latest_comes_first() -> None:
    at = await inbox()
    await at.run(DAY)
    await at.at.begin(1, batch="1f105c7d2dc5453097cd4e7ae6534c07")
    first, second = (await shown(at)).ways
    assert first.why == "It is its turn: it leaves as soon as its mailbox comes to it."
    assert told(first) == []
    assert told(second) == ["Email 1 left: One"]


async def test_one_that_moved_is_told_once_with_what_left_before() -> None:
    at = await inbox(mailboxes=("m1", "m2"))
    batch = (await at.person()).distribution_id
    await at.parts.steering.pause(ADMIN, batch)
    await at.work()
    await at.parts.moving.move(ADMIN, batch, "m2")
    await at.work()
    found = await way(at)
    assert found.mailbox == "m2@contoso.example"
    assert told(found) == ["Email 1 left: One"]


async def test_nobody_was_written_to() -> None:
    at = await inbox()
    found = await at.parts.use_cases().timelines.show(ADMIN, "nobody@customer.example")
    assert (found.ways, found.person) == ((), "nobody@customer.example")


async def test_nobody_else_sees_it() -> None:
    at = await inbox()
    shown_to = at.parts.use_cases().timelines.show
    with pytest.raises(NotAllowedError):
        await shown_to(MEMBER, address())
    assert (await shown_to(STRANGER, address())).ways == ()


@pytest.mark.parametrize("brief", [False, True])
async def test_it_is_said_how_to_ask(brief: bool) -> None:
    at = await inbox()
    with pytest.raises(UserMistakeError, match="why ana" if brief else "timeline ana"):
        await at.parts.use_cases().timelines.show(ADMIN, "ana", brief=brief)
