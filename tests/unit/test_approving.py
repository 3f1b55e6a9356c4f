"""A second person: asked before large and first distributions, and never the one who asks."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bot.domain.distribution import DistributionState
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.roles import Organisation
from bot.domain.suppression import Cause
from bot.domain.views import DistributionCard, DistributionPreview, History
from bot.jobs import ReleasePlaces
from tests.harness.memory_office import (
    ADMIN,
    BERLIN,
    CARD,
    CHANNEL,
    MONDAY,
    ORGANISATION,
    OTHER,
    STRANGER,
    DiedError,
    Life,
    Office,
    When,
    mortal,
    office,
    overtaken,
)

ANA, BEN = "Ana Abel <ana@x.example>", "Ben Bo <ben@x.example>"
TWO = f"{ANA}\n{BEN}"
OVER_ONE = replace(ORGANISATION, approval_over=1)
ALONE = replace(OVER_ONE, managers=frozenset())
NINE = datetime(2026, 11, 24, 9, 0, tzinfo=BERLIN)
TODAY = date(2026, 11, 23)


async def asked(
    people: str = TWO, *, organisation: Organisation = OVER_ONE, day: str = "", hour: str = ""
) -> tuple[Office, str]:
    """Have ADMIN ask for approval, and everybody told."""
    at = await office(organisation=organisation)
    batch = await at.confirmed(people, day, hour)
    await at.work()
    return at, batch


async def test_the_card_to_decide_on_stands_in_the_chat_and_in_the_channel() -> None:
    at, batch = await asked()
    known = await at.known(batch)
    assert known.state is DistributionState.ASKED
    (posted,) = known.posted
    assert posted.conversation_id == CHANNEL.id
    for where in (CARD, posted):
        shown = at.teams.shown[where]
        assert isinstance(shown, DistributionPreview)
        assert (shown.asked_by, shown.people) == ("Ada Abel", 2)
        assert "more than 1 person" in shown.approval
    assert await at.store.places.taken("m1") == {}
    assert await at.enrolled(batch) == []


async def test_a_first_distribution_needs_it_and_the_next_small_one_does_not() -> None:
    organisation = replace(ORGANISATION, approval_over=100)
    at, batch = await asked(ANA, organisation=organisation)
    shown = await at.distributions.show(ADMIN, batch)
    assert isinstance(shown, DistributionPreview)
    assert shown.approval == "It is the first one sent from m1@contoso.example."
    await at.approving.approve(OTHER, batch)
    assert (await at.known(await at.confirmed(BEN))).state is DistributionState.STARTING


async def test_without_the_setting_nobody_else_has_to_agree() -> None:
    at = await office()
    assert (await at.known(await at.confirmed(TWO))).state is DistributionState.STARTING


async def test_approved_it_begins_and_whoever_asked_is_told() -> None:
    at, batch = await asked()
    at.clock.moment = MONDAY + timedelta(hours=2)
    await at.approving.approve(OTHER, batch)
    await at.work()
    known = await at.known(batch)
    assert (known.state, known.started_at) == (DistributionState.RUNNING, at.clock.moment)
    assert await at.store.places.taken("m1") == {TODAY: 2, date(2026, 11, 26): 2}
    for where in (CARD, *known.posted):
        shown = at.teams.shown[where]
        assert isinstance(shown, DistributionCard)
        assert (shown.decided_by, shown.approved_by) == ("Ada Abel", "Otto Orth")
    assert at.teams.news("chat-admin") == ["approved"]


async def test_what_is_approved_for_later_waits_for_its_time() -> None:
    at, batch = await asked(day="2026-11-24", hour="09:00")
    await at.approving.approve(OTHER, batch)
    await at.work()
    assert (await at.known(batch)).state is DistributionState.SCHEDULED
    assert await at.store.places.taken("m1") == {}
    await at.suppressions.add("t1", "ana@x.example", Cause.OPTED_OUT)
    with pytest.raises(UserMistakeError, match="Otto Orth approved this for its time"):
        await at.scheduling.begin_now(ADMIN, batch)
    await at.go_to(NINE)
    (made,) = await at.enrolled(batch)
    assert made.participant.address == "ben@x.example"


async def test_somebody_else_may_begin_earlier_what_was_approved() -> None:
    at, batch = await asked(day="2026-11-24", hour="09:00")
    await at.approving.approve(OTHER, batch)
    await at.scheduling.begin_now(OTHER, batch)
    assert (await at.known(batch)).state is DistributionState.STARTING


async def test_approved_after_its_time_it_begins_at_once() -> None:
    at, batch = await asked(day="2026-11-24", hour="09:00")
    late = NINE + timedelta(hours=1)
    await at.go_to(late)
    shown = await at.distributions.show(OTHER, batch)
    assert isinstance(shown, DistributionPreview)
    assert shown.late
    await at.approving.approve(OTHER, batch)
    await at.work()
    assert (await at.known(batch)).started_at == late


async def test_refused_nothing_is_sent_and_whoever_asked_is_told() -> None:
    at, batch = await asked()
    await at.approving.refuse(OTHER, batch)
    await at.work()
    known = await at.known(batch)
    assert known.problems == ("Refused by Otto Orth.",)
    assert await at.enrolled(batch) == []
    assert at.teams.news("chat-admin") == ["refused"]
    shown = await at.approving.approve(OTHER, batch)
    assert isinstance(shown, DistributionCard)
    assert shown.state is DistributionState.REFUSED


async def test_whoever_asked_cannot_decide_but_cancel() -> None:
    at, batch = await asked()
    for decide in (at.approving.approve, at.approving.refuse):
        with pytest.raises(UserMistakeError, match="somebody else has to decide"):
            await decide(ADMIN, batch)
    assert (await at.known(batch)).state is DistributionState.ASKED
    await at.confirming.cancel(ADMIN, batch)
    shown = await at.approving.approve(OTHER, batch)
    assert isinstance(shown, DistributionCard)
    assert shown.state is DistributionState.CANCELLED


async def test_a_stranger_cannot_decide() -> None:
    at, batch = await asked()
    for decide in (at.approving.approve, at.approving.refuse):
        with pytest.raises(NotAllowedError):
            await decide(STRANGER, batch)
        with pytest.raises(NotAllowedError):
            await decide(replace(OTHER, tenant_id="t2"), batch)


async def test_an_edit_voids_it_at_once() -> None:
    at, batch = await asked()
    await at.edit()
    await at.work()
    known = await at.known(batch)
    assert known.state is DistributionState.FAILED
    assert "was changed" in known.problems[0]
    assert (at.teams.news("chat-admin"), at.teams.news("channel")) == (["failed"], ["failed"])


async def test_what_is_not_what_was_asked_for_fails_when_it_is_approved() -> None:
    at, batch = await asked()
    mailbox = await at.store.records.get(Mailbox, "t1", "m1")
    assert mailbox is not None
    await at.store.records.save(replace(mailbox, owner_name="Somebody else"), at=MONDAY)
    shown = await at.approving.approve(OTHER, batch)
    assert isinstance(shown, DistributionCard)
    assert shown.state is DistributionState.FAILED
    await at.work()
    assert await at.enrolled(batch) == []
    assert at.teams.news("chat-admin") == ["failed"]


async def test_another_start_of_the_sequence_voids_nothing() -> None:
    at, batch = await asked()
    other = await at.confirmed("Cem Can <cem@x.example>")
    for each in (other, batch):
        await at.approving.approve(OTHER, each)
    assert (await at.known(batch)).state is DistributionState.STARTING


async def test_without_room_it_still_waits_and_whoever_approves_is_told() -> None:
    at, batch = await asked()
    days = {TODAY: 2499}
    watch = ReleasePlaces(tenant_id="t1", mailbox_id="m1", distribution_id="other")
    await at.store.places.book("m1", "other", days, today=TODAY, watch=watch, at=MONDAY)
    with pytest.raises(UserMistakeError, match="room for 1 of 2 emails") as refused:
        await at.approving.approve(OTHER, batch)
    assert "Reduce the list to the first 1 of 2 people." in refused.value.problems
    assert (await at.known(batch)).state is DistributionState.ASKED
    await at.store.places.release("m1", "other")
    await at.approving.approve(OTHER, batch)
    assert (await at.known(batch)).state is DistributionState.STARTING


async def test_who_is_alone_is_told_so_before_and_when_they_confirm() -> None:
    at = await office(organisation=ALONE)
    shown = await at.check(TWO)
    assert isinstance(shown, DistributionPreview)
    assert "Nobody but you may do that" in shown.nobody
    with pytest.raises(UserMistakeError) as refused:
        await at.confirming.confirm(ADMIN, shown.distribution_id, CARD)
    assert "more than 1 person" in refused.value.problems[0]
    assert "Ask help@contoso.example to name another" in refused.value.problems[1]
    assert (await at.known(shown.distribution_id)).state is DistributionState.DRAFT


async def test_what_waits_is_found_in_history() -> None:
    at, batch = await asked()
    shown = await at.distributions.history(OTHER)
    assert isinstance(shown, History)
    assert [each.distribution_id for each in shown.distributions] == [batch]
    assert shown.distributions[0].state is DistributionState.ASKED


async def test_two_who_approve_at_once_begin_it_once() -> None:
    organisation = replace(OVER_ONE, managers=frozenset({"other", "third"}))
    at, batch = await asked(organisation=organisation)
    for oid in ("other", "third"):
        await at.approving.approve(replace(OTHER, oid=oid, name=oid), batch)
    known = await at.known(batch)
    assert known.approved_by_name == "other"
    await at.work()
    assert at.teams.news("chat-admin") == ["approved"]
    assert await at.store.places.taken("m1") == {TODAY: 2, date(2026, 11, 26): 2}


async def test_what_is_decided_before_it_was_posted_is_not_asked_any_more() -> None:
    at = await office(organisation=OVER_ONE)
    batch = await at.confirmed(TWO)
    await at.approving.refuse(OTHER, batch)
    await at.work()
    assert [place for place, _ in at.teams.posts] == ["chat-admin"]


async def test_an_edit_at_the_moment_of_asking_wins() -> None:
    at = await office(organisation=OVER_ONE)
    draft = await at.draft(TWO)
    with pytest.raises(UserMistakeError, match="The sequence was changed"):
        await overtaken(at, at.edit).confirming.confirm(ADMIN, draft, CARD)
    assert (await at.known(draft)).state is DistributionState.DRAFT


async def test_a_card_decided_on_before_it_was_noted_shows_the_decision() -> None:
    at = await office(organisation=OVER_ONE)
    batch = await at.confirmed(TWO)

    async def approve() -> None:
        await at.approving.approve(OTHER, batch)
        await at.work()

    await overtaken(at, approve).work()
    (posted,) = (await at.known(batch)).posted
    shown = at.teams.shown[posted]
    assert isinstance(shown, DistributionCard)
    assert shown.state is DistributionState.RUNNING


@pytest.mark.parametrize("when", ["before", "after"])
async def test_it_is_asked_wherever_a_worker_dies(when: When) -> None:
    """A post that nobody has noted is the one thing that is done again."""
    deaths, died = 0, True
    while died:
        at = await office(organisation=OVER_ONE)
        batch = await at.confirmed(TWO)
        life = Life(deaths, when)
        with suppress(DiedError):
            await mortal(at, life).work()
        died = life.is_over
        deaths += died
        await at.go_to(MONDAY + timedelta(minutes=6))
        (posted,) = (await at.known(batch)).posted
        assert isinstance(at.teams.shown[posted], DistributionPreview)
        assert isinstance(at.teams.shown[CARD], DistributionPreview)
    assert deaths > 3
