"""One run: everything comes up, goes wrong, comes to rest, and is judged."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import TransientError
from tests.chaos.havoc import spare, spoil, wreck
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene, scene
from tests.chaos.verdict import judge, present

_REST = 240.0  # seconds of real time after the last blow
_HELD = 5  # half seconds without a change: longer than any request takes
_LAG = timedelta(minutes=5)
_TOLD_LATE = timedelta(minutes=30)
_TIMER = timedelta(minutes=11)
_WORTH_A_JUMP = timedelta(minutes=1)


@dataclass
class Stops:
    """When enrolments were first seen to be stopped. `reopened` counts those whose stop went with
    the end of the append-only file; reading the inbox again is what finds such an answer.
    """

    seen: dict[str, datetime] = field(default_factory=dict)
    reopened: int = 0


async def run(plan: Plan, directory: Path, tell: Callable[[str], None]) -> dict[str, int]:
    """Return what the journal says of a run (`verdict.judge`); `tell` hears how far it is.

    Raises:
        AssertionError: it never came to rest.
    """
    async with scene(plan, directory) as built:
        stops = Stops()
        watching = asyncio.create_task(_watch_stops(built, stops))
        await spoil(built, plan)
        tell(f"{plan.mailboxes} mailboxes are connected, every email is planned.")
        damage = await wreck(built, plan)
        tell("Nothing more goes wrong; what is left to do gets done.")
        await spare(built, plan)
        await _come_to_rest(built)
        await _hear_the_last(built, plan)
        watching.cancel()
        assert damage.cuts or not stops.reopened, f"{stops.reopened} stops did not last"
        return await judge(built, damage, stops.seen)


async def _come_to_rest(built: Scene) -> None:
    """Wait until nothing is left to do; while nothing is under way, or only what killed workers
    hold, go to what is due next.
    """
    waited, before, same = 0.0, 0, 0
    while waited < _REST:
        now = built.clock.now()
        soonest = await built.store.next_email()
        if soonest is None and not await _open(built):
            await built.cloud.jump_by(_LAG.total_seconds())  # the last copies come to Sent Items
            return
        ahead = soonest - now if soonest else timedelta(0)
        waiting = await built.store.waiting(now)
        before, same = waiting, same + 1 if waiting == before else 0
        if ahead > _WORTH_A_JUMP and (not waiting or same > _HELD):
            await built.cloud.jump_by(ahead.total_seconds())
            same = 0
        await asyncio.sleep(0.5)
        waited += 0.5
    left = [each for of in built.enrolments for each in await present(built, of)]
    still = [each.current for each in left if each.is_open]
    raise AssertionError(f"{len(still)} enrolments never came to rest: {still[:3]}")


async def _hear_the_last(built: Scene, plan: Plan) -> None:
    """Let the last answers come, what was told late be told, and every mailbox be swept by its
    timer on the way.
    """
    moment = await built.cloud.now()
    until = moment + plan.gap + _TOLD_LATE + _TIMER
    while moment < until:
        await built.cloud.jump_by(_TIMER.total_seconds())
        moment = await built.cloud.now()
        await _caught_up(built, moment)


async def _caught_up(built: Scene, moment: datetime) -> None:
    """Wait until everything that was due at `moment` is done."""
    for _ in range(240):
        if built.clock.now() >= moment and not await built.store.waiting(moment):
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"{await built.store.waiting(moment)} things due are never done")


async def _open(built: Scene) -> bool:
    for of in built.enrolments:
        if any(each.current for each in await present(built, of)):
            return True
    return False


async def _watch_stops(built: Scene, stops: Stops) -> None:
    """Note when an enrolment is first seen to be stopped: from then on nothing may leave."""
    while True:
        for of in built.enrolments:
            try:
                found: list[Enrolment] = list(await present(built, of))
            except TransientError:
                continue
            for each in found:
                if each.state is EnrolmentState.STOPPED:
                    stops.seen.setdefault(each.id, built.clock.now())
                elif stops.seen.pop(each.id, None):
                    stops.reopened += 1
        await asyncio.sleep(0.5)
