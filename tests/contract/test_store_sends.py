"""The send queue: claimed under pace and limits, settled by fence, never handed out twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis

from bot.domain.delivery import Outcome, SendReport
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, stop
from bot.domain.errors import ConcurrentChangeError, PermanentError
from bot.domain.route import Route
from bot.domain.schedule import LIMITS
from bot.domain.submission import after_send
from bot.jobs import ReadBack
from bot.ports import Claim
from bot.storage.polling import Rounds
from bot.storage.records import RedisRecords
from bot.storage.redis_store import RedisStore
from bot.storage.sends import RedisSendQueue
from tests.contract.conftest import KEY, NOW, HandClock, Store
from tests.contract.samples import enrolment, schedule

ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
ALMOST = LIMITS.pace - timedelta(milliseconds=1)
JOB = ReadBack(tenant_id="t1", mailbox_id="m1", since=NOW)


async def settle_sent(store: Store, claim: Claim, now: datetime) -> None:
    known = (await store.records.enrolments(claim.mailbox_id, [claim.enrolment_id]))[0]
    current = known.current
    assert current is not None
    sent = after_send(known, current.number, ACCEPTED, schedule(), now)
    await store.sends.settle(claim, sent, at=now)


async def test_what_is_due_is_claimed_once(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    claims = await store.sends.claim(NOW, 10, LIMITS)
    assert [each.enrolment_id for each in claims] == [enrolment().id]
    assert claims[0].expires == NOW + LIMITS.lease
    assert not claims[0].recovered
    assert await store.sends.claim(NOW + timedelta(minutes=4), 10, LIMITS) == []


async def test_what_is_not_due_waits(store: Store) -> None:
    await store.records.save(enrolment(start=NOW + timedelta(hours=1)), at=NOW)
    assert await store.sends.claim(NOW, 10, LIMITS) == []
    assert len(await store.sends.claim(NOW + timedelta(hours=1), 10, LIMITS)) == 1


async def test_it_tells_when_something_is_due_next(store: Store) -> None:
    assert await store.next_email() is None
    await store.records.save(enrolment(1, start=NOW + timedelta(hours=2)), at=NOW)
    await store.records.save(enrolment(2, start=NOW + timedelta(hours=1)), at=NOW)
    assert await store.next_email() == NOW + timedelta(hours=1)


async def test_one_mailbox_keeps_its_pace_also_after_its_queue_was_empty(store: Store) -> None:
    await store.records.save(enrolment(1), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    await settle_sent(store, claim, NOW)
    await store.records.save(enrolment(2), enrolment(3), at=NOW)
    assert await store.sends.claim(NOW + ALMOST, 10, LIMITS) == []
    second = NOW + LIMITS.pace
    assert len(await store.sends.claim(second, 10, LIMITS)) == 1
    assert await store.sends.claim(second + ALMOST, 10, LIMITS) == []
    assert len(await store.sends.claim(second + LIMITS.pace, 10, LIMITS)) == 1


async def test_a_claim_written_late_keeps_its_turn_and_the_next_waits(
    store: Store,
) -> None:
    await store.records.save(enrolment(1), enrolment(2), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    late = NOW + timedelta(seconds=2)
    assert await store.sends.keep_turn(claim, late, LIMITS)
    assert await store.sends.claim(late + ALMOST, 10, LIMITS) == []
    assert len(await store.sends.claim(late + LIMITS.pace, 10, LIMITS)) == 1


async def test_a_turn_is_gone_once_another_was_handed_out(store: Store) -> None:
    await store.records.save(enrolment(1), enrolment(2), enrolment(3), at=NOW)
    (first,) = await store.sends.claim(NOW, 10, LIMITS)
    second = NOW + LIMITS.pace
    (other,) = await store.sends.claim(second, 10, LIMITS)
    assert not await store.sends.keep_turn(first, second, LIMITS)
    assert await store.sends.keep_turn(other, second + timedelta(seconds=1), LIMITS)
    assert await store.sends.claim(second + LIMITS.pace, 10, LIMITS) == []


async def test_another_mailbox_does_not_wait(store: Store) -> None:
    await store.records.save(enrolment(1, "m1"), at=NOW)
    await store.records.save(enrolment(1, "m2"), at=NOW)
    claims = await store.sends.claim(NOW, 10, LIMITS)
    assert {each.mailbox_id for each in claims} == {"m1", "m2"}


async def test_no_more_than_four_in_flight(store: Store) -> None:
    await store.records.save(*(enrolment(number) for number in range(6)), at=NOW)
    claims: list[Claim] = []
    now = NOW
    for _ in range(8):
        claims += await store.sends.claim(now, 10, LIMITS)
        now += LIMITS.pace
    assert len(claims) == 4
    await settle_sent(store, claims[0], now)
    assert len(await store.sends.claim(now, 10, LIMITS)) == 1


async def test_no_more_than_asked_for(store: Store) -> None:
    for number in range(20):
        await store.records.save(enrolment(1, f"m{number}"), at=NOW)
    assert len(await store.sends.claim(NOW, 7, LIMITS)) == 7


async def test_a_settled_email_hands_over_to_the_next(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    await settle_sent(store, claim, NOW)
    assert await store.sends.claim(NOW + timedelta(days=2), 10, LIMITS) == []
    due = NOW + timedelta(days=3)
    await store.sweeps.done("m1", due, due)
    assert len(await store.sends.claim(due, 10, LIMITS)) == 1


async def test_a_lease_that_ran_out_comes_back_as_recovered(store: Store) -> None:
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


async def test_a_reply_while_sending_leaves_the_claim_and_queues_nothing(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    await store.records.save(stop(known, StopReason.REPLIED, 1, NOW), at=NOW)
    sent = after_send(known, 1, ACCEPTED, schedule(), NOW)
    with pytest.raises(ConcurrentChangeError):
        await store.sends.settle(claim, sent, at=NOW)
    stopped = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    await store.sends.settle(claim, after_send(stopped, 1, ACCEPTED, schedule(), NOW), at=NOW)
    assert await store.sends.claim(NOW + timedelta(days=9), 10, LIMITS) == []


async def test_a_reply_takes_what_waits_out_of_the_queue(store: Store) -> None:
    await store.records.save(enrolment(1), enrolment(2), at=NOW)
    (first,) = await store.sends.claim(NOW, 10, LIMITS)
    waiting = enrolment(2) if first.enrolment_id == enrolment(1).id else enrolment(1)
    known = (await store.records.enrolments("m1", [waiting.id]))[0]
    await store.records.save(stop(known, StopReason.REPLIED, 1, NOW), at=NOW)
    assert await store.sends.claim(NOW + timedelta(minutes=1), 10, LIMITS) == []


async def test_let_go_puts_it_back(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    await store.sends.let_go(claim)
    await store.sends.let_go(claim)
    (again,) = await store.sends.claim(NOW + LIMITS.pace, 10, LIMITS)
    assert again.enrolment_id == claim.enrolment_id
    assert not again.recovered


async def test_a_doubt_is_looked_at_again_when_its_time_comes(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    doubtful = after_send(known, 1, SendReport(outcome=Outcome.UNKNOWN), schedule(), NOW)
    await store.sends.settle(claim, doubtful, at=NOW)
    assert doubtful.next_due is not None
    assert await store.sends.claim(doubtful.next_due - timedelta(seconds=1), 10, LIMITS) == []
    assert len(await store.sends.claim(doubtful.next_due, 10, LIMITS)) == 1


async def test_fences_never_repeat_even_when_the_counter_goes_back(
    redis_store: RedisStore, redis: Redis, clock: HandClock
) -> None:
    await redis_store.records.save(enrolment(), at=NOW)
    (first,) = await redis_store.sends.claim(NOW, 10, LIMITS)
    await redis.flushall()
    other = RedisStore(redis, [KEY], clock)
    await other.records.save(enrolment(), at=NOW)
    (second,) = await other.sends.claim(NOW, 10, LIMITS)
    assert first.fence != second.fence


async def test_two_at_the_same_moment_never_get_the_same(store: Store) -> None:
    for box in range(30):
        await store.records.save(enrolment(1, f"m{box}"), at=NOW)
    rounds = await asyncio.gather(*(store.sends.claim(NOW, 20, LIMITS) for _ in range(2)))
    got = [(each.mailbox_id, each.enrolment_id) for claims in rounds for each in claims]
    while claims := await store.sends.claim(NOW, 20, LIMITS):
        got += [(each.mailbox_id, each.enrolment_id) for each in claims]
    assert len(got) == len(set(got)) == 30


async def test_a_full_mailbox_does_not_keep_another_waiting(store: Store) -> None:
    early = NOW - timedelta(hours=1)
    await store.records.save(*(enrolment(n, "full", early) for n in range(300)), at=NOW)
    await store.records.save(enrolment(1, "late"), at=NOW)
    seen = {each.mailbox_id for _ in range(3) for each in await store.sends.claim(NOW, 1, LIMITS)}
    assert seen == {"full", "late"}


async def test_what_waited_longest_leaves_first(store: Store) -> None:
    for minute in (2, 0, 1):
        start = NOW + timedelta(minutes=minute)
        await store.records.save(enrolment(minute, start=start), at=NOW)
    order, now = [], NOW + timedelta(hours=1)
    for _ in range(3):
        order += [each.enrolment_id for each in await store.sends.claim(now, 10, LIMITS)]
        now += LIMITS.pace
    assert order == [enrolment(minute).id for minute in (0, 1, 2)]


async def test_a_recovered_claim_comes_before_what_is_new(store: Store) -> None:
    await store.records.save(enrolment(1), enrolment(2), at=NOW)
    (lost,) = await store.sends.claim(NOW, 10, LIMITS)
    found = await store.sends.claim(NOW + LIMITS.lease, 10, LIMITS)
    assert [(each.enrolment_id == lost.enrolment_id, each.recovered) for each in found] == [
        (True, True),
        (False, False),
    ]
    assert len({each.fence for each in (lost, *found)}) == 3


async def test_recovered_claims_count_among_those_asked_for(store: Store) -> None:
    await store.records.save(enrolment(1), enrolment(2), at=NOW)
    await store.sends.claim(NOW, 10, LIMITS)
    (found,) = await store.sends.claim(NOW + LIMITS.lease, 1, LIMITS)
    assert found.recovered


async def test_a_recovered_claim_is_taken_over_once_a_lease(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    await store.sends.claim(NOW, 10, LIMITS)
    later = NOW + LIMITS.lease
    (found,) = await store.sends.claim(later, 10, LIMITS)
    assert found.expires == later + LIMITS.lease
    assert await store.sends.claim(later + LIMITS.lease / 2, 10, LIMITS) == []
    assert len(await store.sends.claim(later + LIMITS.lease, 10, LIMITS)) == 1


async def test_a_vanished_worker_keeps_its_place_in_flight(store: Store) -> None:
    await store.records.save(*(enrolment(number) for number in range(3)), at=NOW)
    limits = replace(LIMITS, in_flight=1)
    await store.sends.claim(NOW, 10, limits)
    (found,) = await store.sends.claim(NOW + limits.lease, 10, limits)
    assert found.recovered
    await settle_sent(store, found, NOW + limits.lease)
    assert len(await store.sends.claim(NOW + limits.lease, 10, limits)) == 1


async def test_settling_queues_jobs_with_it_or_nothing(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    stale = replace(known, rev=known.rev + 1)
    with pytest.raises(ConcurrentChangeError):
        await store.sends.settle(claim, stale, jobs=[JOB], at=NOW)
    with pytest.raises(PermanentError):
        await store.sends.settle(replace(claim, fence="another"), known, jobs=[JOB], at=NOW)
    assert await store.jobs.take(NOW, 10, LIMITS.lease) == []
    await store.sends.settle(claim, known, jobs=[JOB], at=NOW)
    assert [each.job for each in await store.jobs.take(NOW, 10, LIMITS.lease)] == [JOB]


async def test_a_claim_settles_once(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    await settle_sent(store, claim, NOW)
    with pytest.raises(PermanentError):
        await settle_sent(store, claim, NOW)


async def test_a_change_while_sending_is_not_queued_beside_the_claim(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    await store.records.save(replace(known, attempts=1), at=NOW)
    assert await store.sends.claim(NOW + LIMITS.pace, 10, LIMITS) == []
    await store.sends.let_go(claim)
    assert len(await store.sends.claim(NOW + LIMITS.pace, 10, LIMITS)) == 1


async def test_letting_go_of_what_was_stopped_queues_nothing(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    await store.records.save(stop(known, StopReason.REPLIED, 1, NOW), at=NOW)
    await store.sends.let_go(claim)
    assert await store.waiting(NOW + timedelta(days=9)) == 0


async def test_letting_go_follows_a_record_that_moves_at_that_moment(
    redis_store: RedisStore,
) -> None:
    """Saving leaves a claimed enrolment's place to the claim's end, which must not use an old due
    time: here the read before the end is overtaken by a save.
    """
    store = redis_store
    await store.records.save(enrolment(), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    known = (await store.records.enrolments("m1", [claim.enrolment_id]))[0]
    await store.records.save(replace(known, state=EnrolmentState.STOPPED), at=NOW)
    overtaken = OvertakenRecords(store.records, state=EnrolmentState.ACTIVE)
    batch = store.records._batch
    sends = RedisSendQueue(batch, overtaken, Rounds(batch.redis, 0.0))
    await sends.let_go(claim)
    assert len(await store.sends.claim(NOW + LIMITS.pace, 10, LIMITS)) == 1


class OvertakenRecords(RedisRecords):
    """Records that somebody else changes right after the first reading."""

    def __init__(self, records: RedisRecords, *, state: EnrolmentState) -> None:
        super().__init__(records._batch)
        self._state = state
        self._overtaken = False

    async def enrolments(self, mailbox_id: str, ids: Sequence[str]) -> Sequence[Enrolment]:
        read = await super().enrolments(mailbox_id, ids)
        if not self._overtaken:
            self._overtaken = True
            await self.save(*(replace(each, state=self._state) for each in read), at=NOW)
        return read


async def test_a_deleted_enrolment_is_never_claimed(store: Store) -> None:
    await store.records.save(enrolment(1), enrolment(2), at=NOW)
    (claim,) = await store.sends.claim(NOW, 10, LIMITS)
    other = enrolment(1) if claim.enrolment_id == enrolment(2).id else enrolment(2)
    await store.records.delete(Enrolment, "m1", other.id)
    await store.records.delete(Enrolment, "m1", claim.enrolment_id)
    assert await store.sends.claim(NOW + LIMITS.pace, 10, LIMITS) == []
    (found,) = await store.sends.claim(NOW + LIMITS.lease, 10, LIMITS)
    await store.sends.let_go(found)
    assert await store.sends.claim(NOW + timedelta(days=9), 10, LIMITS) == []


async def test_five_hundred_are_drained_exactly_once_by_eight_workers(store: Store) -> None:
    for box in range(50):
        await store.records.save(*(enrolment(n, f"m{box}") for n in range(10)), at=NOW)
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


# -- what leaves by SMTP ----------------------------------------------------------------------


def by_relay(number: int, *, after_first: bool = False) -> Enrolment:
    """An enrolment whose emails leave by SMTP: all of them, or all after the first."""
    known = enrolment(number)
    changed = [
        replace(each, route=Route.PLATFORM) if each.number > 1 or not after_first else each
        for each in known.deliveries
    ]
    return replace(known, deliveries=tuple(changed))


async def test_what_leaves_by_smtp_waits_for_no_pace_and_has_its_own_room(store: Store) -> None:
    many = LIMITS.relay_in_flight + 2
    await store.records.save(*(by_relay(number) for number in range(many)), at=NOW)
    await store.records.save(enrolment(50), enrolment(51), at=NOW)
    claims: list[Claim] = []
    for _ in range(many + 2):
        claims += await store.sends.claim(NOW, 20, LIMITS)
    relayed = {by_relay(number).id for number in range(many)}
    ours = [each for each in claims if each.enrolment_id in relayed]
    assert len(ours) == LIMITS.relay_in_flight
    assert len(claims) - len(ours) == 1  # the mailbox's own pace goes on
    await settle_sent(store, ours[0], NOW)
    (another,) = await store.sends.claim(NOW, 20, LIMITS)
    assert another.enrolment_id in relayed
    assert another.mailbox_id == "m1"


async def test_an_enrolment_changes_its_lane_between_two_emails(store: Store) -> None:
    mixed = by_relay(1, after_first=True)
    await store.records.save(mixed, enrolment(2), at=NOW)
    (first,) = await store.sends.claim(NOW, 20, LIMITS)
    later = NOW + timedelta(seconds=3)
    (second,) = await store.sends.claim(later, 20, LIMITS)
    for each in (first, second):
        await settle_sent(store, each, later)
    due = later + timedelta(days=3)
    await store.sweeps.done("m1", due, due)
    # One lane each: both may go at once.
    claims = await store.sends.claim(due, 20, LIMITS)
    assert {each.enrolment_id for each in claims} == {mixed.id, enrolment(2).id}
    for each in claims:
        await store.sends.let_go(each)
    # Let go, it waits in its own lane again.
    assert len(await store.sends.claim(due + LIMITS.pace, 20, LIMITS)) == 2


async def test_a_stopped_one_is_gone_from_the_lane_it_waited_in(store: Store) -> None:
    await store.records.save(*(by_relay(number) for number in range(3)), at=NOW)
    (claim,) = await store.sends.claim(NOW, 1, LIMITS)  # the others wait in the lane now
    waiting = next(by_relay(n) for n in range(3) if by_relay(n).id != claim.enrolment_id)
    (known,) = await store.records.enrolments("m1", [waiting.id])
    stopped = stop(replace(known, deliveries=known.deliveries), StopReason.REPLIED, 1, NOW)
    await store.records.save(stopped, at=NOW)
    rest = [*await store.sends.claim(NOW, 20, LIMITS), *await store.sends.claim(NOW, 20, LIMITS)]
    assert waiting.id not in {each.enrolment_id for each in rest}
    assert len(rest) == 1


async def test_a_lane_of_smtp_comes_back_when_its_lease_ran_out(store: Store) -> None:
    await store.records.save(*(by_relay(n) for n in range(LIMITS.relay_in_flight + 1)), at=NOW)
    for _ in range(LIMITS.relay_in_flight):
        assert len(await store.sends.claim(NOW, 20, LIMITS)) == 1
    assert await store.sends.claim(NOW, 20, LIMITS) == []
    later = NOW + LIMITS.lease
    again = await store.sends.claim(later, 20, LIMITS)
    assert len(again) == LIMITS.relay_in_flight
    assert all(each.recovered for each in again)
    await settle_sent(store, again[0], later)
    assert len(await store.sends.claim(later, 20, LIMITS)) == 1


async def test_who_turns_from_smtp_to_the_mailbox_keeps_the_mailboxs_pace(store: Store) -> None:
    await store.records.save(by_relay(1), enrolment(2), at=NOW)
    (known,) = await store.records.enrolments("m1", [by_relay(1).id])
    await store.records.save(replace(known, deliveries=enrolment(1).deliveries), at=NOW)
    assert len(await store.sends.claim(NOW, 20, LIMITS)) == 1
    assert await store.sends.claim(NOW, 20, LIMITS) == []


async def test_what_falls_due_is_counted_span_by_span(store: Store) -> None:
    """From a moment on, up to the next one without it; a claimed email waits no more."""
    hours = [NOW + timedelta(hours=each) for each in range(4)]
    starts = [NOW - timedelta(hours=1), NOW, hours[1] - timedelta(milliseconds=1), hours[1]]
    people = [enrolment(number, start=at) for number, at in enumerate(starts)]
    await store.records.save(*people, at=NOW)
    await store.records.save(enrolment(9, "m2", start=NOW), at=NOW)
    assert list(await store.sends.due_between("m1", hours)) == [2, 1, 0]
    everything = [NOW - timedelta(days=1), *hours]
    assert list(await store.sends.due_between("m1", everything)) == [1, 2, 1, 0]
    await store.sends.claim(NOW, 10, LIMITS)
    assert sum(await store.sends.due_between("m1", everything)) == 3
    assert list(await store.sends.due_between("m1", hours, by_relay=True)) == [0, 0, 0]
    assert list(await store.sends.due_between("nobody", hours)) == [0, 0, 0]
    assert list(await store.sends.due_between("m1", hours[:1])) == []


async def test_what_leaves_by_smtp_and_what_is_held_is_counted_apart(store: Store) -> None:
    by_smtp = replace(
        enrolment(1),
        deliveries=tuple(replace(each, route=Route.DKIM) for each in enrolment(1).deliveries),
    )
    held = replace(enrolment(2), state=EnrolmentState.HELD)
    await store.records.save(by_smtp, held, enrolment(3), at=NOW)
    hour = [NOW, NOW + timedelta(hours=1)]
    assert list(await store.sends.due_between("m1", hour)) == [1]
    assert list(await store.sends.due_between("m1", hour, by_relay=True)) == [1]
