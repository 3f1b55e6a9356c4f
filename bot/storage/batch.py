"""One round trip for all that is asked at the same moment.

Commands of tasks that run side by side are written together, as one pipeline without a transaction:
each is as alone, and gets its own answer or error, but the way there is paid once. With
`appendfsync always` the store also writes them to disk together (group commit).
"""

import asyncio
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

Argument = str | int | bytes
_MOST = 200


class Batch:
    """Collects commands until the loop comes round, and sends them."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._waiting: list[tuple[tuple[Argument, ...], asyncio.Future[Any]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self, *command: Argument) -> Any:
        """Return the answer to one command.

        Raises:
            RedisError: its own error; or that of the connection, and nobody knows what happened.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._send)
        self._waiting.append((command, answer))
        return await answer

    def script(self, text: str) -> "Script":
        """Return a script as something to call."""
        return Script(self, text)

    def _send(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            task = asyncio.get_running_loop().create_task(self._written(some))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _written(
        self, some: Sequence[tuple[tuple[Argument, ...], asyncio.Future[Any]]]
    ) -> None:
        answers: Sequence[Any]
        try:
            async with self.redis.pipeline(transaction=False) as pipe:
                for command, _ in some:
                    pipe.execute_command(*command)
                answers = await pipe.execute(raise_on_error=False)
        except RedisError as error:
            answers = [error] * len(some)
        except BaseException:
            for _, answer in some:
                answer.cancel()
            raise
        for (_, answer), told in zip(some, answers, strict=True):
            if answer.done():
                continue  # whoever asked has gone
            if isinstance(told, Exception):
                answer.set_exception(told)
            else:
                answer.set_result(told)


class Script:
    """A Lua script, called by its hash; one the store does not know yet is sent whole."""

    def __init__(self, batch: Batch, text: str) -> None:
        self._batch = batch
        self._text = text
        self._hash = sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Run it and return its answer.

        Raises:
            RedisError: as `Batch.run`.
        """
        named: Sequence[Argument] = [len(keys), *keys, *args]
        try:
            return await self._batch.run("EVALSHA", self._hash, *named)
        except NoScriptError:  # then nothing of it was run
            return await self._batch.run("EVAL", self._text, *named)

    async def run_each(self, each_keys: Sequence[Sequence[str]], args: Sequence[Argument]) -> Any:
        """Run it for each of these keys; return who answered (INFO, section server), and each
        answer. All of it on one connection: it is that server which did it.

        Raises:
            RedisError: as `Batch.run`.
        """
        redis = self._batch.redis
        while True:
            async with redis.pipeline(transaction=False) as pipe:
                pipe.info("server")
                for keys in each_keys:
                    pipe.evalsha(self._hash, len(keys), *keys, *args)
                try:
                    return await pipe.execute()
                except NoScriptError:  # then nothing of it was run
                    await redis.script_load(self._text)
