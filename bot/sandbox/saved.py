"""A sandbox kept over a restart: the whole world in one file, written anew now and then.

What lives outside a file (sockets, keys) is named in it and put in place again by whoever loads it.
A request that is under way while the process dies may be lost with what it had set going.
"""

import asyncio
import io
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_EVERY_SECONDS = 5.0


class UnreadableError(Exception):
    """The file was written by another version, or is no such file."""


def save(world: object, path: Path, outside: Mapping[str, object]) -> None:
    """Write `world` to `path`, all or nothing; objects of `outside` go in by their name."""
    buffer = io.BytesIO()
    _Writer(buffer, outside).dump(world)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def load(path: Path, outside: Mapping[str, object]) -> Any:
    """Return the world of a file that `save` wrote. The file is trusted: it is code.

    Raises:
        UnreadableError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _Reader(file, outside).load()
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, TypeError) as error:
        raise UnreadableError(f"{path}: {error}") from error


async def keep(world: Any, path: Path, outside: Mapping[str, object]) -> None:
    """Save whenever something has happened, until cancelled, and once more then."""
    last = None
    try:
        while True:
            if (now := world.last_change) != last:
                save(world, path, outside)
                last = now
            await asyncio.sleep(_EVERY_SECONDS)
    finally:
        save(world, path, outside)


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, outside: Mapping[str, object]) -> None:
        super().__init__(file)
        self._names = {id(thing): name for name, thing in outside.items()}

    def persistent_id(self, thing: object) -> str | None:
        return self._names.get(id(thing))


class _Reader(pickle.Unpickler):
    def __init__(self, file: Any, outside: Mapping[str, object]) -> None:
        super().__init__(file)
        self._outside = outside

    def persistent_load(self, name: str) -> object:
        try:
            return self._outside[name]
        except KeyError as error:
            raise pickle.UnpicklingError(f"unknown part: {name}") from error
