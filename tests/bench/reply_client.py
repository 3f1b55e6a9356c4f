"""People who reply, a hundred a second whatever becomes of them: `reply_client PORT STORE PEOPLE`.
Posts a notification of each, and looks in the store until the sequence is stopped; writes how long
that took.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence

import aiohttp
import uvloop

from bot.domain.enrolment import EnrolmentState
from bot.storage.connection import connect
from bot.storage.redis_store import RedisStore
from tests.bench.hooks import MAILBOXES, told_of
from tests.bench.meter import p99_ms
from tests.bench.planned import drained, mailbox_named
from tests.bench.worker_run import KEY, Calendar

_A_SECOND = 100
_LOOK_EVERY = 0.005
_PATIENCE = 10.0


class Waiting:
    """Who has replied and is not seen to be stopped yet: since when, and of which mailbox."""

    def __init__(self, store: RedisStore) -> None:
        self._store = store
        self._since: dict[str, tuple[str, float]] = {}

    def begin(self, mailbox_id: str, enrolment_id: str) -> None:
        """Count somebody among them from now on."""
        self._since[enrolment_id] = mailbox_id, time.perf_counter()

    async def stopped(self, many: int) -> list[float]:
        """Return how long each waited, once so many are stopped."""
        spans: list[float] = []
        while len(spans) < many:
            await asyncio.sleep(_LOOK_EVERY)
            looks = (
                self._store.records.enrolments(mailbox_id, [enrolment_id])
                for enrolment_id, (mailbox_id, _) in self._since.items()
            )
            found, now = await asyncio.gather(*looks), time.perf_counter()
            for (each,) in found:
                if each.state is EnrolmentState.STOPPED:
                    spans.append(now - self._since.pop(each.id)[1])
            assert all(now - since < _PATIENCE for _, since in self._since.values()), (
                "a reply stopped nothing"
            )
        return spans


async def main(port: int, store_url: str, people: int) -> None:
    """Reply for everybody, one person of each mailbox after the other, and say how that went."""
    client = connect(store_url)
    store = RedisStore(client, [KEY], Calendar())
    ids = [one.id async for one in drained(store, MAILBOXES, people)]
    waiting = Waiting(store)
    async with asyncio.TaskGroup() as group:
        stopped = group.create_task(waiting.stopped(len(ids)))
        await _reply(port, waiting, ids, people)
    spans = stopped.result()
    told = {
        "replies": len(spans),
        "median_ms": statistics.median(spans) * 1000,
        "p99_ms": p99_ms(spans),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    await client.aclose()


async def _reply(port: int, waiting: Waiting, ids: Sequence[str], people: int) -> None:
    begun = time.perf_counter()
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for number in range(len(ids)):
            person, mailbox = divmod(number, MAILBOXES)
            enrolment_id = ids[mailbox * people + person]
            body = told_of([(mailbox, f"reply-{enrolment_id}")])
            await asyncio.sleep(begun + number / _A_SECOND - time.perf_counter())
            waiting.begin(mailbox_named(mailbox), enrolment_id)
            group.create_task(_post(session, port, body))


async def _post(session: aiohttp.ClientSession, port: int, body: bytes) -> None:
    url = f"http://127.0.0.1:{port}/graph/notifications"
    async with session.post(url, data=body) as answer:
        assert answer.status == 202


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
