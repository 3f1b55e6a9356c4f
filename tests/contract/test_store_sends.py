"""The send queue: claimed under pace and limits, settled by fence, never handed out twice."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.delivery import Outcome, SendReport
from bot.domain.enrolment import StopReason, after_send, stop
from bot.domain.errors import ConcurrentChangeError, PermanentError
from bot.domain.schedule import LIMITS
from bot.ports import Claim
from bot.storage import polling
from bot.storage.redis_store import RedisStore
from tests.contract.conftest import KEY, NOW, HandClock
from tests.contract.samples import enrolment, sequence

ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)


@pytest.fixture(autouse=True)
def always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every shard each time: tests move the calendar, not the real clock."""
    monkeypatch.setattr(polling, "_EVERY", 0.0)


async def settle_sent(store: RedisStore, claim: Claim, now: datetime) -> None:
    known = (await store.records.enrolments(claim.mailbox_id, [claim.enrolment_id]))[0]
    current = known.current
    assert current is not None
    sent = after_send(known, current.number, ACCEPTED, sequence(claim.mailbox_id), now)
    await store.sends.settle(claim, sent, at=now)


async def test_what_is_due_is_claimed_once(store: RedisStore) -> None:
    await store.records.save(enrolment(), at=NOW)
    claims = await store.sends.claim(NOW, 10, LIMITS)
    assert [each.enrolment_id for each in claims] == [enrolment().id]
    assert claims[0].expires == NOW + LIMITS.lease
    assert not claims[0].recovered
    assert await store.sends.claim(NOW + timedelta(minutes=4), 10, LIMITS) == []


async def test_what_is_not_due_waits(store: RedisStore) -> None:
    await store.records.save(enrolment(start=NOW + timedelta(hours=1)), at=NOW)
    assert await store.sends.claim(NOW, 10, LIMITS) == []
    assert len(await store.sends.claim(NOW + timedelta(hours=1), 10, LIMITS)) == 1


async def test_one_mailbox_keeps_its_pace_also_after_its_queue_was_empty(store: RedisStore) -> None:
    await store.records.save(enrolment(1), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    await settle_sent(store, claim, NOW)
    await store.records.save(enrolment(2), enrolment(3), at=NOW)
    assert await store.sends.claim(NOW + timedelta(milliseconds=2399), 10, LIMITS) == []
    second = NOW + LIMITS.pace
    assert len(await store.sends.claim(second, 10, LIMITS)) == 1
    assert await store.sends.claim(second + timedelta(milliseconds=2399), 10, LIMITS) == []
    assert len(await store.sends.claim(second + LIMITS.pace, 10, LIMITS)) == 1


async def test_another_mailbox_does_not_wait(store: RedisStore) -> None:
    await store.records.save(enrolment(1, "m1"), at=NOW)
    await store.records.save(enrolment(1, "m2"), at=NOW)
    claims = await store.sends.claim(NOW, 10, LIMITS)
    assert {each.mailbox_id for each in claims} == {"m1", "m2"}


async def test_no_more_than_four_in_flight(store: RedisStore) -> None:
    await store.records.save(*(enrolment(number) for number in range(6)), at=NOW)
    claims: list[Claim] = []
    now = NOW
    for _ in range(8):
        claims += await store.sends.claim(now, 10, LIMITS)
        now += LIMITS.pace
    assert len(claims) == 4
    await settle_sent(store, claims[0], now)
    assert len(await store.sends.claim(now, 10, LIMITS)) == 1


async def test_no_more_than_asked_for(store: RedisStore) -> None:
    for number in range(20):
        await store.records.save(enrolment(1, f"m{number}"), at=NOW)
    assert len(await store.sends.claim(NOW, 7, LIMITS)) == 7


async def test_a_settled_email_hands_over_to_the_next(store: RedisStore) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    await settle_sent(store, claim, NOW)
    assert await store.sends.claim(NOW + timedelta(days=2), 10, LIMITS) == []
    assert len(await store.sends.claim(NOW + timedelta(days=3), 10, LIMITS)) == 1


async def test_a_lease_that_ran_out_comes_back_as_recovered(store: RedisStore) -> None:
    await store.records.save(enrolment(), at=NOW)
    (lost,) = await store.sends.claim(NOW, 10, LIMITS)
    later = NOW + LIMITS.lease
    (found,) = await store.sends.claim(later, 10, LIMITS)
    assert found.recovered
    assert found.fence != lost.fence
    with pytest.raises(PermanentError, match="taken over"):
        await settle_sent(store, lost, later)
    await settle_sent(store, found, later)
    assert await store.sends.claim(later + timedelta(minutes=10), 10, LIMITS) == []


async def test_a_reply_while_sending_leaves_the_claim_and_queues_nothing(store: RedisStore) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    await store.records.save(stop(known, StopReason.REPLIED, 1, NOW), at=NOW)
    sent = after_send(known, 1, ACCEPTED, sequence(), NOW)
    with pytest.raises(ConcurrentChangeError):
        await store.sends.settle(claim, sent, at=NOW)
    stopped = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    await store.sends.settle(claim, after_send(stopped, 1, ACCEPTED, sequence(), NOW), at=NOW)
    assert await store.sends.claim(NOW + timedelta(days=9), 10, LIMITS) == []


async def test_a_reply_takes_what_waits_out_of_the_queue(store: RedisStore) -> None:
    await store.records.save(enrolment(1), enrolment(2), at=NOW)
    (first,) = await store.sends.claim(NOW, 10, LIMITS)
    waiting = enrolment(2) if first.enrolment_id == enrolment(1).id else enrolment(1)
    known = (await store.records.enrolments("m1", [waiting.id]))[0]
    await store.records.save(stop(known, StopReason.REPLIED, 1, NOW), at=NOW)
    assert await store.sends.claim(NOW + timedelta(minutes=1), 10, LIMITS) == []


async def test_let_go_puts_it_back(store: RedisStore) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    await store.sends.let_go(claim)
    await store.sends.let_go(claim)
    (again,) = await store.sends.claim(NOW + LIMITS.pace, 10, LIMITS)
    assert again.enrolment_id == claim.enrolment_id
    assert not again.recovered


async def test_a_doubt_is_looked_at_again_when_its_time_comes(store: RedisStore) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    doubtful = after_send(known, 1, SendReport(outcome=Outcome.UNKNOWN), sequence(), NOW)
    await store.sends.settle(claim, doubtful, at=NOW)
    assert doubtful.next_due is not None
    assert await store.sends.claim(doubtful.next_due - timedelta(seconds=1), 10, LIMITS) == []
    assert len(await store.sends.claim(doubtful.next_due, 10, LIMITS)) == 1


async def test_fences_never_repeat_even_when_the_counter_goes_back(
    store: RedisStore, clock: HandClock
) -> None:
    await store.records.save(enrolment(), at=NOW)
    (first,) = await store.sends.claim(NOW, 10, LIMITS)
    redis = store.records._redis
    await redis.flushall()
    other = RedisStore(redis, [KEY], clock)
    await other.records.save(enrolment(), at=NOW)
    (second,) = await other.sends.claim(NOW, 10, LIMITS)
    assert first.fence != second.fence


async def test_five_hundred_are_drained_exactly_once_by_eight_workers(store: RedisStore) -> None:
    for box in range(20):
        await store.records.save(*(enrolment(n, f"m{box}") for n in range(25)), at=NOW)
    handed_out: Counter[tuple[str, str]] = Counter()
    limits = replace(LIMITS, pace=timedelta(0))

    async def work() -> None:
        idle = 0
        while idle < 3:
            claims = await store.sends.claim(NOW, 16, limits)
            idle = 0 if claims else idle + 1
            for claim in claims:
                handed_out[claim.mailbox_id, claim.enrolment_id] += 1
                await settle_sent(store, claim, NOW)

    await asyncio.gather(*(work() for _ in range(8)))
    assert len(handed_out) == 500
    assert set(handed_out.values()) == {1}
