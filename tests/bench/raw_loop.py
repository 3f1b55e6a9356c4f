"""A bare aiohttp + orjson + uvloop POST, 16 in flight, nothing durable: `raw_loop URL MANY`."""

import asyncio
import sys
from collections.abc import Iterator

import aiohttp
import uvloop

from bot.graph.line import body_of
from tests.bench.letters import TOKEN, letter
from tests.bench.meter import Meter

_IN_FLIGHT = 16


async def main(url: str, many: int) -> None:
    """Send so many, and say what each cost."""
    async with aiohttp.ClientSession() as session:
        await _send(session, url, 500)
        meter = Meter()
        await _send(session, url, many)
        meter.stop()
        meter.tell(many)


async def _send(session: aiohttp.ClientSession, url: str, many: int) -> None:
    numbers = iter(range(many))
    await asyncio.gather(*(_line(session, url, numbers) for _ in range(_IN_FLIGHT)))


async def _line(session: aiohttp.ClientSession, url: str, numbers: Iterator[int]) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for number in numbers:
        posted = session.post(f"{url}/me/sendMail", data=body_of(letter(number)), headers=headers)
        async with posted as answer:
            assert answer.status == 202
            await answer.read()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
