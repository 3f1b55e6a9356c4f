"""What goes wrong: processes killed and frozen, the store killed and cut, Graph failing. Seeded."""

import asyncio
import os
import random
import signal
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.damage import Damage
from tests.chaos.naps import doze
from tests.chaos.plan import SPEED, Plan
from tests.chaos.scene import WORKERS, Scene
from tests.harness.untold import lose_notifications

LATENCY = 0.5  # seconds of real time before a slow request is taken up
# Of all answers: together one in twenty.
_FAULTS: Sequence[dict[str, object]] = (
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 504},
    {"kind": "reset"},
    {"kind": "accepted_then_status", "status": 504},
    {"kind": "accepted_then_status", "status": 429, "retry_after": 1},
    {"kind": "accepted_then_reset"},
    {"kind": "latency", "seconds": LATENCY},
    {"kind": "accepted_then_latency", "seconds": 3.0},  # beyond the time-out of a request
)
_SHARE = 0.05
_FROZEN = 300.0 / SPEED * 1.3  # seconds of real time: past the lease
_CUT = 1.0  # seconds of the append-only file


async def spoil(built: Scene, plan: Plan) -> None:
    """Put Graph's faults in force, and have Sent Items lag behind."""
    await built.cloud.call("PUT", "/control/exchange", {"sent_items_delay": 40.0})
    for each in _FAULTS:
        body = {"match": {"path": "^/v1.0/me/"}, "probability": _SHARE / len(_FAULTS), **each}
        await built.cloud.call("POST", "/control/faults", body)
    if plan.lossy:
        await lose_notifications(built.cloud)


async def spare(built: Scene, plan: Plan) -> None:
    """End Graph's faults; notifications go on as badly as before."""
    await built.cloud.call("DELETE", "/control/faults")
    if plan.lossy:
        await lose_notifications(built.cloud)


async def wreck(built: Scene, plan: Plan) -> Damage:
    """Kill, freeze and cut at random moments while the emails leave; all of it was done then."""
    chance, damage = random.Random(plan.seed + 1), Damage()
    seconds = plan.span.total_seconds() / SPEED
    moments = [
        *((chance.uniform(1.0, seconds), "kill") for _ in range(plan.worker_kills)),
        *((chance.uniform(1.0, seconds), "freeze") for _ in range(plan.freezes)),
        *((chance.uniform(2.0, seconds), "store") for _ in range(plan.store_kills)),
        *((chance.uniform(seconds / 3, seconds * 2 / 3), "cut") for _ in range(plan.cut)),
    ]
    begun = asyncio.get_running_loop().time()
    watching = asyncio.create_task(_watch_size(_append_only(built), damage))
    locks = [asyncio.Lock() for _ in range(WORKERS)]
    store = asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        group.create_task(doze(built, plan, locks, damage))
        for moment, what in sorted(moments):
            await asyncio.sleep(max(0.0, begun + moment - asyncio.get_running_loop().time()))
            number = chance.randrange(WORKERS)
            match what:
                case "kill":
                    group.create_task(_kill(built, number, locks[number], damage))
                case "freeze":
                    group.create_task(_freeze(built, number, locks[number], damage))
                case _:
                    group.create_task(_kill_store(built, store, damage, cut=what == "cut"))
    watching.cancel()
    return damage


async def _kill(built: Scene, number: int, lock: asyncio.Lock, damage: Damage) -> None:
    async with lock:
        await built.processes[number].kill()
        damage.worker_kills += 1
        await built.start_worker(number)


async def _freeze(built: Scene, number: int, lock: asyncio.Lock, damage: Damage) -> None:
    async with lock:
        built.processes[number].signal(signal.SIGSTOP)
        await asyncio.sleep(_FROZEN)
        built.processes[number].signal(signal.SIGCONT)
        damage.freezes += 1


async def _kill_store(built: Scene, lock: asyncio.Lock, damage: Damage, *, cut: bool) -> None:
    async with lock:
        os.kill(built.store_pid, signal.SIGKILL)
        if cut:
            _cut_last_second(_append_only(built), damage)
            damage.cuts += 1
        damage.store_kills += 1
        await built.server.start()


async def _watch_size(log: Path, damage: Damage) -> None:
    """Note how large the append-only file was when; what came later can be cut."""
    loop = asyncio.get_running_loop()
    while True:
        damage.sizes.append((loop.time(), log.stat().st_size))  # noqa: ASYNC240
        await asyncio.sleep(0.05)


def _append_only(built: Scene) -> Path:
    found = sorted((built.directory / "data" / "store" / "appendonlydir").glob("*.incr.aof"))
    assert found, "the store has no append-only file"
    return found[-1]


def _cut_last_second(log: Path, damage: Damage) -> None:
    now = asyncio.get_running_loop().time()
    earlier = [size for at, size in damage.sizes if at <= now - _CUT]
    assert earlier, "cut before a second had passed"
    os.truncate(log, earlier[-1])
