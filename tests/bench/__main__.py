"""`make bench`: what an email costs beside the bare SDK, how fast what comes in is taken in, read
and acted on, and how the store carries a million.

Ratios of one run on the same work. Last come a table of what is wanted and whether it was reached,
and all figures as a line of JSON. It fails only where an email or a notification was lost: a slow
machine, which misses a figure, is no fault of the code.
"""

import json
import tempfile
from pathlib import Path

import uvloop

from tests.bench.doors import door
from tests.bench.reading import reading
from tests.bench.senders import say, senders
from tests.bench.stopping import stopping
from tests.bench.store import store
from tests.bench.verdicts import verdicts
from tests.bench.webhook import webhook


async def main() -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="mailroom-bench-") as directory:
        figures = await senders(Path(directory) / "senders")
        async with door(Path(directory) / "door") as ours:
            figures |= await webhook(ours)
            figures |= await stopping(ours)
        figures |= reading()
        kept = await store(Path(directory) / "store")
    most = max(figures["worker_rss_mb"], kept["worker_rss_mb"])
    figures |= kept | {"worker_rss_mb": most}
    for line in verdicts(figures):
        say(line)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    uvloop.run(main())
