"""`python -m bot.sandbox`: a local Microsoft cloud on loopback.

Prints one line of JSON once everything listens, `{"control": URL, "settings": {...}, "listeners":
{...}, "playground": {...}}`, and runs until SIGTERM or SIGINT. Keys and certificates stay in the
data directory; all else is forgotten unless `--keep` is given.
"""

import argparse
import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from bot.sandbox.saved import UnreadableError
from bot.sandbox.world import LISTENERS, Plan, start


def main() -> None:
    """Read the command line and run."""
    plan = _plan()
    try:
        asyncio.run(_run(plan))
    except (OSError, UnreadableError) as error:
        sys.exit(f"the sandbox cannot start: {error}")


async def _run(plan: Plan) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with AsyncExitStack() as stack:
        running = await start(plan, stack)
        line = {
            "control": running.listeners["control"],
            "settings": dict(running.settings),
            "listeners": dict(running.listeners),
            "playground": dict(running.playground),
        }
        print(json.dumps(line), flush=True)
        await ended.wait()


def _plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="0 stands still")
    parser.add_argument("--start", type=_moment, default=datetime.now(UTC), metavar="RFC3339")
    for name in LISTENERS:
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 is any free port")
    parser.add_argument("--bot-endpoint", help="where the bot takes activities")
    parser.add_argument("--redirect-uri", action="append", default=[], metavar="URL")
    parser.add_argument(
        "--host-map", action="append", default=[], type=_mapping, metavar="https://x=http://y:n"
    )
    parser.add_argument("--playground", metavar="URL", help="an Agents Playground to follow")
    parser.add_argument("--keep", action="store_true", help="keep the world over a restart")
    parser.add_argument(
        "--assets",
        type=Path,
        help="a node_modules with adaptivecards and markdown-it, for the town",
    )
    parser.add_argument("--more-people", type=int, default=0, help="beyond the six of the start")
    parser.add_argument("--agenda", metavar="URL", help="tells what the app does next: its health")
    given = parser.parse_args()
    return Plan(
        data_dir=given.data_dir.resolve(),
        seed=given.seed,
        speed=given.speed,
        start=given.start,
        ports={name: getattr(given, f"{name}_port") for name in LISTENERS},
        hosts=dict(given.host_map),
        redirect_uris=frozenset(given.redirect_uri),
        bot_endpoint=given.bot_endpoint,
        playground=given.playground,
        keeps=given.keep,
        assets=given.assets.resolve() if given.assets else None,
        agenda=given.agenda,
        more_people=given.more_people,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no time zone")
    return moment


def _mapping(text: str) -> tuple[str, str]:
    public, found, real = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is not of the form https://x=http://y:n")
    return public, real


if __name__ == "__main__":
    main()
