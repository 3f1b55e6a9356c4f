"""The places of a mailbox's days: booked for a whole distribution or not at all, never over."""

import asyncio
import sys
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.daily_limit import MOST_A_DAY
from bot.domain.distribution import MOST_PEOPLE
from bot.domain.enrolment import Enrolment, StopReason, stop
from bot.domain.errors import DayFullError
from bot.domain.quota import placed, wanted
from bot.domain.schedule import LIMITS
from bot.jobs import ReleasePlaces
from bot.ports import Claim
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer
from tests.contract.conftest import NOW, Store
from tests.contract.samples import BATCH, enrolment

TODAY = NOW.date()
LATER = TODAY + timedelta(days=3)
TOMORROW = TODAY + timedelta(days=1)
WATCH = ReleasePlaces(tenant_id="t1", mailbox_id="m1", distribution_id=BATCH)


def day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def planned(number: int = 1, start: datetime = NOW) -> Enrolment:
    return placed(enrolment(number, start=start), day_of)


async def book(store: Store, days: dict[date, int], of: str = BATCH) -> dict[date, int]:
    watch = replace(WATCH, distribution_id=of)
    short = await store.places.book("m1", of, days, today=TODAY, watch=watch, at=NOW)
    return dict(short)


async def known(store: Store, each: Enrolment) -> Enrolment:
    return (await store.records.enrolments("m1", [each.id]))[0]


async def test_exactly_the_limit_passes_and_one_more_does_not(store: Store) -> None:
    assert MOST_A_DAY == MOST_PEOPLE == 2500
    assert await book(store, {TODAY: 2500}) == {}
    assert await book(store, {TODAY: 1, LATER: 5}, uuid.uuid4().hex) == {TODAY: 1}
    assert await store.places.taken("m1") == {TODAY: 2500}
    assert await book(store, {TODAY: 2501}) == {TODAY: 1}
    assert await store.places.taken("m1") == {}


async def test_of_fifty_at_the_same_moment_only_those_pass_that_fit(store: Store) -> None:
    batches = [uuid.uuid4().hex for _ in range(50)]
    answers = await asyncio.gather(*(book(store, {TODAY: 120}, each) for each in batches))
    assert sum(not each for each in answers) == 20
    assert await store.places.taken("m1") == {TODAY: 2400}


async def test_four_processes_never_book_a_day_over(
    server: EmbeddedServer, redis_store: RedisStore
) -> None:
    """Each asks for 15 distributions of 125: 60 of them for the 20 there is room for."""
    arguments = ["-m", "tests.contract.creators", server.url, "15", "125"]
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    told = [await each.communicate() for each in started]
    assert sum(int(out) for out, _ in told) == 20
    assert await redis_store.places.taken("m1") == {TODAY: 2500}


async def test_what_is_booked_is_taken_by_its_enrolments_and_the_rest_comes_back(
    store: Store,
) -> None:
    people = [planned(number) for number in range(1, 4)]
    assert wanted(people) == {TODAY: 3, LATER: 3}
    assert await book(store, {TODAY: 4, LATER: 4}) == {}
    await store.records.save(*people[:2], at=NOW)
    await store.records.save(people[2], at=NOW)
    assert await store.places.taken("m1") == {TODAY: 4, LATER: 4}
    await store.places.release("m1", BATCH)
    await store.places.release("m1", BATCH)
    assert await store.places.taken("m1") == {TODAY: 3, LATER: 3}
    assert await known(store, people[0]) == replace(people[0], rev=1)


async def test_a_booking_watches_over_itself(store: Store) -> None:
    await book(store, {TODAY: 1})
    (taken,) = await store.jobs.take(NOW, 10, timedelta(minutes=5))
    assert taken.job == WATCH


async def test_a_place_moves_with_its_email_and_a_full_day_takes_nobody(store: Store) -> None:
    await store.places.limit("m1", 100, {LATER + timedelta(days=1): 0})
    first, second = planned(1), planned(2)
    await store.records.save(first, second, at=NOW)
    days = [first.deliveries[0], replace(first.deliveries[1], place=LATER + timedelta(days=1))]
    moved = replace(first, rev=1, deliveries=tuple(days))
    with pytest.raises(DayFullError) as refused:
        await store.records.save(moved, at=NOW)
    assert refused.value.day == LATER + timedelta(days=1)
    assert (await known(store, first)).rev == 1
    await store.places.limit("m1", 100, {})
    await store.records.save(moved, at=NOW)
    assert await store.places.taken("m1") == {TODAY: 2, LATER: 1, LATER + timedelta(days=1): 1}


async def test_what_is_cancelled_gives_its_place_back_and_what_left_keeps_it(store: Store) -> None:
    await store.records.save(planned(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS, TODAY)
    stopped = stop(await known(store, planned()), StopReason.REPLIED, 1, NOW)
    await store.sends.settle(claim, stopped, at=NOW)
    assert await store.places.taken("m1") == {TODAY: 1}


async def test_who_is_forgotten_gives_back_what_has_not_left(store: Store) -> None:
    await store.records.save(planned(1), planned(2), at=NOW)
    await store.records.delete(Enrolment, "m1", planned(1).id)
    assert await store.places.taken("m1") == {TODAY: 1, LATER: 1}


async def test_nothing_leaves_without_a_place_today(store: Store) -> None:
    each = planned()
    await store.records.save(each, at=NOW)
    (claim,) = await store.sends.claim(NOW + timedelta(days=1), 10, LIMITS, TOMORROW)
    assert not claim.full
    moved = await known(store, each)
    assert [delivery.place for delivery in moved.deliveries] == [TOMORROW, LATER]
    assert moved.rev == 2
    assert await store.places.taken("m1") == {TOMORROW: 1, LATER: 1}


async def test_where_today_is_full_the_claim_says_so_and_keeps_no_pace(store: Store) -> None:
    await store.places.limit("m1", 2500, {TOMORROW: 1})
    people = [planned(number) for number in (1, 2)]
    await store.records.save(*people, at=NOW)
    now = NOW + timedelta(days=1)
    claims: list[Claim] = []
    for _ in range(3):
        claims += await store.sends.claim(now, 10, LIMITS, TOMORROW)
        now += LIMITS.pace
    assert Counter(each.full for each in claims) == {False: 1, True: 1}
    (full,) = (each for each in claims if each.full)
    held = (await store.records.enrolments("m1", [full.enrolment_id]))[0]
    assert held.deliveries[0].place == TODAY


async def test_an_email_without_a_place_takes_none(store: Store) -> None:
    await store.places.limit("m1", 0, {})
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS, TODAY)
    assert not claim.full
    assert await store.places.taken("m1") == {}


async def test_days_long_past_are_forgotten(store: Store) -> None:
    await book(store, {TODAY: 5}, uuid.uuid4().hex)
    later = TODAY + timedelta(days=3)
    await store.places.book("m1", BATCH, {later: 1}, today=later, watch=WATCH, at=NOW)
    assert await store.places.taken("m1") == {later: 1}
