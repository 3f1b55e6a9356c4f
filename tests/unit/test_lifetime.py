"""How the program ends: work first, and never as if all had been well."""

import asyncio

import pytest

from bot.lifetime import lived


class Part:
    """A task that runs until it is told to end, and then for `longer`."""

    def __init__(self, ended: asyncio.Event, longer: float = 0.0) -> None:
        self._ended = ended
        self._longer = longer
        self.finished = False

    async def run(self) -> None:
        await self._ended.wait()
        await asyncio.sleep(self._longer)
        self.finished = True


async def serve_for_ever() -> None:
    await asyncio.Event().wait()


async def die() -> None:
    raise KeyError("a defect")


async def test_work_is_finished_before_the_servants_go() -> None:
    ended = asyncio.Event()
    part = Part(ended, 0.1)
    serving, working = asyncio.create_task(serve_for_ever()), asyncio.create_task(part.run())
    asyncio.get_running_loop().call_soon(ended.set)
    await lived(ended, serving=[serving], working=[working])
    assert part.finished
    assert serving.cancelled()


async def test_work_that_never_ends_is_cut_short() -> None:
    ended = asyncio.Event()
    ended.set()
    working = asyncio.create_task(Part(ended, 3600).run())
    await lived(ended, serving=[], working=[working], last_work=0.05)
    assert working.cancelled()


@pytest.mark.parametrize("who", ["serving", "working"])
async def test_a_part_that_dies_ends_the_others_and_its_fault_is_told(who: str) -> None:
    ended = asyncio.Event()
    part = Part(ended)
    tasks = {"serving": [asyncio.create_task(serve_for_ever())],
             "working": [asyncio.create_task(part.run())]}  # fmt: skip
    tasks[who].append(asyncio.create_task(die()))
    with pytest.raises(KeyError):
        await lived(ended, serving=tasks["serving"], working=tasks["working"])
    assert part.finished
