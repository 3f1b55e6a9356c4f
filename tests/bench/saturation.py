"""A worker over a thousand mailboxes at full pace, in real time: `saturation STORE GRAPH MAILBOXES
PEOPLE`. Writes how much of what the pace allows has left, and how much of its core that took.
"""

import asyncio
import sys

import uvloop

from bot.domain.schedule import LIMITS
from bot.worker import SENDS_AT_ONCE
from tests.bench.planned import drained
from tests.bench.worker_run import working


async def main(store_url: str, graph_url: str, mailboxes: int, people: int) -> None:
    """Send one email to everybody."""
    async with working(store_url, graph_url, 1.0, SENDS_AT_ONCE) as (store, meter, _):
        while await store.next_email():  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        meter.stop()
        known = [one async for one in drained(store, mailboxes, people)]
    left = [each.sent_at for one in known for each in one.deliveries if each.sent_at]
    assert len(left) == mailboxes * people
    allowed = LIMITS.pace * (people - 1)
    meter.tell(len(left), saturation=allowed / (max(left) - min(left)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
