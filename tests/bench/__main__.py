"""`make bench`: what an email costs beside the bare SDK, and how the store carries a million.

Ratios of one run on the same work. Last line JSON.
"""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from tests.bench.senders import senders


async def main() -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="mailroom-bench-") as directory:
        figures = await senders(Path(directory))
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    asyncio.run(main())
