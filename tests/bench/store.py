"""The store by itself: claims and settlements a second, and what its enrolments weigh."""

import asyncio
import os
import statistics
import time
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from redis.asyncio import Redis

from bot.domain.calendar import PLAIN
from bot.domain.delivery import Delivery, Outcome, SendReport, SentCopy
from bot.domain.enrolment import Enrolment, enrol, enrolment_id, read_back
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.quota import placed
from bot.domain.schedule import AT_ONCE, LIMITS, Delay
from bot.domain.sequence import Email, Sequence
from bot.domain.submission import after_send
from bot.lifetime import keep_what_is_loaded
from bot.storage.connection import connect
from bot.storage.polling import Rounds
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer
from tests.bench.letters import TENANT
from tests.bench.planned import START, mailbox_named, planned
from tests.bench.senders import ROUNDS, say, store_cpu
from tests.bench.worker_run import KEY, Calendar

FEW, MILLION = 10_000, 1_000_000
_A_MAILBOX = 500
_FILLED = MILLION // _A_MAILBOX
_AT_ONCE = 100
_DRAINED, _MAILBOXES, _LINES = 20_000, 400, 3
_POLLS = 2000
_UNPACED = replace(LIMITS, pace=timedelta(0))  # as of mailboxes without end
_EMAILS = tuple(
    Email(subject="How did your project go?", body="Dear {{First Name}}", delay=each)
    for each in (AT_ONCE, Delay(number=3), Delay(number=4))
)
_FIELDS = ("First Name", "Last Name", "Company", "City", "Project")


async def store(directory: Path) -> dict[str, float]:
    """Return the store's figures, in the end with a million enrolments in it."""
    os.sched_setaffinity(0, {1})
    keep_what_is_loaded()
    server = EmbeddedServer(directory)
    await server.start()
    os.sched_setaffinity(int((directory / "store" / "server.pid").read_text()), {0})
    client = connect(server.url)
    opened = RedisStore(client, [KEY], Calendar())
    rates = [await _drain(client, opened) for _ in range(ROUNDS)]
    say(f"claims and settlements a second: {', '.join(f'{each:,.0f}' for each in rates)}")
    await client.flushall()
    empty = await _memory(client)
    await _fill(opened, 0, FEW // _FILLED)
    few = await _poll(client)
    begun = time.perf_counter()
    await _fill(opened, FEW // _FILLED, _A_MAILBOX)
    say(f"a million enrolments are kept, in {time.perf_counter() - begun:.0f} s")
    figures = {
        "claim_settle_per_s": statistics.median(rates),
        "bytes_per_enrolment": (await _memory(client) - empty) / MILLION,
        "poll_ratio_1m_vs_10k": await _poll(client) / few,
    }
    await client.aclose()
    await server.stop()
    return figures


async def _drain(client: Redis, opened: RedisStore) -> float:
    """Claim and settle due emails, at most a hundred at a time; return how many a second. Some
    take turns: one decides while the store works for the others.
    """
    await client.flushall()
    await planned(opened, _MAILBOXES, _DRAINED // _MAILBOXES)
    schedule = schedule_of(_sequence("m0"), Participant(address="p@x.example", fields={}), PLAIN)
    report, now, left = SendReport(outcome=Outcome.ACCEPTED), START, _DRAINED

    async def line() -> None:
        nonlocal left
        while left:
            claims = await opened.sends.claim(now, _AT_ONCE, _UNPACED, START.date())
            left -= len(claims)
            await asyncio.gather(
                *(
                    opened.sends.settle(
                        each, after_send(each.enrolment, 1, report, schedule, now), at=now
                    )
                    for each in claims
                    if each.enrolment
                )
            )

    begun = time.perf_counter()
    await asyncio.gather(*(line() for _ in range(_LINES)))
    return _DRAINED / (time.perf_counter() - begun)


async def _fill(opened: RedisStore, first: int, last: int) -> None:
    """Keep enrolments with five merge fields, one settled delivery with all its ids, two booked:
    those from the `first` to the `last` of every mailbox.
    """
    mailboxes = iter(range(_FILLED))

    async def line() -> None:
        for mailbox in mailboxes:
            one = _enrolment(mailbox)  # planned by the rules; others only differ by who it is
            for at in range(first, last, _AT_ONCE):
                numbers = range(at, min(at + _AT_ONCE, last))
                made = [_another(one, mailbox * _A_MAILBOX + number) for number in numbers]
                await opened.records.save(*made, at=START)

    await asyncio.gather(*(line() for _ in range(_LINES)))


async def _poll(client: Redis) -> float:
    """Return the store's processor time for one look at it while nothing is due."""
    rounds, before = Rounds(client, 0.0), await store_cpu(client)
    for _ in range(_POLLS):
        await rounds.look_if_due()
    return (await store_cpu(client) - before) / _POLLS


async def _memory(client: Redis) -> int:
    return int((await client.info("memory"))["used_memory"])


def _enrolment(mailbox: int) -> Enrolment:
    sequence = _sequence(mailbox_named(mailbox))
    batch, person = uuid.uuid5(uuid.NAMESPACE_DNS, sequence.mailbox_id).hex, _person(0)
    made = enrol(batch, person, sequence, calendar=PLAIN, domain="contoso.example", start=START)
    schedule = schedule_of(sequence, person, PLAIN)
    sent = after_send(made, 1, SendReport(outcome=Outcome.ACCEPTED), schedule, START)
    return placed(read_back(sent, 1, _copy(made.id)), PLAIN.day_of)


def _another(one: Enrolment, number: int) -> Enrolment:
    person = _person(number)
    identity = enrolment_id(one.distribution_id, person)
    copy, (first, *later) = _copy(identity), one.deliveries
    left = replace(
        _named(first, identity),
        exchange_id=copy.internet_message_id,
        conversation_id=copy.conversation_id,
    )
    deliveries = (left, *(_named(each, identity) for each in later))
    return replace(one, id=identity, participant=person, deliveries=deliveries)


def _named(delivery: Delivery, identity: str) -> Delivery:
    key = f"{identity}.{delivery.number}"
    return replace(delivery, key=key, message_id=f"<{key}@contoso.example>")


def _person(number: int) -> Participant:
    return Participant(
        address=f"person.{number}@customer.example",
        fields={name: f"{name} {number}" for name in _FIELDS},
    )


def _copy(identity: str) -> SentCopy:
    """Ids as long as those of Exchange Online."""
    host = "AM0PR01MB0001.eurprd01.prod.outlook.com"
    return SentCopy(
        internet_message_id=f"<AM0PR01MB{identity[:20].upper()}@{host}>",
        conversation_id=f"AAQkAGI2TAAQA{identity}{identity[:24]}AAA=",
        sent_at=START,
    )


def _sequence(mailbox_id: str) -> Sequence:
    return Sequence(
        id=uuid.uuid5(uuid.NAMESPACE_DNS, mailbox_id).hex,
        tenant_id=TENANT,
        program="Feedback",
        name="Autumn",
        mailbox_id=mailbox_id,
        threading=True,
        emails=_EMAILS,
        created_by="admin",
    )
