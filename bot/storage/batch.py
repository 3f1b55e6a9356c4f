"""One round trip for all that is asked at the same moment.

Commands of tasks that run side by side are written together, as one pipeline without a transaction:
each is as alone, and gets its own answer or error, but the way there is paid once. While one is
under way the next collects (group commit): with `appendfsync always` the store writes to disk once
for each. All of them share one connection, so it is known which server answered.
"""

import asyncio
import math
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

Argument = str | int | bytes
_MOST = 200
_RUN_ID = b"run_id:"


class Batch:
    """Collects commands until the loop comes round, and sends them. `timeout` is seconds.

    `run_id` names the server the answers come from (INFO, section server).
    """

    def __init__(self, redis: Redis, timeout: float = 10.0) -> None:
        self.redis = redis
        self.run_id = ""
        self._timeout = timeout
        self._waiting: list[tuple[bytes, asyncio.Future[Any]]] = []
        self._connection: AbstractConnection | None = None
        self._sending: asyncio.Task[None] | None = None

    def run(self, *command: Argument) -> asyncio.Future[Any]:
        """Return the answer to one command, to be awaited.

        Raises (when awaited):
            RedisError: its own error; or that of the connection, and nobody knows what happened.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        packed = pack_command(command)  # type: ignore[arg-type]  # its stub says one argument only
        self._waiting.append((packed, answer))
        if self._sending is None:
            self._sending = loop.create_task(self._send())
        return answer

    def script(self, text: str) -> "Script":
        """Return a script as something to call."""
        return Script(self, text)

    async def _send(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._written(some)
        finally:
            self._sending = None

    async def _written(self, some: Sequence[tuple[bytes, asyncio.Future[Any]]]) -> None:
        answered, demoted = 0, False
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._connected()
                await connection.send_packed_command(b"".join([packed for packed, _ in some]))
                for _, answer in some:
                    told = await _read(connection)
                    answered += 1
                    _give(answer, told)
                    demoted = demoted or isinstance(told, ReadOnlyError)
            if demoted:  # another server is in charge now
                await self._disconnected()
        except (RedisError, OSError, TimeoutError) as error:
            await self._disconnected()
            fault = error if isinstance(error, RedisError) else _fault(error)
            for _, answer in some[answered:]:
                _give(answer, fault)
        except BaseException:
            await self._disconnected()
            for _, answer in some[answered:]:
                answer.cancel()
            raise

    async def _connected(self) -> AbstractConnection:
        if self._connection is None:
            pool = self.redis.connection_pool
            connection = await pool.get_connection()  # type: ignore[no-untyped-call]
            self._connection = connection
            await connection.send_command("INFO", "server")
            told: bytes = await _read(connection)
            named = (line for line in told.splitlines() if line.startswith(_RUN_ID))
            self.run_id = next(named, _RUN_ID).removeprefix(_RUN_ID).decode()
        return self._connection

    async def _disconnected(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
            await self.redis.connection_pool.release(connection)


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
        run = self._batch.run
        try:
            return await run("EVALSHA", self._hash, len(keys), *keys, *args)
        except NoScriptError:  # then nothing of it was run
            return await run("EVAL", self._text, len(keys), *keys, *args)

    async def run_each(
        self, each_keys: Sequence[Sequence[str]], args: Sequence[Argument]
    ) -> Sequence[Any]:
        """Run it for each of these keys, at the same moment; return each answer.

        Raises:
            RedisError: as `Batch.run`.
        """
        run = self._batch.run
        asked = [run("EVALSHA", self._hash, len(keys), *keys, *args) for keys in each_keys]
        told = await asyncio.gather(*asked, return_exceptions=True)
        answers = []
        for keys, answer in zip(each_keys, told, strict=True):
            if isinstance(answer, NoScriptError):  # then nothing of it was run
                answers.append(await run("EVAL", self._text, len(keys), *keys, *args))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                answers.append(answer)
        return answers


async def _read(connection: AbstractConnection) -> Any:
    """Return the answer to a command, or its own error; how long to wait is decided above."""
    try:
        return await connection.read_response(disable_decoding=True, timeout=math.inf)
    except ResponseError as error:
        return error


def _give(answer: asyncio.Future[Any], told: Any) -> None:
    if answer.done():
        return  # whoever asked has gone
    if isinstance(told, Exception):
        answer.set_exception(told)
    else:
        answer.set_result(told)


def _fault(error: Exception) -> RedisError:
    kind = RedisTimeoutError if isinstance(error, TimeoutError) else RedisConnectionError
    made = kind(str(error) or type(error).__name__)
    made.__cause__ = error
    return made
