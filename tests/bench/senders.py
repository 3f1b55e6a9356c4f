"""Senders side by side: the SDK's loop, a bare POST, and ours, in turn, on the same stand-in."""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.storage.connection import connect
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer
from tests.bench.planned import planned
from tests.bench.worker_run import KEY, Calendar
from tests.harness.processes import ROOT, free_port

ROUNDS = 3
MAILBOXES, PEOPLE, EMAILS = 250, 40, 2
THOUSAND, FEW = 1000, 12
_BY_SDK, _RAW = 1500, 20_000
OURS, THEIRS = 1, 0  # processor cores

Told = Mapping[str, float]


async def senders(directory: Path) -> dict[str, float]:
    """Return what one email costs each sender, medians of the rounds, and the ratios."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1.0"
    rounds: list[tuple[Told, Told, Told]] = []
    async with stub(port), embedded(directory) as server:
        for number in range(ROUNDS):
            by_sdk = await told("tests.bench.sdk_loop", url, str(_BY_SDK))
            raw = await told("tests.bench.raw_loop", url, str(_RAW))
            ours = await _ours(server, url)
            rounds.append((by_sdk, raw, ours))
            say(f"round {number + 1}: sdk {by_sdk['cpu_ms']:.3f} ms, raw {raw['cpu_ms']:.4f} ms, "
                f"ours {ours['cpu_ms']:.3f} ms + store {ours['store_cpu_ms']:.3f} ms")  # fmt: skip
        saturated = await _saturated(server, url)
    return {
        "sdk_cpu_ms": statistics.median(by_sdk["cpu_ms"] for by_sdk, _, _ in rounds),
        "raw_cpu_ms": statistics.median(raw["cpu_ms"] for _, raw, _ in rounds),
        "send_cpu_ms": statistics.median(ours["cpu_ms"] for _, _, ours in rounds),
        "store_cpu_ms": statistics.median(ours["store_cpu_ms"] for _, _, ours in rounds),
        "send_cpu_ratio_vs_sdk": statistics.median(
            ours["cpu_ms"] / by_sdk["cpu_ms"] for by_sdk, _, ours in rounds
        ),
        "send_cpu_ratio_vs_raw": statistics.median(
            ours["cpu_ms"] / raw["cpu_ms"] for _, raw, ours in rounds
        ),
        **saturated,
        "worker_rss_mb": max(
            saturated["worker_rss_mb"], *(ours["rss_mb"] for _, _, ours in rounds)
        ),
    }


async def _ours(server: EmbeddedServer, url: str) -> Told:
    await _plan(server, MAILBOXES, PEOPLE, EMAILS)
    client = connect(server.url)
    before = await store_cpu(client)
    arguments = [server.url, url, str(MAILBOXES), str(PEOPLE)]
    ours = await told("tests.bench.worker_run", *arguments)
    by_store = (await store_cpu(client) - before) / (MAILBOXES * PEOPLE * EMAILS) * 1000
    await client.aclose()
    return {**ours, "store_cpu_ms": by_store}


async def _saturated(server: EmbeddedServer, url: str) -> Told:
    """Return how much of their pace a thousand mailboxes reach with one worker, on how much of a
    core.
    """
    await _plan(server, THOUSAND, FEW, emails=1)
    told_of = await told("tests.bench.saturation", server.url, url, str(THOUSAND), str(FEW))
    share = told_of["cpu_ms"] * told_of["per_s"] / 1000
    say(f"1,000 mailboxes: {told_of['saturation']:.1%} of their pace, {share:.0%} of a core")
    return {
        "saturation_1000": told_of["saturation"],
        "saturation_core_share": share,
        "worker_rss_mb": told_of["rss_mb"],
    }


async def _plan(server: EmbeddedServer, mailboxes: int, people: int, emails: int) -> None:
    client = connect(server.url)
    await client.flushall()
    await planned(RedisStore(client, [KEY], Calendar()), mailboxes, people, emails)
    await client.aclose()


async def store_cpu(client: Any) -> float:
    """Return the processor time the store has used, in seconds."""
    used = await client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


async def told(module: str, *arguments: str, core: int = OURS) -> Told:
    """Run a module on a core, ours by itself; return the JSON of its last line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0, f"{module} failed"
    answer: Told = json.loads(out.splitlines()[-1])
    return answer


@asynccontextmanager
async def stub(port: int) -> AsyncIterator[None]:
    """Run the stand-in for Graph on the other core."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.stub", str(port),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {THEIRS}),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def embedded(directory: Path) -> AsyncIterator[EmbeddedServer]:
    """Give a store of our own, on the other core."""
    server = EmbeddedServer(directory)
    await server.start()
    os.sched_setaffinity(int((directory / "store" / "server.pid").read_text()), {THEIRS})
    try:
        yield server
    finally:
        await server.stop()


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"   {line}\n")
    sys.stdout.flush()
