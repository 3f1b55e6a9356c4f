"""The store by itself: claims and settlements a second, what its enrolments weigh, and how much
memory a worker takes where there are many.
"""

import asyncio
import os
import statistics
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from redis.asyncio import Redis

from bot.domain.calendar import PLAIN
from bot.domain.delivery import Outcome, SendReport
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.schedule import LIMITS
from bot.domain.submission import after_send
from bot.lifetime import keep_what_is_loaded
from bot.storage.connection import connect
from bot.storage.polling import Rounds
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer
from tests.bench.filled import EMAILS, fill
from tests.bench.planned import START, planned, sequence_of
from tests.bench.senders import ROUNDS, say, store_cpu, stub, told
from tests.bench.worker_run import KEY, Calendar
from tests.harness.processes import free_port

FEW, MILLION = 10_000, 1_000_000
_A_MAILBOX = 500
_FILLED = MILLION // _A_MAILBOX
_AT_ONCE = 100
_DRAINED, _MAILBOXES, _LINES = 20_000, 400, 4
_POLLS = 2000
_MORE, _PEOPLE = 20, 20
_UNPACED = replace(LIMITS, pace=timedelta(0))  # as of mailboxes without end


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
    await fill(opened, _FILLED, _A_MAILBOX, range(FEW // _FILLED))
    few = await _poll(client)
    begun = time.perf_counter()
    await fill(opened, _FILLED, _A_MAILBOX, range(FEW // _FILLED, _A_MAILBOX))
    say(f"a million enrolments are kept, in {time.perf_counter() - begun:.0f} s")
    figures = {
        "claim_settle_per_s": statistics.median(rates),
        "bytes_per_enrolment": (await _memory(client) - empty) / MILLION,
        "poll_ratio_1m_vs_10k": await _poll(client) / few,
        "worker_rss_mb": await _worked(server, opened),
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
    somebody = Participant(address="p@x.example", fields={})
    schedule = schedule_of(sequence_of("m0", EMAILS), somebody, PLAIN)
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


async def _poll(client: Redis) -> float:
    """Return the store's processor time for one look at it while nothing is due."""
    rounds, before = Rounds(client, 0.0), await store_cpu(client)
    for _ in range(_POLLS):
        await rounds.look_if_due()
    return (await store_cpu(client) - before) / _POLLS


async def _worked(server: EmbeddedServer, opened: RedisStore) -> float:
    """Return the most memory, in MB, of a worker that sends what is due beside all the others."""
    await planned(opened, _MORE, _PEOPLE, first=_FILLED)
    port = free_port()
    arguments = (server.url, f"http://127.0.0.1:{port}/v1.0", str(_MORE), str(_PEOPLE))
    async with stub(port):
        worker = await told("tests.bench.worker_run", *arguments, str(_FILLED))
    say(f"a worker beside them: {worker['rss_mb']:.0f} MB")
    return worker["rss_mb"]


async def _memory(client: Redis) -> int:
    return int((await client.info("memory"))["used_memory"])
