"""From the notification of a reply to the sequence being stopped, a hundred replies a second: by
the web role and a worker, which share a core. Graph's stand-in answers at once.
"""

from bot.domain.schedule import Delay
from bot.storage.keys import INBOUND
from tests.bench.doors import Door, running
from tests.bench.hooks import MAILBOXES
from tests.bench.planned import planned
from tests.bench.senders import OURS, THEIRS, say, stub, told
from tests.harness.processes import free_port

_PEOPLE = 2
_WAIT = Delay(number=3)


async def stopping(ours: Door) -> dict[str, float]:
    """Return how long a reply waits at most but for one of a hundred."""
    await ours.client.xtrim(INBOUND, maxlen=0, approximate=False)
    await planned(ours.store, MAILBOXES, _PEOPLE, wait=_WAIT)
    port = free_port()
    graph, each = f"http://127.0.0.1:{port}/v1.0", [str(MAILBOXES), str(_PEOPLE)]
    worker = ["-m", "tests.bench.reply_run", ours.store_url, graph, *each]
    async with stub(port), running(OURS, "worker", worker, ours.directory) as process:
        await process.line_with("{}")
        arguments = (str(ours.port), ours.store_url, str(_PEOPLE))
        replies = await told("tests.bench.reply_client", *arguments, core=THEIRS)
    say(f"{replies['replies']:.0f} replies stopped their sequences: median "
        f"{replies['median_ms']:.1f} ms, p99 {replies['p99_ms']:.1f} ms")  # fmt: skip
    return {"reply_to_stop_p99_ms": replies["p99_ms"]}
