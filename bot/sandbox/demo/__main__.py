"""`python -m bot.sandbox.demo`: the whole product in a browser, on this computer alone.

Starts the sandbox, `app.py serve` and Agents Playground, and runs until Ctrl-C. What happened is
kept in `.demo` and there again at the next start.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import time
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession
from cryptography.fernet import Fernet

from bot.sandbox.demo import scene
from bot.sandbox.demo.install import install
from bot.sandbox.demo.programs import ProgramError, Programs
from bot.sandbox.demo.visitor import NotDoneError, Visitor

_ROOT = Path(__file__).resolve().parents[3]
_PRELOAD = Path(__file__).with_name("loopback.cjs")
# Below the ports that systems lend to outgoing connections; in this order from the first one on.
_FIRST_PORT = 28150
_NAMES = (
    "playground", "town", "bot", "relay", "control", "graph", "connector", "entra", "browser",
)  # fmt: skip
_HOOK_HOST = "https://mailroom.test"
_UP_SECONDS = 60.0

_TOUR = """
Mailroom is up. Two windows on the same small town:

  Teams (Agents Playground)  {playground}
  The town                   {town}

In Teams you are {admin}, who administers the organisation. A tour in five steps:

  1. Teams, Personal Chat: say "help". Above it, “Winter interviews” is ready: press its button.
  2. The town, Mail: open Ana Abel and press Answer. Teams, channel Feedback: the bot tells of it.
  3. The town, Teams: {second} has a sign-in card. Open it and accept; then say "mailboxes".
  4. Teams: say "invite", choose yourself, and connect a mailbox of your own.
  5. The town, Clock: jump ahead. Whoever answered hears no more; say "history" to see it all.

Nothing leaves this computer, and everything listens on it alone. Ctrl-C ends it; the next
`make demo` goes on from here, `make demo FRESH=1` begins anew.
"""


def main() -> int:
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.demo", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--home", type=Path, default=_ROOT / ".demo", help="where it is kept")
    parser.add_argument("--port", type=int, default=_FIRST_PORT, help="the first of nine ports")
    given = parser.parse_args()
    try:
        asyncio.run(_Demo(given.home.resolve(), given.port, fresh=given.fresh).run())
    except (ProgramError, NotDoneError, OSError) as error:
        print(f"\nThe demo cannot go on: {error}", file=sys.stderr)
        return 1
    return 0


class _Demo:
    def __init__(self, home: Path, first_port: int, *, fresh: bool) -> None:
        self._home = home
        self._ports = {name: first_port + place for place, name in enumerate(_NAMES)}
        self._fresh = fresh
        self._programs = Programs(home, _ROOT)
        self._began = time.monotonic()

    async def run(self) -> None:
        """Start everything, say where it is, and wait for Ctrl-C.

        Raises:
            ProgramError: a program did not start, or ended.
            NotDoneError: the seeded world could not be made.
            OSError: a port is taken.
        """
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        self._check_ports()
        try:
            async with ClientSession() as session:
                work = asyncio.create_task(self._up(session))
                await _first(work, asyncio.create_task(ended.wait()))
                if not ended.is_set():
                    over = asyncio.create_task(self._programs.until_one_ends())
                    await _first(over, asyncio.create_task(ended.wait()))
        finally:
            self._say("stopping")
            await self._programs.stop()

    async def _up(self, session: ClientSession) -> None:
        seeded = self._home / "seeded"
        if self._fresh or not seeded.exists():
            for part in ("cloud", "data"):
                shutil.rmtree(self._home / part, ignore_errors=True)
            seeded.unlink(missing_ok=True)
        is_new = not seeded.exists()
        self._say("Agents Playground: installing" if is_new else "Agents Playground")
        installed = asyncio.create_task(install(self._home, self._programs))
        try:
            told = await self._start_cloud(is_new=is_new)
            await self._start_bot(told["settings"], session)
            visitor = Visitor(told["control"], session)
            if is_new:
                async for line in scene.seed(visitor, self._url("bot"), session):
                    self._say(line)
                seeded.touch()
            node, directory = await installed
        finally:
            installed.cancel()
        await self._start_playground(node, directory, told["playground"], session)
        people = (await visitor.call("GET", "/control/directory"))["users"]
        print(_TOUR.format(
            playground=self._url("playground", "localhost"), town=self._url("town"),
            admin=people[0]["name"], second=people[3]["name"],
        ), flush=True)  # fmt: skip
        self._say("ready")
        if sys.stdout.isatty():
            webbrowser.open(self._url("playground", "localhost"))

    async def _start_cloud(self, *, is_new: bool) -> dict[str, Any]:
        self._say("the sandbox: Entra ID, Outlook, Teams")
        began = datetime.now(UTC) - timedelta(days=scene.DAYS)
        command = [sys.executable, "-m", "bot.sandbox", "--keep",
                   "--data-dir", str(self._home / "cloud"),
                   "--bot-endpoint", f"{self._url('bot')}/api/messages",
                   "--redirect-uri", f"{self._url('bot')}/connect/callback",
                   "--host-map", f"{_HOOK_HOST}={self._url('bot')}",
                   "--playground", self._url("playground"),
                   "--agenda", f"{self._url('bot')}/health",
                   "--assets", str(self._home / "playground" / "node_modules")]  # fmt: skip
        for name in ("town", "relay", "control", "graph", "connector", "entra", "browser"):
            command += [f"--{name}-port", str(self._ports[name])]
        if is_new:
            command += ["--start", began.isoformat()]
        await self._programs.start("sandbox", command)
        told: dict[str, Any] = json.loads(await self._programs.first_line("sandbox"))
        return told

    async def _start_bot(self, settings: Mapping[str, str], session: ClientSession) -> None:
        self._say("the bot and its store")
        environment = {
            **settings,
            "MAILROOM_PUBLIC_URL": self._url("bot"),
            "MAILROOM_WEBHOOK_URL": _HOOK_HOST,
            "MAILROOM_PORT": str(self._ports["bot"]),
            "MAILROOM_DATA_DIR": str(self._home / "data"),
            "MAILROOM_ENCRYPTION_KEYS": _kept_key(self._home / "key"),
            "MAILROOM_ORGANISATION_NAME": "Contoso",
        }
        await self._programs.start("bot", [sys.executable, "app.py", "serve"], environment)
        await self._answers("bot", f"{self._url('bot')}/health", session)

    async def _start_playground(
        self, node: str, directory: Path, settings: object, session: ClientSession
    ) -> None:
        # JSON is YAML.
        (directory / ".m365agentsplayground.yml").write_text(json.dumps(settings))
        script = "node_modules/@microsoft/m365agentsplayground/cli.js"
        command = [node, "--require", str(_PRELOAD), script,
                   "--app-endpoint", f"{self._url('relay')}/api/messages",
                   "--channel-id", "msteams", "--port", str(self._ports["playground"]),
                   "--disable-telemetry"]  # fmt: skip
        await self._programs.start(
            "playground", command, {"TEAMSAPPTESTER_BROWSER": "none"}, directory
        )
        await self._answers("playground", f"{self._url('playground')}/_internal/v1/config", session)

    async def _answers(self, name: str, url: str, session: ClientSession) -> None:
        """Wait until a program answers 200.

        Raises:
            ProgramError: it does not.
        """
        for _ in range(int(_UP_SECONDS / 0.1)):
            with suppress(ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
        raise ProgramError(f"{name} did not come up; see {self._programs.log(name)}")

    def _check_ports(self) -> None:
        for name, port in self._ports.items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise OSError(
                        f"port {port} ({name}) is taken. Does a demo run already? "
                        "If not, choose others: make demo PORT=29000 FRESH=1"
                    ) from error

    def _url(self, name: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self._ports[name]}"

    def _say(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {line}", flush=True)


async def _first(work: asyncio.Task[None], ending: asyncio.Task[bool]) -> None:
    """Wait for `work`, or leave it when the end is asked for; its error is ours."""
    await asyncio.wait({work, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not work.done():
        work.cancel()
    with suppress(asyncio.CancelledError):
        await work


def _kept_key(path: Path) -> str:
    """The key of the bot's secrets, made at the first start."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(Fernet.generate_key().decode())
    return path.read_text()


if __name__ == "__main__":
    sys.exit(main())
