"""The product's own worker, until it is killed: `reply_run STORE GRAPH MAILBOXES PEOPLE`. Says `{}`
once everybody's first email has left and replies may come.
"""

import asyncio
import sys

import uvloop

from bot.worker import SENDS_AT_ONCE
from tests.bench.planned import drained
from tests.bench.worker_run import working


async def main(store_url: str, graph_url: str, mailboxes: int, people: int) -> None:
    """Send to everybody, then wait for what comes."""
    async with working(store_url, graph_url, 1.0, SENDS_AT_ONCE) as (store, _, _):
        waiting = True
        while waiting:
            await asyncio.sleep(0.5)
            known = [one async for one in drained(store, mailboxes, people)]
            waiting = any(one.deliveries[0].sent_at is None for one in known)
        sys.stdout.write("{}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
