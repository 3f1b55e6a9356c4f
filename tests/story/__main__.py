"""`make story`: the whole product end to end, told a line a step, every outcome read in the cloud's
journal. Last line JSON; exit 0 only if everything held.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.harness.installation import installation
from tests.story.tale import Tale


async def main(kill: bool, keep: Path | None) -> int:
    """Tell the story; return the exit code."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mailroom-story-") as temporary:
        directory = keep or Path(temporary)
        async with installation(directory) as built:
            tale = Tale(built, kill=kill)
            try:
                await tale.tell()
            except AssertionError as error:
                tale.failures.append(str(error))
                print(f"   FAILED: {error}", flush=True)
            verdict = await tale.verdict()
    if verdict["contract"] == "not run":
        print("   The contract was not run: MAILROOM_CONTRACT leads nowhere.")
    print(f"   Told in {time.monotonic() - started:.0f} s.")
    print(json.dumps(verdict))
    return 0 if tale.held(verdict) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kill", action="store_true", help="kill -9 the app in the middle")
    parser.add_argument("--keep", type=Path, help="keep data and logs in this directory")
    chosen = parser.parse_args()
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    sys.exit(asyncio.run(main(chosen.kill, chosen.keep)))
