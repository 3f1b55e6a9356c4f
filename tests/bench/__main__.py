"""`make bench`: what an email costs beside the bare SDK, and how the store carries many.

Ratios of one run on the same work. Last line JSON.
"""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from tests.bench.senders import senders
from tests.bench.store import MANY, MILLION, store


async def main(million: bool) -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="mailroom-bench-") as directory:
        figures = await senders(Path(directory) / "senders")
        figures |= await store(Path(directory) / "store", MILLION if million else MANY)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="fill the store with a million")
    asyncio.run(main(parser.parse_args().million))
