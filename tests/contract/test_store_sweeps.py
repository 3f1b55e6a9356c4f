"""Fresh mailboxes before follow-ups, and four requests of a mailbox at a time, claims counted."""

from datetime import timedelta

from bot.domain.delivery import Outcome, SendReport
from bot.domain.schedule import LIMITS
from bot.domain.submission import after_send
from bot.ports import Claim, SweepDue
from tests.contract.conftest import NOW, Store
from tests.contract.samples import enrolment, schedule

SWEEP = SweepDue(tenant_id="t1", mailbox_id="m1")
LATER = NOW + timedelta(days=3)
SECOND = timedelta(seconds=1)


async def a_follow_up_is_due(store: Store, *numbers: int) -> None:
    """Plan enrolments whose first email has left, and whose second is due LATER."""
    report = SendReport(outcome=Outcome.ACCEPTED)
    made = [after_send(enrolment(each), 1, report, schedule(), NOW) for each in numbers]
    await store.records.save(*made, at=NOW)


async def test_a_first_email_asks_for_no_sweep(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    assert len(await store.sends.claim(NOW, 10, LIMITS)) == 1
    assert store.sends.to_sweep() == []


async def test_a_follow_up_waits_until_its_mailbox_was_swept(store: Store) -> None:
    await a_follow_up_is_due(store, 1)
    assert await store.sends.claim(LATER, 10, LIMITS) == []
    assert store.sends.to_sweep() == [SWEEP]
    await store.sweeps.done("m1", LATER, LATER)
    (claim,) = await store.sends.claim(LATER, 10, LIMITS)
    assert claim.enrolment is not None
    assert claim.enrolment.deliveries[0].sent_at == NOW


async def test_whoever_was_told_to_sweep_is_alone_for_a_while(store: Store) -> None:
    await a_follow_up_is_due(store, 1)
    assert await store.sends.claim(LATER, 10, LIMITS) == []
    assert store.sends.to_sweep() == [SWEEP]
    assert await store.sends.claim(LATER + LIMITS.sweep - SECOND, 10, LIMITS) == []
    assert store.sends.to_sweep() == []
    assert await store.sends.claim(LATER + LIMITS.sweep, 10, LIMITS) == []
    assert store.sends.to_sweep() == [SWEEP]


async def test_a_sweep_counts_from_when_it_began(store: Store) -> None:
    await a_follow_up_is_due(store, 1)
    await store.sweeps.done("m1", LATER - LIMITS.fresh - SECOND, LATER)
    assert await store.sends.claim(LATER, 10, LIMITS) == []
    assert store.sends.to_sweep() == [SWEEP]


async def test_the_next_sweep_is_asked_for_before_it_is_needed(store: Store) -> None:
    await a_follow_up_is_due(store, 1, 2)
    await store.sweeps.done("m1", LATER - LIMITS.soon_stale - SECOND, LATER)
    assert len(await store.sends.claim(LATER, 10, LIMITS)) == 1
    assert store.sends.to_sweep() == [SWEEP]
    assert len(await store.sends.claim(LATER + LIMITS.pace, 10, LIMITS)) == 1
    assert store.sends.to_sweep() == []


async def test_an_older_sweep_takes_nothing_back(store: Store) -> None:
    await a_follow_up_is_due(store, 1)
    await store.sweeps.done("m1", LATER, LATER)
    await store.sweeps.done("m1", NOW, NOW)
    assert len(await store.sends.claim(LATER, 10, LIMITS)) == 1
    assert await store.sweeps.read_to("m1") == LATER


async def test_a_sweep_under_way_says_how_far_it_is_and_lets_nothing_leave(store: Store) -> None:
    await a_follow_up_is_due(store, 1)
    assert await store.sweeps.read_to("m1") is None
    await store.sweeps.note("m1", LATER)
    assert await store.sweeps.read_to("m1") == LATER
    assert await store.sends.claim(LATER, 10, LIMITS) == []
    assert store.sends.to_sweep() == [SWEEP]


async def test_other_requests_count_among_the_four_of_a_mailbox(store: Store) -> None:
    await store.records.save(*(enrolment(number) for number in range(4)), at=NOW)
    begin, most, minute = store.requests.begin, LIMITS.in_flight, timedelta(minutes=1)
    claims: list[Claim] = []
    for _ in range(2):
        claims += await store.sends.claim(NOW + LIMITS.pace * len(claims), 10, LIMITS)
    assert len(claims) == 2
    assert await begin("m1", "a", NOW, minute, most)
    assert await begin("m1", "b", NOW, minute, most)
    assert await begin("m1", "b", NOW, minute, most)  # told again
    assert not await begin("m1", "c", NOW, minute, most)
    assert await begin("m2", "c", NOW, minute, most)
    now = NOW + LIMITS.pace * 3
    assert await store.sends.claim(now, 10, LIMITS) == []
    await store.requests.end("m1", "a")
    await store.requests.end("m1", "a")
    assert len(await store.sends.claim(now, 10, LIMITS)) == 1
    assert not await begin("m1", "d", now, minute, most)


async def test_the_place_of_a_request_whose_process_died_comes_back(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    for name in "abcd":
        assert await store.requests.begin("m1", name, NOW, timedelta(minutes=1), LIMITS.in_flight)
    assert await store.sends.claim(NOW + timedelta(seconds=59), 10, LIMITS) == []
    assert len(await store.sends.claim(NOW + timedelta(minutes=1), 10, LIMITS)) == 1
