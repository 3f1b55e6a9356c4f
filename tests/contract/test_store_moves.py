"""An enrolment that moves to another mailbox: never from under somebody who may be sending it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import ConcurrentChangeError
from bot.domain.moving import arrived, sealed
from bot.domain.quota import placed, wanted
from bot.domain.schedule import LIMITS
from bot.domain.submission import after_send
from bot.domain.tally import together
from bot.jobs import ReleasePlaces
from tests.contract.conftest import NOW, Store
from tests.contract.samples import BATCH, enrolment, schedule
from tests.contract.test_store_places import TODAY, day_of
from tests.contract.test_store_sends import ACCEPTED, settle_sent

WATCH = ReleasePlaces(tenant_id="t1", mailbox_id="m2", distribution_id=BATCH)


async def known(store: Store, home: str = "m1") -> Enrolment:
    return (await store.records.enrolments(home, [enrolment().id]))[0]


async def book(store: Store, each: Enrolment) -> None:
    days = wanted([each])
    watch = replace(WATCH, mailbox_id=each.mailbox_id)
    asked = store.places.book(each.mailbox_id, BATCH, days, today=TODAY, watch=watch, at=NOW)
    assert await asked == {}


def copy_of(gone: Enrolment) -> Enrolment:
    return placed(arrived(gone, schedule(), NOW), day_of)


async def test_what_is_claimed_does_not_move(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    with pytest.raises(ConcurrentChangeError):
        await store.records.save(sealed(await known(store), "m2"), at=NOW)
    assert (await known(store)).state is EnrolmentState.ACTIVE
    await settle_sent(store, claim, NOW)
    await store.records.save(sealed(await known(store), "m2"), at=NOW)
    assert await store.sends.claim(NOW + timedelta(days=9), 10, LIMITS) == []


async def test_nor_does_what_somebody_vanished_with(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    await store.sends.claim(NOW, 10, LIMITS)
    later = NOW + timedelta(hours=1)
    with pytest.raises(ConcurrentChangeError):
        await store.records.save(sealed(await known(store), "m2"), at=later)
    (again,) = await store.sends.claim(later, 10, LIMITS)
    assert again.recovered
    await store.sends.let_go(again)
    await store.records.save(sealed(await known(store), "m2"), at=later)


async def test_the_others_of_one_step_do_not_move_either(store: Store) -> None:
    other = enrolment(2, start=NOW + timedelta(hours=1))
    await store.records.save(enrolment(), other, at=NOW)
    await store.sends.claim(NOW, 10, LIMITS)
    kept = await store.records.enrolments("m1", [enrolment().id, other.id])
    with pytest.raises(ConcurrentChangeError):
        await store.records.save(*(sealed(each, "m2") for each in kept), at=NOW)
    assert await store.records.enrolments("m1", [enrolment().id, other.id]) == kept


async def test_places_come_back_where_it_was_and_are_taken_of_the_booking_where_it_goes(
    store: Store,
) -> None:
    await store.records.save(placed(enrolment(), day_of), at=NOW)
    gone = sealed(await known(store), "m2")
    await book(store, copy_of(gone))
    booked = await store.places.taken("m2")
    await store.records.save(gone, at=NOW)
    assert await store.places.taken("m1") == {}
    await store.records.save(copy_of(gone), at=NOW)
    assert await store.places.taken("m2") == booked
    await store.places.release("m2", BATCH)
    assert await store.places.taken("m2") == booked
    assert await known(store, "m2") == replace(copy_of(gone), rev=1)


async def test_one_that_comes_back_takes_of_the_booking_as_well(store: Store) -> None:
    await store.records.save(placed(enrolment(), day_of), at=NOW)
    await store.records.save(sealed(await known(store), "m2"), at=NOW)
    await store.records.save(copy_of(await known(store)), at=NOW)
    await store.records.save(sealed(await known(store, "m2"), "m1"), at=NOW)
    back = copy_of(await known(store, "m2"))
    await book(store, back)
    booked = await store.places.taken("m1")
    await store.records.save(replace(back, rev=(await known(store)).rev), at=NOW)
    assert await store.places.taken("m1") == booked
    assert await store.places.taken("m2") == {}


async def test_it_is_found_by_the_names_of_what_left_from_the_other(store: Store) -> None:
    sent = after_send(enrolment(), 1, ACCEPTED, schedule(), NOW)
    named = replace(sent.deliveries[0], exchange_id="<given@exchange.example>")
    await store.records.save(replace(sent, deliveries=(named, *sent.deliveries[1:])), at=NOW)
    await store.records.save(sealed(await known(store), "m2"), at=NOW)
    await store.records.save(copy_of(await known(store)), at=NOW)
    for home in ("m1", "m2"):
        for name in (named.message_id, named.exchange_id):
            found = await store.records.enrolment_by_message_id(home, name)
            assert found is not None
            assert found.mailbox_id == home


async def test_a_released_copy_is_claimed_at_its_new_place_alone(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    await store.records.save(sealed(await known(store), "m2"), at=NOW)
    await store.records.save(copy_of(await known(store)), at=NOW)
    assert await store.sends.claim(NOW, 10, LIMITS) == []
    there = await known(store, "m2")
    await store.records.save(replace(there, state=EnrolmentState.ACTIVE), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    assert claim.mailbox_id == "m2"


async def test_it_counts_where_it_went(store: Store) -> None:
    await store.records.save(enrolment(), enrolment(2), at=NOW)
    await store.records.save(sealed(await known(store), "m2"), at=NOW)
    gone = await store.records.tally("m2", BATCH)
    await store.records.save(copy_of(await known(store)), at=NOW)
    here, there = await store.records.tally("m1", BATCH), await store.records.tally("m2", BATCH)
    assert gone.counts == {}
    assert here.counts == there.counts == {DeliveryStatus.SCHEDULED: 2}
    assert together([here, there]).counts == {DeliveryStatus.SCHEDULED: 4}
