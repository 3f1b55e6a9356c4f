"""How well mailboxes are watched, and which of them is busy."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.delivery import Delivery
from bot.domain.enrolment import EnrolmentState
from bot.domain.route import Route
from bot.ports import Watch
from tests.contract.conftest import NOW, Store
from tests.contract.samples import enrolment

MINUTE = timedelta(minutes=1)


async def test_nobody_is_watched_at_first(store: Store) -> None:
    assert await store.watches.watch() == Watch(
        mailboxes=0, watched=0, renewed_at=None, heard_at=None
    )


async def test_the_oldest_renewal_and_the_longest_silence_are_told(store: Store) -> None:
    for minutes, name in enumerate(("m1", "m2", "m3")):
        await store.watches.expect(name, NOW + minutes * MINUTE)
        await store.watches.renewed(name, NOW + minutes * MINUTE)
    assert await store.watches.watch() == Watch(
        mailboxes=3, watched=3, renewed_at=NOW, heard_at=NOW
    )
    await store.watches.heard("m1", NOW + 9 * MINUTE)
    await store.watches.renewed("m1", NOW + 8 * MINUTE)
    told = await store.watches.watch()
    assert (told.renewed_at, told.heard_at) == (NOW + MINUTE, NOW + MINUTE)


async def test_expecting_again_hides_no_silence(store: Store) -> None:
    await store.watches.expect("m1", NOW)
    await store.watches.expect("m1", NOW + MINUTE)
    assert (await store.watches.watch()).heard_at == NOW


async def test_what_was_heard_before_counts_no_more(store: Store) -> None:
    await store.watches.expect("m1", NOW)
    await store.watches.heard("m1", NOW - MINUTE)
    assert (await store.watches.watch()).heard_at == NOW


async def test_one_that_was_lost_or_is_gone_counts_no_more(store: Store) -> None:
    for name in ("m1", "m2"):
        await store.watches.expect(name, NOW)
        await store.watches.renewed(name, NOW)
    await store.watches.lost("m1")
    told = await store.watches.watch()
    assert (told.mailboxes, told.watched) == (2, 1)
    await store.watches.forget("m2")
    await store.watches.heard("m2", NOW)  # a sweep that ends afterwards
    told = await store.watches.watch()
    assert (told.mailboxes, told.watched, told.renewed_at) == (1, 0, None)


def by_smtp(each: Delivery) -> Delivery:
    return replace(each, route=Route.PLATFORM)


@pytest.mark.parametrize("by_relay", [False, True])
async def test_a_mailbox_with_somebody_under_way_is_busy(store: Store, by_relay: bool) -> None:
    made = enrolment()
    if by_relay:
        made = replace(made, deliveries=tuple(by_smtp(each) for each in made.deliveries))
    assert not await store.sweeps.is_busy("m1", NOW)
    await store.records.save(made, at=NOW)
    assert await store.sweeps.is_busy("m1", NOW)
    assert not await store.sweeps.is_busy("m2", NOW)
    await store.records.save(replace(made, rev=1, state=EnrolmentState.STOPPED), at=NOW)
    assert not await store.sweeps.is_busy("m1", NOW)


async def test_a_mailbox_that_was_answered_of_late_is_busy(store: Store) -> None:
    await store.sweeps.answered("m1", NOW)
    assert await store.sweeps.is_busy("m1", NOW)
    assert not await store.sweeps.is_busy("m1", NOW + MINUTE)
    assert not await store.sweeps.is_busy("m2", NOW)
