"""One run: everything comes up, goes wrong, comes to rest, and is judged."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import TransientError
from tests.chaos.havoc import spoil, wreck
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene, scene
from tests.chaos.verdict import judge, present

_REST = 240.0  # seconds of real time after the last blow
_LAG = timedelta(minutes=5)
_WORTH_A_JUMP = timedelta(minutes=1)


async def run(plan: Plan, directory: Path) -> dict[str, object]:
    """Return what the journal says of a run (`verdict.judge`).

    Raises:
        AssertionError: it never came to rest.
    """
    async with scene(plan, directory) as built:
        stopped: dict[str, datetime] = {}
        watching = asyncio.create_task(_watch_stops(built, stopped))
        await spoil(built)
        damage = await wreck(built, plan)
        await _come_to_rest(built)
        watching.cancel()
        return await judge(built, damage, stopped)


async def _come_to_rest(built: Scene) -> None:
    """Wait until nothing is left to do; while nothing is under way, go to what is due next."""
    waited = 0.0
    while waited < _REST:
        now = built.clock.now()
        soonest = await built.store.next_email()
        if soonest is None and not await _open(built):
            await built.cloud.jump_by(_LAG.total_seconds())  # the last copies come to Sent Items
            return
        ahead = soonest - now if soonest else timedelta(0)
        if ahead > _WORTH_A_JUMP and not await built.store.waiting(now):
            await built.cloud.jump_by(ahead.total_seconds())
        await asyncio.sleep(0.5)
        waited += 0.5
    left = [each for of in built.enrolments for each in await present(built, of)]
    waiting = [each.current for each in left if each.is_open]
    raise AssertionError(f"{len(waiting)} enrolments never came to rest: {waiting[:3]}")


async def _open(built: Scene) -> bool:
    for of in built.enrolments:
        if any(each.current for each in await present(built, of)):
            return True
    return False


async def _watch_stops(built: Scene, stopped: dict[str, datetime]) -> None:
    """Note when an enrolment is first seen to be stopped: from then on nothing may leave."""
    while True:
        for of in built.enrolments:
            try:
                found: list[Enrolment] = list(await present(built, of))
            except TransientError:
                continue
            for each in found:
                if each.state is EnrolmentState.STOPPED and each.id not in stopped:
                    stopped[each.id] = built.clock.now()
        await asyncio.sleep(0.5)
