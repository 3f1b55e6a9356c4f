"""Workers that sleep for a while with an email in hand: long enough to be behind the pace, shorter
than half a lease, so that they may still write it when they wake.
"""

import asyncio
import random
import signal
from collections.abc import Sequence
from contextlib import suppress

from bot.domain.errors import TransientError
from bot.storage import keys
from bot.storage.connection import translated
from tests.chaos.damage import Damage
from tests.chaos.plan import SPEED, Plan
from tests.chaos.scene import BEGIN, WORKERS, Scene
from tests.chaos.submitted import enrolment_of

_SECONDS = (20.0 / SPEED, 140.0 / SPEED)  # of real time
_LOOKING = 30.0  # seconds of real time: about as long as the hot mailboxes write
_ARRIVED = 0.15  # seconds of real time after which what was written lies in the cloud
_BETWEEN = 0.05


class _Written:
    """Which enrolments an email of was submitted, by the cloud's journal."""

    def __init__(self, built: Scene) -> None:
        self._cloud = built.cloud
        self._newest = 0

    async def since(self) -> set[str]:
        """Return those since the last time it was asked."""
        asked = f"/control/journal?kind=mail.submitted&after={self._newest}"
        entries = (await self._cloud.call("GET", asked))["entries"]
        self._newest = max((each["n"] for each in entries), default=self._newest)
        return {enrolment_of(each["facts"]) for each in entries}


async def doze(built: Scene, plan: Plan, locks: Sequence[asyncio.Lock], damage: Damage) -> None:
    """Have workers nap, one after the other, while the hot mailboxes write their first emails: a
    follow-up is written soon after it is claimed or not at all (B12).
    """
    loop, chance = asyncio.get_running_loop(), random.Random(plan.seed + 2)
    hot, written = sorted(built.mailboxes)[: plan.hot], _Written(built)
    await asyncio.sleep(BEGIN.total_seconds() / SPEED)
    until = loop.time() + _LOOKING
    while damage.naps < plan.naps and loop.time() < until:
        number = chance.randrange(WORKERS)
        async with locks[number]:
            damage.naps += await _nap(built, hot, written, number, chance.uniform(*_SECONDS))
        await asyncio.sleep(_BETWEEN)


async def _nap(
    built: Scene, hot: Sequence[str], written: _Written, number: int, seconds: float
) -> bool:
    """Stop a worker, and let it sleep only if an email of a hot mailbox is claimed and not written:
    what the others have in hand is written meanwhile.
    """
    await written.since()
    worker = built.processes[number]
    worker.signal(signal.SIGSTOP)
    try:
        claimed = await _in_hand(built, hot)
        if not claimed:
            return False
        await asyncio.sleep(_ARRIVED)
        unwritten = claimed & await _in_hand(built, hot) - await written.since()
        if unwritten:
            await asyncio.sleep(seconds - _ARRIVED)
    finally:
        worker.signal(signal.SIGCONT)
    return bool(unwritten)


async def _in_hand(built: Scene, mailbox_ids: Sequence[str]) -> set[str]:
    """Return which enrolments of theirs are under a claim; none while the store is down."""
    found: set[str] = set()
    with suppress(TransientError), translated():
        for each in mailbox_ids:
            claims = await built.client.hkeys(f"claim:{keys.tag(keys.shard_of(each))}")
            of = f"{each}/".encode()
            members = [member for member in claims if isinstance(member, bytes)]
            found |= {member[len(of) :].hex() for member in members if member.startswith(of)}
    return found
