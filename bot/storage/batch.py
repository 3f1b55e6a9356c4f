"""One round trip for all that is asked at the same moment.

Commands of tasks that run side by side are written together, as one pipeline without a transaction:
each is as alone, and gets its own answer or error, but the way there is paid once. While one is
under way the next collects (group commit): with `appendfsync always` the store writes to disk once
for each. A large one is written without waiting for that, so that the store is not idle while we
think. All of them share one connection, so it is known which server answered.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

Argument = str | int | bytes
Asked = tuple[bytes, asyncio.Future[Any]]
_MOST = 100
_LARGE = 80
_AT_ONCE = 2
_RUN_ID = b"run_id:"


@dataclass(slots=True)
class _Link:
    """The connection all of them share. Once it is lost nothing more is read from it: it may be
    somebody else's by then. `patience` is its own timeout, in seconds.
    """

    connection: AbstractConnection
    patience: float | None
    lost: bool = False

    async def answer(self) -> Any:
        """Return the next answer, or a command's own error; how long to wait is decided above."""
        if self.lost:
            raise RedisConnectionError("the connection was lost before it answered")
        try:
            return await self.connection.read_response(disable_decoding=True, timeout=math.inf)
        except ResponseError as error:
            return error


class Batch:
    """Collects commands until the loop comes round, and sends them. `timeout` is seconds.

    `run_id` names the server the answers come from (INFO, section server).
    """

    def __init__(self, redis: Redis, timeout: float = 10.0) -> None:
        self.redis = redis
        self.run_id = ""
        self._timeout = timeout
        self._waiting: list[Asked] = []
        self._link: _Link | None = None
        self._sending: set[asyncio.Task[None]] = set()
        # Whoever writes waits for its turn to read before the next one writes: answers come in the
        # order of the commands.
        self._writing, self._reading = asyncio.Lock(), asyncio.Lock()

    def run(self, *command: Argument) -> asyncio.Future[Any]:
        """Return the answer to one command, to be awaited.

        Raises (when awaited):
            RedisError: its own error; or that of the connection, and nobody knows what happened.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        packed = pack_command(command)  # type: ignore[arg-type]  # its stub says one argument only
        self._waiting.append((packed, answer))
        if not self._sending or (self._is_large and len(self._sending) < _AT_ONCE):
            self._sending.add(loop.create_task(self._send()))
        return answer

    def script(self, text: str) -> "Script":
        """Return a script as something to call."""
        return Script(self, text)

    @property
    def _is_large(self) -> bool:
        """Whether what waits is worth a pipeline of its own."""
        return len(self._waiting) >= _LARGE

    async def _send(self) -> None:
        task = asyncio.current_task()
        try:
            while self._waiting and (len(self._sending) == 1 or self._is_large):
                some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._exchanged(some)
        finally:
            self._sending = {each for each in self._sending if each is not task}

    async def _exchanged(self, some: Sequence[Asked]) -> None:
        link: _Link | None = None
        try:
            async with asyncio.timeout(self._timeout):
                async with self._writing:
                    link = await self._linked()
                    await link.connection.send_packed_command(b"".join([each for each, _ in some]))
                    await self._reading.acquire()
                try:
                    demoted = await _answered(link, some)
                finally:
                    self._reading.release()
            if demoted:  # another server is in charge now
                await self._lose(link)
        except (RedisError, OSError, TimeoutError) as error:
            await self._lose(link)
            fault = error if isinstance(error, RedisError) else _fault(error)
            for _, answer in some:
                _give(answer, fault)
        except BaseException:
            await self._lose(link)
            for _, answer in some:
                answer.cancel()
            raise

    async def _linked(self) -> _Link:
        if self._link is None:
            connection = await self.redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
            self._link = link = _Link(connection, connection.socket_timeout)
            # With one, redis-py makes a task of every write; ours holds for all of an exchange.
            connection.socket_timeout = None
            await connection.send_command("INFO", "server")
            told: bytes = await link.answer()
            named = (line for line in told.splitlines() if line.startswith(_RUN_ID))
            self.run_id = next(named, _RUN_ID).removeprefix(_RUN_ID).decode()
        return self._link

    async def _lose(self, link: _Link | None) -> None:
        link = link or self._link
        if link is None or link.lost:
            return
        self._link, link.lost = None, True
        await link.connection.disconnect(nowait=True)
        link.connection.socket_timeout = link.patience
        await self.redis.connection_pool.release(link.connection)


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


async def _answered(link: _Link, some: Sequence[Asked]) -> bool:
    """Give each its answer; return whether the server says that it only reads."""
    demoted = False
    for _, answer in some:
        told = await link.answer()
        _give(answer, told)
        demoted = demoted or isinstance(told, ReadOnlyError)
    return demoted


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
