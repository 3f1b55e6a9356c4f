"""Records: saved together or not at all, never over somebody else's change."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.domain.calendar import PLAIN
from bot.domain.delivery import Outcome, SendReport, SentCopy
from bot.domain.enrolment import Enrolment, StopReason, enrol, fail, read_back, stop
from bot.domain.errors import ConcurrentChangeError, TransientError
from bot.domain.mailbox import Mailbox
from bot.domain.schedule import LIMITS
from bot.domain.submission import after_send
from bot.domain.tally import Tally, tally
from bot.jobs import Subscribe
from bot.storage import keys
from bot.storage.connection import connect
from bot.storage.enrolments import digest
from bot.storage.redis_store import RedisStore
from tests.contract.conftest import KEY, NOW, HandClock, Store
from tests.contract.samples import BATCH, enrolment, mailbox, schedule, sequence

ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
JOB = Subscribe(tenant_id="t1", mailbox_id="m1")
LEASE = timedelta(minutes=5)


async def test_what_was_saved_is_there(store: Store) -> None:
    await store.records.save(mailbox(), at=NOW)
    assert await store.records.get(Mailbox, "t1", "m1") == replace(mailbox(), rev=1)
    assert await store.records.get(Mailbox, "t1", "m2") is None
    assert await store.records.get(Mailbox, "t2", "m1") is None


async def test_a_list_holds_one_home_oldest_first(store: Store) -> None:
    for at, each in enumerate((mailbox("b"), mailbox("a"), mailbox("c", "t2"))):
        await store.records.save(each, at=NOW + timedelta(seconds=at))
    assert [each.id for each in await store.records.list(Mailbox, "t1")] == ["b", "a"]


async def test_a_stale_record_is_refused_and_nothing_changes(store: Store) -> None:
    await store.records.save(mailbox(), at=NOW)
    known = await store.records.get(Mailbox, "t1", "m1")
    assert known is not None
    await store.records.save(replace(known, problem="first"), at=NOW)
    with pytest.raises(ConcurrentChangeError):
        await store.records.save(
            replace(sequence(), rev=0), replace(known, problem="second"), jobs=(JOB,), at=NOW
        )
    kept = await store.records.get(Mailbox, "t1", "m1")
    assert kept is not None
    assert kept.problem == "first"
    assert await store.records.list(type(sequence()), "t1") == []
    assert await store.jobs.take(NOW, 10, LEASE) == []


async def test_a_new_record_is_refused_where_one_stands(store: Store) -> None:
    await store.records.save(mailbox(), at=NOW)
    with pytest.raises(ConcurrentChangeError):
        await store.records.save(mailbox(), at=NOW)


async def test_jobs_are_queued_with_the_record(store: Store) -> None:
    await store.records.save(mailbox(), jobs=(JOB,), at=NOW)
    assert [each.job for each in await store.jobs.take(NOW, 10, LEASE)] == [JOB]


async def test_records_of_two_homes_cannot_be_one_step(store: Store) -> None:
    with pytest.raises(ValueError, match="home"):
        await store.records.save(mailbox("a", "t1"), mailbox("b", "t2"), at=NOW)


async def test_a_deleted_record_is_gone_from_its_list(store: Store) -> None:
    await store.records.save(mailbox(), at=NOW)
    await store.records.delete(Mailbox, "t1", "m1")
    await store.records.delete(Mailbox, "t1", "m1")
    assert await store.records.get(Mailbox, "t1", "m1") is None
    assert await store.records.list(Mailbox, "t1") == []


async def test_enrolments_are_found_by_id_message_id_and_address(store: Store) -> None:
    first, second = enrolment(1), enrolment(2)
    await store.records.save(first, second, at=NOW)
    found = await store.records.enrolments("m1", [second.id, "nobody", first.id])
    assert [each.id for each in found] == [second.id, first.id]
    ours = first.deliveries[1].message_id
    by_id = await store.records.enrolment_by_message_id("m1", ours)
    assert by_id is not None
    assert by_id.id == first.id
    by_address = await store.records.enrolments_by_address("m1", "p2@customer.example")
    assert [each.id for each in by_address] == [second.id]
    assert await store.records.enrolments_by_address("m2", "p2@customer.example") == []


async def test_enrolments_to_many_addresses_are_found_at_once(store: Store) -> None:
    again = enrol(
        "a" * 32,
        enrolment(2).participant,
        sequence(),
        calendar=PLAIN,
        domain="contoso.example",
        start=NOW,
    )
    await store.records.save(*(enrolment(number) for number in range(5)), at=NOW)
    await store.records.save(again, at=NOW)
    wanted = [f"p{number}@customer.example" for number in (2, 4, 9)]
    found = await store.records.enrolments_to("m1", wanted)
    assert {each.id for each in found} == {enrolment(2).id, again.id, enrolment(4).id}
    assert await store.records.enrolments_to("m2", wanted) == []
    assert await store.records.enrolments_to("m1", []) == []


async def test_a_deleted_enrolment_is_gone_from_every_index(store: Store) -> None:
    for _ in range(2):
        await store.records.save(enrolment(1), at=NOW)
        found = await store.records.enrolments_by_address("m1", "p1@customer.example")
        assert [each.id for each in found] == [enrolment(1).id]
        await store.records.delete(Enrolment, "m1", enrolment(1).id)
        assert await store.records.enrolments_by_address("m1", "p1@customer.example") == []
        assert await store.waiting(NOW) == 0


async def test_two_at_the_same_moment_do_not_both_win(store: Store) -> None:
    await store.records.save(mailbox(), at=NOW)
    known = await store.records.get(Mailbox, "t1", "m1")
    assert known is not None
    writes = (store.records.save(replace(known, problem=str(n)), at=NOW) for n in range(8))
    told = await asyncio.gather(*writes, return_exceptions=True)
    assert sorted(type(each).__name__ for each in told) == ["ConcurrentChangeError"] * 7 + [
        "NoneType"
    ]


@pytest.mark.parametrize("text", ["\x00", 'a "quoted" \\ one', "Grüße 😀", "a|b,c/d:e", "\u2028"])
async def test_any_text_comes_back(store: Store, text: str) -> None:
    await store.records.save(replace(mailbox(), problem=text), at=NOW)
    kept = await store.records.get(Mailbox, "t1", "m1")
    assert kept is not None
    assert kept.problem == text


async def test_the_id_exchange_gave_finds_it_too(store: Store) -> None:
    await store.records.save(enrolment(), at=NOW)
    known = (await store.records.enrolments("m1", [enrolment().id]))[0]
    sent = after_send(known, 1, SendReport(outcome=Outcome.ACCEPTED), schedule(), NOW)
    copy = SentCopy(internet_message_id="<x@exchange>", conversation_id="c", sent_at=NOW)
    await store.records.save(read_back(sent, 1, copy), at=NOW)
    found = await store.records.enrolment_by_message_id("m1", "<x@exchange>")
    assert found is not None
    assert found.id == known.id
    assert await store.records.enrolment_by_message_id("m2", "<x@exchange>") is None


async def test_a_store_that_cannot_be_reached_says_so(clock: HandClock) -> None:
    gone = RedisStore(connect("unix:///nowhere/redis.sock"), [KEY], clock)
    with pytest.raises(TransientError):
        await gone.records.get(Mailbox, "t1", "m1")
    with pytest.raises(TransientError):
        await gone.records.save(mailbox(), at=NOW)
    with pytest.raises(TransientError):
        await gone.inbound.append([])


async def test_ids_are_read_back_once_and_found_again(store: Store) -> None:
    await store.records.save(enrolment(1), enrolment(2), at=NOW)
    strange = "<AM,1|2:3%4=5@PROD.OUTLOOK.COM>"
    copy = SentCopy(internet_message_id=strange, conversation_id="c|1,2", sent_at=NOW)
    other = replace(copy, internet_message_id="<another>")
    ours, unknown = (enrolment(1).id, 2), ("0" * 32, 1)
    await store.records.read_back("m1", {ours: copy, unknown: copy, ("no id", 1): copy})
    (known,) = await store.records.enrolments("m1", [enrolment(1).id])
    assert known.deliveries[1] == replace(
        enrolment(1).deliveries[1], exchange_id=strange, conversation_id="c|1,2"
    )
    assert known.rev == 2
    await store.records.read_back("m1", {ours: other, (enrolment(2).id, 1): other})
    assert await store.records.enrolment_by_message_id("m1", strange) == known
    found = await store.records.enrolment_by_message_id("m1", "<another>")
    assert found is not None
    assert found.id == enrolment(2).id
    with pytest.raises(ConcurrentChangeError):
        await store.records.save(replace(enrolment(1), rev=1), at=NOW)


async def test_ids_read_back_stay_when_the_record_changes(store: Store) -> None:
    await store.records.save(enrolment(1), at=NOW)
    copy = SentCopy(internet_message_id="<x>", conversation_id="c", sent_at=NOW)
    await store.records.read_back("m1", {(enrolment(1).id, 1): copy})
    (known,) = await store.records.enrolments("m1", [enrolment(1).id])
    await store.records.save(replace(known, attempts=1), at=NOW)
    found = await store.records.enrolment_by_message_id("m1", "<x>")
    assert found == replace(known, attempts=1, rev=3)


async def test_an_address_or_id_that_only_looks_alike_in_the_index_is_not_taken(
    redis: Redis, redis_store: RedisStore
) -> None:
    await redis_store.records.save(enrolment(1), at=NOW)
    shard, raw = keys.shard_of("m1"), bytes.fromhex(enrolment(1).id)
    await redis.hset(keys.addresses(shard, "m1"), digest("x@customer.example"), raw)
    await redis.hset(keys.message_ids(shard, "m1"), digest("<x>"), raw)
    assert await redis_store.records.enrolments_by_address("m1", "x@customer.example") == []
    assert await redis_store.records.enrolment_by_message_id("m1", "<x>") is None


async def test_a_distribution_is_counted_as_its_enrolments_change(store: Store) -> None:
    nothing = Tally(counts={})
    assert await store.records.tally("m1", BATCH) == nothing
    await store.records.save(*(enrolment(number) for number in range(4)), at=NOW)
    (claim, *_) = await store.sends.claim(NOW, 10, LIMITS)
    (first,) = await store.records.enrolments("m1", [claim.enrolment_id])
    await store.sends.settle(claim, after_send(first, 1, ACCEPTED, schedule(), NOW), at=NOW)
    ids = [enrolment(number).id for number in range(4)]
    others = [each for each in ids if each != claim.enrolment_id]
    bounced, failed, gone = await store.records.enrolments("m1", others)
    await store.records.save(
        stop(bounced, StopReason.BOUNCED, 1, NOW), fail(failed, 1, "Refused."), at=NOW
    )
    await store.records.delete(Enrolment, "m1", gone.id)
    told = await store.records.tally("m1", BATCH)
    assert told == tally(await store.records.enrolments("m1", ids))
    assert told.retryable == 1
    assert sum(told.counts.values()) == 2 + 1 + 1  # what a stop cancels leaves the counts
    for each in await store.records.enrolments("m1", ids):
        await store.records.delete(Enrolment, "m1", each.id)
    assert await store.records.tally("m1", BATCH) == nothing


async def test_a_record_that_changed_is_read_anew(store: Store) -> None:
    await store.records.save(mailbox(), at=NOW)
    known = await store.records.get(Mailbox, "t1", "m1")
    assert known is not None
    assert await store.records.get(Mailbox, "t1", "m1") == known
    await store.records.save(replace(known, problem="Full."), at=NOW)
    assert await store.records.get(Mailbox, "t1", "m1") == replace(known, problem="Full.", rev=2)
