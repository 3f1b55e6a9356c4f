"""The embedded store: a Redis or Valkey server of our own, started on the data directory.

It is a process of its own session: a `kill -9` of the program leaves it running, and the next start
on the same directory uses it again. A clean stop of the last program that uses it stops it, too.

Three files are locked, none is ever read: the system lets go of a lock whenever its holder dies.
`users.lock` is shared by the programs that use the server; `start.lock` is held while one of them
starts it; `server.lock` is handed down to the server, which holds it as long as it lives. Two
servers on one append-only file would ruin it, and whether one lives cannot be told by its answers:
it may be busy reading the file, or be frozen.
"""

import asyncio
import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import IO, Literal

from redis.exceptions import BusyLoadingError, RedisError

from bot.domain.errors import ConfigurationError
from bot.storage.connection import connect
from bot.storage.epoch import end_in_order
from bot.storage.server_files import append_to, private_directory, server_binary, socket_path

_PATIENCE = 30.0
_ANSWER = 1.0
_STEP = 0.02
# Of the C library of most Linux systems, others pass it over: what a script needs for a moment is
# found among what the last one let go of, not in a heap of a million records (glibc, Tunables).
_ALLOCATOR = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=1000:glibc.malloc.tcache_max=2048"}


class EmbeddedServer:
    """A server on a data directory, shared by every program that uses the directory.

    `patience` is how many seconds of real time it may be silent while it comes up; reading a large
    append-only file is not silence.
    """

    def __init__(self, data_dir: Path, patience: float = _PATIENCE) -> None:
        self._directory = data_dir.resolve() / "store"
        self._socket = socket_path(self._directory)
        self._patience = patience
        self._users: IO[str] | None = None
        self._child: int | None = None

    @property
    def url(self) -> str:
        """The address to connect to."""
        return f"unix://{self._socket}"

    async def start(self) -> None:
        """Use the server that runs on this directory, or start one; again, when it has died since.

        Raises:
            ConfigurationError: no server is to be had, or it does not come up.
        """
        private_directory(self._directory)
        private_directory(self._socket.parent)
        if self._users is not None:
            self._users.close()
        self._users = self._open("users.lock")
        try:
            await asyncio.to_thread(fcntl.flock, self._users, fcntl.LOCK_SH)
            with self._open("start.lock") as starting:
                await asyncio.to_thread(fcntl.flock, starting, fcntl.LOCK_EX)
                await self._bring_up()
        except BaseException:
            self._users.close()
            self._users = None
            raise

    async def stop(self) -> None:
        """Let go of the server, and stop it when nobody else uses the directory."""
        if self._users is None:
            return
        try:
            if _locked(self._users):
                await self._shut_down()
        finally:
            self._users.close()
            self._users = None

    def _open(self, name: str) -> IO[str]:
        return (self._directory / name).open("w")

    async def _bring_up(self) -> None:
        self._child = None
        silent_since = time.monotonic()
        while (state := await self._state()) != "ready":
            if state == "loading":
                silent_since = time.monotonic()
            elif self._child is None:
                self._child = self._spawn_if_alone()
                if self._child is not None:
                    silent_since = time.monotonic()
            elif _ended(self._child):
                raise ConfigurationError(
                    f"The store in {self._directory} does not come up; server.log there says why."
                )
            if time.monotonic() - silent_since > self._patience:
                raise ConfigurationError(
                    f"The store in {self._directory} runs and does not answer. Its process id is "
                    "in server.pid there: end it, and start again."
                )
            await asyncio.sleep(_STEP)

    def _spawn_if_alone(self) -> int | None:
        """Start the server unless one lives; return its process id."""
        with self._open("server.lock") as lock:
            if not _locked(lock):
                return None
            os.set_inheritable(lock.fileno(), True)
            return self._spawn()

    def _spawn(self) -> int:
        """Start the server in a session of its own; it inherits the lock."""
        binary = server_binary()
        return os.posix_spawn(
            binary,
            [binary, *self._arguments()],
            {"PATH": os.defpath, **_ALLOCATOR},  # not ours: it holds secrets
            file_actions=append_to(self._directory / "server.log"),
            setsid=True,
        )

    def _arguments(self) -> list[str]:
        wanted = {
            "--port": "0",
            "--unixsocket": str(self._socket),
            "--unixsocketperm": "600",
            "--dir": str(self._directory),
            "--pidfile": str(self._directory / "server.pid"),
            "--appendonly": "yes",
            "--appendfsync": "always",
            "--save": "",
            "--maxmemory-policy": "noeviction",
        }
        return [part for pair in wanted.items() for part in pair]

    async def _state(self) -> Literal["ready", "loading", "silent"]:
        client = connect(self.url, timeout=_ANSWER)
        try:
            await client.ping()
        except BusyLoadingError:
            return "loading"
        except RedisError:
            return "silent"
        else:
            return "ready"
        finally:
            await client.aclose()

    async def _shut_down(self) -> None:
        """SHUTDOWN, and wait until the server has let go of its files."""
        client = connect(self.url)
        try:
            await end_in_order(client)
            await client.shutdown()
        except RedisError:
            return  # it was gone already
        finally:
            await client.aclose()
        with self._open("server.lock") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if self._child is not None:
            with contextlib.suppress(ChildProcessError):
                await asyncio.to_thread(os.waitpid, self._child, 0)


def _locked(file: IO[str]) -> bool:
    """Lock the file for ourselves alone, at once or not at all; return whether that went."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ended(pid: int) -> bool:
    """Return whether our child has ended (and let go of it)."""
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True
