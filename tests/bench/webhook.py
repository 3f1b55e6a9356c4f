"""The door change notifications come in by, beside a bare handler that keeps nothing: a burst, and
what each takes in for as long as it lasts.

The server under test has a core to itself; who posts and the store share the other.
"""

import statistics

from bot.storage.codec import decode_arrivals
from bot.storage.keys import INBOUND
from tests.bench.doors import Door, running
from tests.bench.senders import OURS, ROUNDS, THEIRS, Told, say, told
from tests.harness.processes import free_port

_CONNECTIONS = 64
_BURST = 5000
_WARM_UP = 500
_SUSTAINED = {1: 20_000, 50: 2000}


async def webhook(ours: Door) -> dict[str, float]:
    """Return how long a burst waits at most but for one of a hundred, and the ratios of what is
    taken in to what a bare handler answers; POSTs of one notification, and of fifty.
    """
    bare = free_port()
    handler = ["-m", "tests.bench.bare_hook", str(bare)]
    async with running(OURS, "bare", handler, ours.directory) as process:
        await process.line_with("{}")
        for port in (ours.port, bare):
            for each in _SUSTAINED:
                await _posted(port, _WARM_UP, each)
        burst = await _kept(ours, _BURST, 1)
        say(f"a burst of {_BURST}: p99 {burst['p99_ms']:.1f} ms, none lost")
        ratios = {each: [await _ratio(ours, bare, each) for _ in range(ROUNDS)]
                  for each in _SUSTAINED}  # fmt: skip
    return {
        "webhook_ratio_vs_bare": statistics.median(ratios[1]),
        "webhook50_ratio_vs_bare": statistics.median(ratios[50]),
        "webhook_burst_p99_ms": burst["p99_ms"],
    }


async def _ratio(ours: Door, bare: int, each: int) -> float:
    many = _SUSTAINED[each]
    raw = await _posted(bare, many, each)
    kept = await _kept(ours, many, each)
    say(f"POSTs of {each}: bare {raw['per_s']:,.0f} a second, ours {kept['per_s']:,.0f}")
    return kept["per_s"] / raw["per_s"]


async def _kept(ours: Door, many: int, each: int) -> Told:
    """Post to us, and see that every notification stands in the stream."""
    await ours.client.xtrim(INBOUND, maxlen=0, approximate=False)
    answered = await _posted(ours.port, many, each)
    entries = await ours.client.xrange(INBOUND)
    assert len(entries) == many, f"{many - len(entries)} POSTs left no entry"
    kept = sum(
        len(arrivals.message_ids)
        for _, fields in entries
        for arrivals in decode_arrivals(fields[b"n"])
    )
    assert kept == many * each, f"{many * each - kept} notifications were lost"
    return answered


async def _posted(port: int, many: int, each: int) -> Told:
    arguments = (str(port), str(_CONNECTIONS), str(many), str(each))
    return await told("tests.bench.hook_client", *arguments, core=THEIRS)
