"""A bare aiohttp + orjson + uvloop webhook: it checks every clientState, answers 202 and keeps
nothing. `bare_hook PORT`.
"""

import asyncio
import sys
from hmac import compare_digest

import orjson
import uvloop
from aiohttp import web

from tests.bench.hooks import MAILBOXES, state_of, subscription_of

_STATES = {subscription_of(number): state_of(number) for number in range(MAILBOXES)}


async def _receive(request: web.Request) -> web.Response:
    for each in orjson.loads(await request.read())["value"]:
        if not compare_digest(_STATES.get(each["subscriptionId"], ""), each["clientState"]):
            return web.Response(status=400)
    return web.Response(status=202)


async def _serve(port: int) -> None:
    application = web.Application()
    application.router.add_post("/graph/notifications", _receive)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
