"""Processes of a test: started, watched and stopped by their own id, never by name."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 30.0
_PORTS = (10_000, 32_000)


def free_port() -> int:
    """Return a port nobody listens on right now."""
    return free_ports(1)


def free_ports(many: int) -> int:
    """Return the first of so many ports in a row on which nobody listens right now. They lie below
    those the system lends to outgoing connections: one of them could take it before its owner does.
    """
    while True:
        first = random.randrange(*_PORTS)
        if all(_is_free(port) for port in range(first, first + many)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Process:
    """One process of ours, its output in a log file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self._process = process
        self.log = log

    @classmethod
    async def start(
        cls, name: str, arguments: Sequence[str], directory: Path, environment: Mapping[str, str]
    ) -> "Process":
        """Start this Python with `arguments` from the repository's root."""
        log = directory / f"{name}.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                cwd=ROOT,
                env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        return cls(name, process, log)

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.returncode is None

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._process.returncode

    def output(self) -> str:
        """Return everything it printed so far."""
        return self.log.read_text(errors="replace")

    async def line_with(self, start: str) -> str:
        """Return the first line it prints that begins with `start`."""
        for _ in range(int(_PATIENCE / 0.05)):
            for line in self.output().splitlines():
                if line.startswith(start):
                    return line
            if not self.running:
                break
            await asyncio.sleep(0.05)
        raise AssertionError(f"{self.name} did not come up:\n{self.output()[-3000:]}")

    async def ended(self) -> str:
        """Return what it printed, once it has ended by itself with a failure."""
        code = await asyncio.wait_for(self._process.wait(), _PATIENCE)
        assert code != 0, self.output()
        return self.output()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, where it still runs."""
        if self.running:
            self._process.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self.running:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL if it does not listen."""
        if not self.running:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            await self.kill()
            raise AssertionError(f"{self.name} did not stop:\n{self.output()[-2000:]}") from None
