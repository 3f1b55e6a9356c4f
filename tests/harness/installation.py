"""A whole installation: cloud, contract proxy, and `app.py serve`, each its own process."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.fernet import Fernet

from tests.harness.cloud import Cloud
from tests.harness.processes import ROOT, Process, free_port

_HOOK_HOST = "https://mailroom.test"
SPEED = 20.0


def contract_directory() -> Path | None:
    """Return where the contract lies (MAILROOM_CONTRACT), None where there is none."""
    named = Path(os.environ.get("MAILROOM_CONTRACT", ROOT.parent / "shared" / "contract"))
    return named if (named / "contract_proxy.py").is_file() else None


class Installation:
    """What a test talks to. `app` can be killed and started again on the same data."""

    def __init__(
        self,
        directory: Path,
        session: aiohttp.ClientSession,
        cloud: Cloud,
        environment: dict[str, str],
        proxy: str,
    ) -> None:
        self.cloud = cloud
        self.public_url = environment["MAILROOM_PUBLIC_URL"]
        self.app: Process
        self._directory = directory
        self._session = session
        self.environment = environment
        self._proxy = proxy

    async def start_app(self) -> None:
        """Start `app.py serve` and wait until it is healthy."""
        self.app = await Process.start(
            "app", ["app.py", "serve"], self._directory, self.environment
        )
        for _ in range(600):
            if not self.app.running:
                break
            try:
                async with self._session.get(f"{self.public_url}/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
        raise AssertionError(f"the app did not come up:\n{self.app.output()[-3000:]}")

    async def caught_up(self, moment: datetime) -> datetime | None:
        """Wait until the bot has done everything that was due up to `moment`; return when an email
        is due next.
        """
        told: dict[str, Any] = {}
        for _ in range(400):
            async with self._session.get(f"{self.public_url}/health") as answer:
                told = await answer.json()
            if not told["waiting"] and datetime.fromisoformat(told["now"]) >= moment:
                return datetime.fromisoformat(told["next"]) if told["next"] else None
            await asyncio.sleep(0.05)
        raise AssertionError(f"the bot never caught up with {moment}: {told}")

    async def stop_app(self) -> None:
        """Stop the bot as an operator would."""
        await self.app.stop()

    async def violations(self) -> list[dict[str, object]] | None:
        """Return what the contract proxy objected to; None where no contract is there."""
        if not self._proxy:
            return None
        async with self._session.get(f"{self._proxy}/__contract__") as answer:
            told = await answer.json()
        assert told["checked"] > 10, "the contract proxy saw next to nothing"
        found: list[dict[str, object]] = told["violations"]
        return found


@asynccontextmanager
async def installation(
    directory: Path,
    settings: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
) -> AsyncIterator[Installation]:
    """Bring everything up in `directory`, and down again whatever happens; `settings` are the
    bot's, `arguments` the sandbox's.
    """
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        cloud = await Cloud.start(
            directory,
            session,
            speed=SPEED,
            arguments=[
                "--bot-endpoint", f"{public_url}/api/messages",
                "--redirect-uri", f"{public_url}/connect/callback",
                "--host-map", f"{_HOOK_HOST}={public_url}",
                *arguments,
            ],
        )  # fmt: skip
        stack.push_async_callback(cloud.process.stop)
        graph_url = cloud.settings["MAILROOM_GRAPH_URL"]
        proxy = await _contract_proxy(directory, session, graph_url, stack)
        environment = {
            **cloud.settings,
            "MAILROOM_GRAPH_URL": f"{proxy}/v1.0" if proxy else graph_url,
            "MAILROOM_PUBLIC_URL": public_url,
            "MAILROOM_WEBHOOK_URL": _HOOK_HOST,
            "MAILROOM_PORT": str(port),
            "MAILROOM_DATA_DIR": str(directory / "data"),
            "MAILROOM_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            **(settings or {}),
        }
        built = Installation(directory, session, cloud, environment, proxy)
        stack.push_async_callback(built.stop_app)
        await built.start_app()
        yield built


async def _contract_proxy(
    directory: Path, session: aiohttp.ClientSession, graph_url: str, stack: AsyncExitStack
) -> str:
    """Start the contract proxy in enforce mode before the cloud's Graph; "" without a contract."""
    contract = contract_directory()
    if contract is None:
        if os.environ.get("CI"):
            raise AssertionError("MAILROOM_CONTRACT: the contract is not there, and this is CI")
        return ""
    port = free_port()
    upstream = graph_url.removesuffix("/v1.0")
    script = str(contract / "contract_proxy.py")
    process = await Process.start(
        "contract", [script, "--upstream", upstream, "--port", str(port)], directory, {}
    )
    stack.push_async_callback(process.kill)
    url = f"http://127.0.0.1:{port}"
    for _ in range(400):
        try:
            async with session.get(f"{url}/__contract__") as answer:
                if answer.status == 200:
                    return url
        except aiohttp.ClientError:
            await asyncio.sleep(0.05)
    raise AssertionError(f"the contract proxy did not come up:\n{process.output()[-2000:]}")
