"""How the program lives and ends: told to end, it first finishes what it has begun."""

import asyncio
import gc
from collections.abc import Collection

import structlog

# Nearly as long as a request to Graph may take, so that a send under way is settled and not left in
# doubt; and less than the 30 s that service managers commonly allow before they kill.
LAST_WORK = 26.0
_GOODBYE = 2.0
_log = structlog.get_logger(__name__)


def keep_what_is_loaded() -> None:
    """Have the collector of garbage pass over what is there to stay, and come round less often: it
    took a seventh of what an email costs, and found nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def lived(
    ended: asyncio.Event,
    *,
    serving: Collection[asyncio.Task[None]],
    working: Collection[asyncio.Task[None]],
    last_work: float = LAST_WORK,
) -> None:
    """Return once `ended` is set and everything has ended: the `working` tasks, which watch
    `ended`, by themselves within `last_work` seconds, the `serving` ones cancelled after them.

    A task that ends of its own accord ends the others; what ended it is raised.
    """
    told = asyncio.create_task(_until(ended))
    await asyncio.wait([*serving, *working, told], return_when=asyncio.FIRST_COMPLETED)
    ended.set()
    if working:
        _log.info("ending")
        await asyncio.wait(working, timeout=last_work)
    await _cancelled([*serving, *working, told])
    for task in (*working, *serving):
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            raise fault


async def _cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel until everything has ended: a library may swallow a cancellation."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_GOODBYE)
        for task in left:
            _log.warning("ending.slow", task=repr(task.get_coro()))


async def _until(ended: asyncio.Event) -> None:
    await ended.wait()
