"""Nobody goes through a sequence twice at once, and everybody who is left out is told of."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.distribution import DistributionState
from bot.domain.enrolment import StopReason, fail, rest
from bot.domain.errors import UserMistakeError
from bot.domain.participant import Omission
from bot.domain.suppression import Cause
from bot.domain.views import DistributeForm, DistributionCard, DistributionPreview
from tests.contract import samples
from tests.harness.memory_office import ADMIN, CARD, MONDAY, Office, office

ANA, BEN = "Ana Abel <ana@customer.example>", "Ben Bo <ben@customer.example>"


async def preview(at: Office, people: str) -> DistributionPreview:
    shown = await at.check(people)
    assert isinstance(shown, DistributionPreview), shown
    return shown


async def sent(at: Office, people: str) -> str:
    """Send the sequence to people; everybody is enrolled then."""
    batch = await at.confirmed(people)
    await at.work()
    return batch


async def test_everybody_who_is_left_out_is_told_of_with_the_reason() -> None:
    named = replace(samples.sequence().emails[0], body="Hello {{Last Name}}")
    at = await office(sequence=replace(samples.sequence(), emails=(named,)))
    await sent(at, ANA)
    await at.suppressions.add("t1", "cem@customer.example", Cause.OPTED_OUT)
    people = f"{ANA}\n{BEN}\nCem Can <cem@customer.example>\nben@customer.example\n"
    shown = await preview(at, f"{people}Dana <dana@customer.example>\nnobody")
    assert shown.people == 1
    reasons = {each.kind: (each.text, each.why) for each in shown.left_out}
    assert reasons == {
        Omission.UNDER_WAY: ("ana@customer.example", "is under way in this sequence already"),
        Omission.TWICE: ("ben@customer.example", "listed twice"),
        Omission.SUPPRESSED: (
            "cem@customer.example",
            "opted out on 23 Nov 2026: nobody of your organisation writes to them any more",
        ),
        Omission.LACKING: ("Dana", "has no Last Name"),
        Omission.UNREADABLE: ("nobody", "not a valid email address"),
    }


async def test_a_list_of_nobody_but_left_out_ones_says_why() -> None:
    at = await office()
    await sent(at, ANA)
    shown = await at.check(f"{ANA}\nben@customer")
    assert isinstance(shown, DistributeForm)
    assert shown.problems == (
        "Nobody on this list can be written to.",
        "“ben@customer” is not a valid email address.",
        "ana@customer.example is under way in this sequence already.",
    )


async def test_who_was_enrolled_since_the_preview_is_not_enrolled_again() -> None:
    at = await office()
    draft = await preview(at, f"{ANA}\n{BEN}")
    await sent(at, BEN)
    shown = await at.confirming.confirm(ADMIN, draft.distribution_id, CARD)
    assert isinstance(shown, DistributionCard)
    assert shown.people == 1
    assert [each.text for each in shown.dropped] == ["ben@customer.example"]


async def test_of_two_confirmed_at_the_same_moment_one_starts() -> None:
    at = await office()
    drafts = [(await preview(at, ANA)).distribution_id for _ in range(4)]
    told = await asyncio.gather(
        *(at.confirming.confirm(ADMIN, each, CARD) for each in drafts), return_exceptions=True
    )
    assert sum(isinstance(each, UserMistakeError) for each in told) == 3
    states = [(await at.known(each)).state for each in drafts]
    assert sorted(states) == [DistributionState.DRAFT] * 3 + [DistributionState.STARTING]
    left = drafts[states.index(DistributionState.DRAFT)]
    with pytest.raises(UserMistakeError, match="Nobody on this list"):
        await at.confirming.confirm(ADMIN, left, CARD)


async def test_who_is_confirmed_and_not_enrolled_yet_is_under_way_too() -> None:
    at = await office()
    await at.confirmed(ANA)
    await at.confirmed(BEN)
    left_out = (await preview(at, f"{ANA}\n{BEN}\ncem@customer.example")).left_out
    assert [each.text for each in left_out] == ["ana@customer.example", "ben@customer.example"]


async def test_a_scheduled_one_leaves_out_who_is_under_way_when_it_begins() -> None:
    at = await office()
    batch = await at.confirmed(f"{ANA}\n{BEN}", day="2026-11-24", hour="09:00")
    await at.work()
    await sent(at, ANA)
    await at.go_to(MONDAY.replace(day=24, hour=9))
    (ben,) = await at.enrolled(batch)
    assert ben.participant.address == "ben@customer.example"


async def test_who_goes_on_from_another_mailbox_or_is_moving_there_is_under_way() -> None:
    at = await office()
    await at.store.records.save(samples.mailbox("m2"), at=MONDAY)
    batch = await sent(at, ANA)
    await at.steering.pause(ADMIN, batch)
    await at.work()
    await at.moving.move(ADMIN, batch, "m2")
    assert (await at.known(batch)).state is DistributionState.MOVING
    for _ in range(2):
        shown = await preview(at, f"{ANA}\n{BEN}")
        assert [each.text for each in shown.left_out] == ["ana@customer.example"]
        await at.work()
    known = await at.known(batch)
    assert (known.state, known.mailbox_id) == (DistributionState.RUNNING, "m2")


@pytest.mark.parametrize("why", [StopReason.REPLIED, StopReason.CALLED_OFF])
async def test_who_is_through_can_be_sent_the_sequence_again(why: StopReason) -> None:
    at = await office()
    (first,) = await at.enrolled(await sent(at, ANA))
    await at.store.records.save(rest(first, why), at=MONDAY)
    assert (await preview(at, ANA)).left_out == ()


async def test_who_has_begun_anew_since_is_not_tried_again() -> None:
    at = await office()
    first = await sent(at, f"{ANA}\n{BEN}")
    failed = [fail(each, 1, "Refused.") for each in await at.enrolled(first)]
    await at.store.records.save(*failed, at=MONDAY)
    await sent(at, ANA)
    await at.steering.retry(ADMIN, first)
    await at.work()
    ana, ben = await at.enrolled(first)
    assert (ana.is_open, ben.is_open) == (False, True)


async def test_another_sequence_and_a_test_of_this_one_are_no_obstacle() -> None:
    at = await office()
    other = replace(samples.enrolment(1), sequence_id="s2")
    test = replace(samples.enrolment(2), test=True)
    await at.store.records.save(other, test, at=MONDAY)
    assert (await preview(at, "p1@customer.example\np2@customer.example")).people == 2
