"""The demo's programs: started in order, each with a log of its own, and stopped the other way."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


class ProgramError(Exception):
    """A program did not start or ended by itself; the message says where its log is."""


class Programs:
    """Child processes in `directory`; their output goes to `logs/NAME.log` there."""

    def __init__(self, directory: Path, root: Path) -> None:
        self._logs = directory / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        """Start a program in `directory`, the repository's root by default."""
        with self.log(name).open("wb") as output:
            self._running[name] = await asyncio.create_subprocess_exec(
                *command,
                cwd=directory or self._root,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                # Ctrl-C is for us, who stop them in order.
                start_new_session=True,
            )

    async def run(self, name: str, command: Sequence[str], directory: Path | None = None) -> None:
        """Run a program to its end.

        Raises:
            ProgramError: it failed.
        """
        await self.start(name, command, directory=directory)
        code = await self._running[name].wait()
        del self._running[name]
        if code:
            raise self._failure(name, "failed")

    async def first_line(self, name: str) -> str:
        """Return the first line of JSON that a program prints.

        Raises:
            ProgramError: none came.
        """
        for _ in range(int(_START_SECONDS / 0.05)):
            for line in self.log(name).read_text(errors="replace").splitlines():
                if line.startswith("{"):
                    return line
            if self._running[name].returncode is not None:
                break
            await asyncio.sleep(0.05)
        raise self._failure(name, "did not start")

    async def until_one_ends(self) -> None:
        """Wait until a program ends by itself.

        Raises:
            ProgramError: always, naming it.
        """
        waiting = {asyncio.create_task(each.wait()): name for name, each in self._running.items()}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        raise self._failure(waiting[done.pop()], "ended")

    async def stop(self) -> None:
        """Stop what runs, last started first; what does not listen is killed."""
        for process in reversed(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()

    def log(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self._logs / f"{name}.log"

    def _failure(self, name: str, what: str) -> ProgramError:
        tail = "\n".join(self.log(name).read_text(errors="replace").splitlines()[-15:])
        return ProgramError(f"{name} {what}. The end of {self.log(name)}:\n{tail}")
