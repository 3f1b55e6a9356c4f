"""A scheduled distribution: nothing is booked before its time, then it begins or fails whole."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from bot.domain.distribution import DistributionState
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.schedule import LIMITS
from bot.domain.sequence import Sequence
from bot.domain.suppression import Cause
from bot.domain.views import DistributeForm, DistributionCard, DistributionPreview, History
from bot.jobs import BeginScheduled, ReleasePlaces, StartDistribution
from tests.contract import samples
from tests.harness.memory_office import (
    ADMIN,
    BERLIN,
    CARD,
    MONDAY,
    ORGANISATION,
    OTHER,
    STRANGER,
    DiedError,
    Life,
    Office,
    When,
    built_on,
    mortal,
    office,
    overtaken,
)

ANA, BEN = "Ana Abel <ana@x.example>", "Ben Bo <ben@x.example>"
NINE = datetime(2026, 11, 24, 9, 0, tzinfo=BERLIN)
TUESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 27)
AT_NINE = {"day": "2026-11-24", "hour": "09:00"}


async def limit(at: Office, day: date, most: int) -> None:
    """Leave a day fewer places, here and on the mailbox."""
    known = await at.store.records.get(Mailbox, "t1", "m1")
    assert known is not None
    await at.store.records.save(replace(known, daily_limit=most), at=MONDAY)
    await at.store.places.limit("m1", most, {day: most})


async def test_it_is_shown_from_its_start_and_books_nothing_before() -> None:
    at = await office()
    shown = await at.check(f"{ANA}\n{BEN}", **AT_NINE)
    assert isinstance(shown, DistributionPreview)
    assert shown.starts_at == NINE
    assert shown.starts_at.tzinfo is BERLIN
    assert [each.day for each in shown.days] == [TUESDAY, FRIDAY]
    await at.confirming.confirm(ADMIN, shown.distribution_id, CARD)
    await at.work()
    assert await at.store.places.taken("m1") == {}
    assert await at.enrolled(shown.distribution_id) == []
    card = at.teams.shown[CARD]
    assert isinstance(card, DistributionCard)
    assert (card.state, card.starts_at) == (DistributionState.SCHEDULED, NINE)


async def test_at_its_time_it_begins_planned_from_then() -> None:
    at = await office()
    batch = await at.confirmed(f"{ANA}\n{BEN}", **AT_NINE)
    await at.go_to(NINE - timedelta(seconds=1))
    assert (await at.known(batch)).state is DistributionState.SCHEDULED
    await at.go_to(NINE)
    known = await at.known(batch)
    assert (known.state, known.started_at) == (DistributionState.RUNNING, NINE)
    first, second = await at.enrolled(batch)
    assert first.deliveries[0].due == NINE
    assert second.deliveries[0].due == NINE + LIMITS.pace
    assert await at.store.places.taken("m1") == {TUESDAY: 2, FRIDAY: 2}
    card = at.teams.shown[CARD]
    assert isinstance(card, DistributionCard)
    assert card.state is DistributionState.RUNNING
    assert at.teams.posts == []


async def test_while_nobody_worked_it_waits_and_then_begins_from_then_on() -> None:
    at = await office()
    batch = await at.confirmed(ANA, **AT_NINE)
    late = NINE + timedelta(days=1, hours=3)
    await at.go_to(late)
    (known,) = await at.enrolled(batch)
    assert [each.due for each in known.deliveries] == [late, late + timedelta(days=3)]


async def test_a_full_day_fails_it_whole_and_everybody_is_told() -> None:
    at = await office()
    batch = await at.confirmed(f"{ANA}\n{BEN}", **AT_NINE)
    await limit(at, FRIDAY, 1)
    await at.go_to(NINE)
    known = await at.known(batch)
    assert known.state is DistributionState.FAILED
    assert known.started_at is None
    assert await at.enrolled(batch) == []
    assert await at.store.places.taken("m1") == {}
    told = "m1@contoso.example has room for 1 of 2 emails on Fri 27 Nov: 1 too many."
    assert told in known.problems
    assert (at.teams.news("chat-admin"), at.teams.news("channel")) == (["failed"], ["failed"])
    card = at.teams.shown[CARD]
    assert isinstance(card, DistributionCard)
    assert card.problems == known.problems
    await at.go_to(NINE + timedelta(hours=1))
    assert len(at.teams.posts) == 2


async def broken_mailbox(at: Office) -> None:
    known = await at.store.records.get(Mailbox, "t1", "m1")
    assert known is not None
    await at.store.records.save(replace(known, status=MailboxStatus.INACTIVE), at=MONDAY)


async def edited_behind_our_back(at: Office) -> None:
    known = await at.store.records.get(Sequence, "t1", "s1")
    assert known is not None
    await at.store.records.save(replace(known, version=known.version + 1), at=MONDAY)


async def everybody_opts_out(at: Office) -> None:
    await at.suppressions.add("t1", "ana@x.example", Cause.OPTED_OUT)


async def mailbox_gone(at: Office) -> None:
    await at.store.records.delete(Mailbox, "t1", "m1")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (broken_mailbox, "m1@contoso.example cannot send at the moment"),
        (edited_behind_our_back, "The sequence was changed"),
        (everybody_opts_out, "Nobody on this list can be written to any more"),
        (mailbox_gone, "no longer exists"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
async def test_whatever_is_wrong_at_its_time_is_told_in_words(
    spoil: Callable[[Office], Awaitable[None]], why: str
) -> None:
    at = await office()
    batch = await at.confirmed(ANA, **AT_NINE)
    await spoil(at)
    await at.go_to(NINE)
    known = await at.known(batch)
    assert known.state is DistributionState.FAILED
    assert any(why in each for each in known.problems), known.problems
    assert await at.enrolled(batch) == []
    assert at.teams.news("chat-admin") == ["failed"]


async def test_settings_and_values_are_looked_at_again() -> None:
    greeting = replace(samples.sequence().emails[0], subject="Hello from {{Sender Name}}")
    written = replace(samples.sequence(), emails=(greeting,))
    at = await office(sequence=written)
    batch = await at.confirmed(ANA, **AT_NINE)
    known = await at.store.records.get(Mailbox, "t1", "m1")
    assert known is not None
    await at.store.records.save(replace(known, owner_name=""), at=MONDAY)
    bare = built_on(at.store, at.clock, at.teams, replace(ORGANISATION, postal_address=""))
    await bare.go_to(NINE)
    problems = (await at.known(batch)).problems
    assert "MAILROOM_POSTAL_ADDRESS" in problems[0]
    assert problems[1] == "Ana Abel has no Sender Name."


async def test_who_opted_out_meanwhile_is_left_out_and_told() -> None:
    at = await office()
    batch = await at.confirmed(f"{ANA}\n{BEN}", **AT_NINE)
    await at.suppressions.add("t1", "ana@x.example", Cause.OPTED_OUT)
    await at.go_to(NINE)
    (made,) = await at.enrolled(batch)
    assert made.participant.address == "ben@x.example"
    assert await at.store.places.taken("m1") == {TUESDAY: 1, FRIDAY: 1}
    card = at.teams.shown[CARD]
    assert isinstance(card, DistributionCard)
    assert [each.text for each in card.dropped] == ["ana@x.example"]
    assert at.teams.news("chat-admin") == ["begun"]


async def test_an_edit_of_the_sequence_is_told_at_once() -> None:
    at = await office()
    batch = await at.confirmed(ANA, **AT_NINE)
    await at.edit()
    await at.work()
    assert (await at.known(batch)).state is DistributionState.FAILED
    assert at.teams.news("channel") == ["failed"]
    other = await at.confirmed(BEN, **AT_NINE)
    await at.go_to(NINE)
    assert (await at.known(other)).state is DistributionState.RUNNING


async def test_it_can_be_cancelled_and_begun_before_its_time() -> None:
    at = await office()
    first, second = [await at.confirmed(each, **AT_NINE) for each in (ANA, BEN)]
    card = await at.confirming.cancel(OTHER, first)
    assert isinstance(card, DistributionCard)
    assert (card.state, card.reason) == (DistributionState.CANCELLED, "Cancelled by Otto Orth.")
    await at.scheduling.begin_now(OTHER, second)
    await at.work()
    assert at.teams.news("chat-admin") == ["cancelled"]
    (made,) = await at.enrolled(second)
    assert made.deliveries[0].due == MONDAY
    await at.go_to(NINE)
    assert await at.enrolled(first) == []
    assert len(await at.enrolled(second)) == 1
    shown = await at.scheduling.begin_now(ADMIN, first)
    assert shown == await at.distributions.show(ADMIN, first)
    await at.confirming.cancel(ADMIN, second)
    assert (await at.known(second)).state is DistributionState.RUNNING


async def test_what_cannot_begin_now_still_waits_for_its_time() -> None:
    at = await office()
    batch = await at.confirmed(f"{ANA}\n{BEN}", **AT_NINE)
    monday = MONDAY.date()
    watch = ReleasePlaces(tenant_id="t1", mailbox_id="m1", distribution_id="other")
    days = {monday: 2499}
    await at.store.places.book("m1", "other", days, today=monday, watch=watch, at=MONDAY)
    with pytest.raises(UserMistakeError, match="Reduce the list to the first 1 of 2 people"):
        await at.scheduling.begin_now(ADMIN, batch)
    await at.store.places.release("m1", "other")
    assert (await at.known(batch)).state is DistributionState.SCHEDULED
    assert await at.store.places.taken("m1") == {}
    await at.go_to(NINE)
    assert (await at.known(batch)).state is DistributionState.RUNNING


async def test_a_stranger_can_do_none_of_it() -> None:
    at = await office()
    batch = await at.confirmed(ANA, **AT_NINE)
    for act in (at.scheduling.begin_now, at.confirming.cancel):
        with pytest.raises(NotAllowedError):
            await act(STRANGER, batch)


async def test_a_preview_that_lay_around_past_its_time_sends_nothing() -> None:
    at = await office()
    draft = await at.draft(ANA, **AT_NINE)
    at.clock.moment = NINE
    shown = await at.distributions.show(ADMIN, draft)
    assert isinstance(shown, DistributionPreview)
    assert shown.late
    with pytest.raises(UserMistakeError, match="has passed"):
        await at.confirming.confirm(ADMIN, draft, CARD)
    assert (await at.known(draft)).state is DistributionState.DRAFT


async def test_no_room_as_things_stand_is_a_forecast_and_no_refusal() -> None:
    at = await office()
    await limit(at, TUESDAY, 1)
    shown = await at.check(f"{ANA}\n{BEN}", **AT_NINE)
    assert isinstance(shown, DistributionPreview)
    assert "1 too many" in shown.short[0]
    now = await at.check(f"{ANA}\n{BEN}\nCyd <cyd@x.example>")
    assert isinstance(now, DistributeForm)
    assert "too many" in now.problems[0]


async def test_what_was_typed_wrong_comes_back_with_the_reason() -> None:
    at = await office()
    shown = await at.check(ANA, day="2026-11-22", hour="09:00")
    assert isinstance(shown, DistributeForm)
    assert "has passed" in shown.problems[0]
    assert (shown.day, shown.hour, shown.place) == ("2026-11-22", "09:00", "Berlin time")


async def test_history_has_first_what_is_still_to_begin() -> None:
    at = await office()
    scheduled = await at.confirmed(ANA, **AT_NINE)
    dropped = await at.draft(ANA)
    await at.confirming.cancel(ADMIN, dropped)
    for number in range(11):
        at.clock.moment += timedelta(minutes=1)
        await at.confirmed(f"p{number}@x.example")
    shown = await at.distributions.history(ADMIN)
    assert isinstance(shown, History)
    assert shown.distributions[0].distribution_id == scheduled
    assert shown.distributions[0].starts_at == NINE
    assert len(shown.distributions) == 10
    assert dropped not in {each.distribution_id for each in shown.distributions}


async def test_the_job_run_twice_at_once_begins_it_once() -> None:
    at = await office()
    batch = await at.confirmed(ANA, **AT_NINE)
    at.clock.moment = NINE
    job = BeginScheduled(tenant_id="t1", distribution_id=batch)
    assert [await at.scheduling.begin(job) for _ in range(2)] == [None, None]
    taken = await at.store.jobs.take(NINE, 50, timedelta(minutes=5))
    assert Counter(type(each.job) for each in taken)[StartDistribution] == 1
    assert await at.store.places.taken("m1") == {TUESDAY: 1, FRIDAY: 1}


@pytest.mark.parametrize("chosen", [{}, AT_NINE], ids=["now", "later"])
async def test_an_edit_at_the_moment_of_confirming_wins(chosen: dict[str, str]) -> None:
    at = await office()
    draft = await at.draft(ANA, **chosen)
    with pytest.raises(UserMistakeError, match="The sequence was changed"):
        await overtaken(at, at.edit).confirming.confirm(ADMIN, draft, CARD)
    assert (await at.known(draft)).state is DistributionState.DRAFT
    await at.go_to(NINE)
    assert await at.enrolled(draft) == []
    assert await at.store.places.taken("m1") == {}


async def test_two_of_one_sequence_at_one_moment_both_begin() -> None:
    at = await office()
    first, second = [await at.confirmed(each, **AT_NINE) for each in (ANA, BEN)]
    at.clock.moment = NINE
    other = overtaken(at, partial(at.scheduling.begin_now, ADMIN, second))
    job = BeginScheduled(tenant_id="t1", distribution_id=first)
    assert await other.scheduling.begin(job) == NINE
    await at.work()
    for each in (first, second):
        assert (await at.known(each)).state is DistributionState.RUNNING
    assert await at.store.places.taken("m1") == {TUESDAY: 2, FRIDAY: 2}


@pytest.mark.parametrize("room", [2500, 1], ids=["room", "no room"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_it_begins_once_or_fails_once_wherever_a_worker_dies(when: When, room: int) -> None:
    """It dies at its first, second, ... change; another one comes when its lease is over."""
    deaths, died = 0, True
    while died:
        at = await office()
        batch = await at.confirmed(f"{ANA}\n{BEN}", **AT_NINE)
        await at.work()
        await limit(at, FRIDAY, room)
        at.clock.moment = NINE
        life = Life(deaths, when)
        with suppress(DiedError):
            await mortal(at, life).work()
        died = life.is_over
        deaths += died
        await at.go_to(NINE + timedelta(minutes=6))
        await at.go_to(NINE + timedelta(minutes=20))
        known, made = await at.known(batch), await at.enrolled(batch)
        taken = await at.store.places.taken("m1")
        if room == 1:
            assert (known.state, made, taken) == (DistributionState.FAILED, [], {})
            assert "failed" in at.teams.news("chat-admin")
            assert "failed" in at.teams.news("channel")
        else:
            assert known.state is DistributionState.RUNNING
            assert len(made) == 2
            assert taken == {TUESDAY: 2, FRIDAY: 2}
            assert at.teams.posts == []
    assert deaths > 3


async def test_places_booked_for_nothing_come_back() -> None:
    at = await office()
    batch = await at.confirmed(ANA, **AT_NINE)
    at.clock.moment = NINE
    with suppress(DiedError):
        await mortal(at, Life(0, "after")).work()
    assert await at.store.places.taken("m1") == {TUESDAY: 1, FRIDAY: 1}
    await at.confirming.cancel(ADMIN, batch)
    await at.go_to(NINE + timedelta(minutes=11))
    assert await at.store.places.taken("m1") == {}
