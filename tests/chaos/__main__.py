"""`make chaos`: thousands of emails while processes are killed and frozen, and Graph fails.

Last line JSON, counted from the cloud's journal; exit 0 only if every promise was kept and as much
was done as planned; else it says before it what is wrong.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.chaos import plan as plans
from tests.chaos.run import run
from tests.chaos.verdict import wrong


async def main(plan: plans.Plan, keep: Path | None) -> int:
    """Run it; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="mailroom-chaos-") as temporary:
        begun = time.monotonic()
        verdict = await run(
            plan,
            keep or Path(temporary),
            lambda line: print(f"{time.monotonic() - begun:5.0f} s  {line}", flush=True),
        )
    amiss = wrong(verdict, plan)
    for each in amiss:
        print(f"         {each}")
    print(json.dumps(verdict))
    return 1 if amiss else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the form of the test suite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--lossy",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="lose, repeat and delay notifications",
    )
    parser.add_argument("--keep", type=Path, help="keep data and logs in this directory")
    chosen = parser.parse_args()
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    size = plans.short if chosen.short else plans.whole
    plan = replace(size(chosen.seed), lossy=chosen.lossy)
    sys.exit(asyncio.run(main(plan, chosen.keep)))
