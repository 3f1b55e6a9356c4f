"""The store by itself: claims and settlements a second, and what its enrolments weigh."""

import asyncio
import os
import time
from pathlib import Path

from redis.asyncio import Redis

from bot.domain.calendar import PLAIN
from bot.domain.delivery import Outcome, SendReport, SentCopy
from bot.domain.enrolment import Enrolment, after_send, enrol, read_back
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.quota import placed
from bot.domain.schedule import AT_ONCE, LIMITS, Delay
from bot.domain.sequence import Email, Sequence
from bot.storage.connection import connect
from bot.storage.polling import Rounds
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer
from tests.bench.planned import START, TENANT, planned
from tests.bench.worker_run import KEY, Calendar

FEW, MANY, MILLION = 10_000, 100_000, 1_000_000
_NAMES = {MANY: "100k", MILLION: "1m"}
_A_MAILBOX = 500
_AT_ONCE = 100
_DRAINED = 10_000
_POLLS = 300
_EMAILS = tuple(
    Email(subject="How did your project go?", body="Dear {{First Name}}", delay=each)
    for each in (AT_ONCE, Delay(number=3), Delay(number=4))
)
_FIELDS = ("First Name", "Last Name", "Company", "City", "Project")


async def store(directory: Path, many: int) -> dict[str, float]:
    """Return the store's figures, with `many` enrolments in it."""
    os.sched_setaffinity(0, {1})
    server = EmbeddedServer(directory)
    await server.start()
    os.sched_setaffinity(int((directory / "store" / "server.pid").read_text()), {0})
    client = connect(server.url)
    opened = RedisStore(client, [KEY], Calendar())
    figures = {"claim_settle_per_s": await _drain(client, opened)}
    await client.flushall()
    empty = await _memory(client)
    await _fill(opened, 0, FEW)
    few = await _poll(client)
    await _fill(opened, FEW, many)
    figures[f"poll_ratio_{_NAMES[many]}_vs_10k"] = await _poll(client) / few
    figures["bytes_per_enrolment"] = (await _memory(client) - empty) / many
    await client.aclose()
    await server.stop()
    return figures


async def _drain(client: Redis, opened: RedisStore) -> float:
    """Claim and settle due emails, at most a hundred at a time; return how many a second."""
    await client.flushall()
    mailboxes = _DRAINED // _AT_ONCE
    await planned(opened, mailboxes, _AT_ONCE)
    due: dict[str, Enrolment] = {}
    sequence, now, done = _sequence("m0"), START, 0
    report = SendReport(outcome=Outcome.ACCEPTED)
    begun, spent = time.perf_counter(), 0.0
    while done < _DRAINED:
        claims = await opened.sends.claim(now, _AT_ONCE, LIMITS, START.date())
        paused = time.perf_counter()  # what the records decide is no part of the scripts
        for of in {each.mailbox_id for each in claims}:
            ids = [each.enrolment_id for each in claims if each.mailbox_id == of]
            due |= {each.id: each for each in await opened.records.enrolments(of, ids)}
        schedule = schedule_of(sequence, Participant(address="p@x.example", fields={}), PLAIN)
        settled = [
            (each, after_send(due[each.enrolment_id], 1, report, schedule, now)) for each in claims
        ]
        spent += time.perf_counter() - paused
        await asyncio.gather(*(opened.sends.settle(*each, at=now) for each in settled))
        done += len(claims)
        if not claims:
            now += LIMITS.pace
    return _DRAINED / (time.perf_counter() - begun - spent)


async def _fill(opened: RedisStore, first: int, last: int) -> None:
    """Keep enrolments with five merge fields, one settled delivery with all its ids, two booked."""
    for at in range(first, last, _AT_ONCE):
        mailbox = f"m{at // _A_MAILBOX}"
        sequence = _sequence(mailbox)
        made = [_enrolment(each, sequence) for each in range(at, at + _AT_ONCE)]
        await opened.records.save(*made, at=START)


async def _poll(client: Redis) -> float:
    """Return what one look at a store in which nothing is due costs, in seconds."""
    rounds, spans = Rounds(client, 0.0), []
    for _ in range(_POLLS):
        begun = time.perf_counter()
        await rounds.look_if_due()
        spans.append(time.perf_counter() - begun)
    return sorted(spans)[_POLLS // 2]


async def _memory(client: Redis) -> int:
    return int((await client.info("memory"))["used_memory"])


def _enrolment(number: int, sequence: Sequence) -> Enrolment:
    person = Participant(
        address=f"person.{number}@customer.example",
        fields={name: f"{name} {number}" for name in _FIELDS},
    )
    made = enrol(
        f"{number // _A_MAILBOX:032x}", person, sequence,
        calendar=PLAIN, domain="contoso.example", start=START,
    )  # fmt: skip
    schedule = schedule_of(sequence, person, PLAIN)
    sent = after_send(made, 1, SendReport(outcome=Outcome.ACCEPTED), schedule, START)
    copy = SentCopy(
        internet_message_id=f"<{made.id}@PROD.OUTLOOK.COM>",
        conversation_id=f"AAQkADk0{made.id}{made.id}AQAI",
        sent_at=START,
    )
    return placed(read_back(sent, 1, copy), PLAIN.day_of)


def _sequence(mailbox_id: str) -> Sequence:
    return Sequence(
        id=f"s-{mailbox_id}",
        tenant_id=TENANT,
        program="Feedback",
        name="Autumn",
        mailbox_id=mailbox_id,
        threading=True,
        emails=_EMAILS,
        created_by="admin",
    )
