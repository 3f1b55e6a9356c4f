"""Calendar time: the system's, or that of a local stand-in of the cloud.

Only calendar matters run on it (due times, leases, invites, subscriptions). Lifetimes of tokens and
socket timeouts stay on real time.
"""

import asyncio
import math
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
import orjson
import structlog

from bot.domain.errors import ConfigurationError

_EVERY = 0.1
_log = structlog.get_logger(__name__)


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class RemoteClock:
    """A clock read from `GET url`, answering `{"now": RFC 3339, "speed": n}` (CLOCK_URL).

    Between two readings it runs on at the speed last read; a jump is seen at the next reading.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.speed = 1.0
        self._base = datetime.now(UTC)
        self._read_at = time.monotonic()

    def now(self) -> datetime:
        """Return the present moment of the remote calendar."""
        passed = (time.monotonic() - self._read_at) * self.speed
        return self._base + timedelta(seconds=passed)

    async def follow(self) -> None:
        """Keep reading the clock until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while True:
                try:
                    await self.read(session)
                except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                    _log.warning("clock.unreadable", url=self._url, error=str(error))
                await asyncio.sleep(_EVERY)

    async def read(self, session: aiohttp.ClientSession) -> None:
        """Read the clock once; an answer that is none changes nothing.

        Raises:
            aiohttp.ClientError, TimeoutError, ValueError: it cannot be reached, or not be read.
        """
        async with session.get(self._url) as response:
            raw = await response.read()
        try:
            told = orjson.loads(raw)
            base, speed = datetime.fromisoformat(told["now"]), float(told["speed"])
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"no clock's answer: {type(error).__name__}") from error
        if base.tzinfo is None or not 0 <= speed < math.inf:
            raise ValueError("no clock's answer")
        self._base, self.speed = base.astimezone(UTC), speed
        self._read_at = time.monotonic()


def require_loopback(setting: str, *urls: str) -> None:
    """Pass when every address is this machine's own.

    Raises:
        ConfigurationError: somebody else's clock, or a real cloud beside a stand-in's clock.
    """
    for url in urls:
        host = urlsplit(url).hostname or ""
        if host != "localhost" and not _is_loopback(host):
            raise ConfigurationError(
                f"{setting} is only for a local stand-in of the cloud, but {url} is not on this "
                f"machine. Unset {setting}."
            )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
