"""The channel's signing keys, fetched in a thread, in place of botbuilder's own blocking fetch."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import structlog
from jwt.algorithms import RSAAlgorithm

from bot.domain.errors import TransientError

_log = structlog.get_logger(__name__)
_LIFETIME = 24 * 3600.0
_FRESH = 12 * 3600.0
# An unknown key makes us ask again, but nobody can make us ask more often than this.
_GAP = 60.0


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """One key, in the shape botbuilder reads."""

    public_key: Any
    endorsements: tuple[str, ...]


class ChannelKeys:
    """The keys of one OpenID metadata address. Stands in botbuilder's process-wide cache."""

    def __init__(
        self,
        fetch: Callable[[], Mapping[str, ChannelKey]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._keys: Mapping[str, ChannelKey] = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._lock = asyncio.Lock()

    async def get(self, key_id: str | None) -> ChannelKey:
        """Return the key (botbuilder calls this while it checks a token).

        Raises:
            PermissionError: nobody published it.
            TransientError: the keys cannot be fetched.
        """
        if self._age() > _LIFETIME:
            await self.refresh()
        if key_id not in self._keys:
            await self._ask_again()
        found = self._keys.get(key_id or "")
        if found is None:
            raise PermissionError("unknown signing key")
        return found

    async def refresh(self) -> None:
        """Fetch the keys now.

        Raises:
            TransientError: they cannot be fetched; the ones known before stay.
        """
        async with self._lock:
            await self._refresh()

    async def keep_fresh(self) -> None:
        """Fetch the keys when they have grown old; raises as `refresh` does."""
        if self._age() > _FRESH:
            await self.refresh()

    async def _ask_again(self) -> None:
        async with self._lock:
            if self._tried is None or self._now() - self._tried >= _GAP:
                await self._refresh()

    async def _refresh(self) -> None:
        self._tried = self._now()
        try:
            self._keys = await asyncio.to_thread(self._fetch)
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise TransientError("the channel's signing keys cannot be fetched") from error
        self._fetched = self._now()

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self._now() - self._fetched


def fetch_keys(session: requests.Session, metadata_url: str) -> Mapping[str, ChannelKey]:
    """Return the published keys by their id. Blocking.

    Raises:
        requests.RequestException, ValueError, KeyError, TypeError: they could not be had or read.
    """
    published = _get(session, _get(session, metadata_url)["jwks_uri"])["keys"]
    return {each["kid"]: _read(each) for each in published}


def _get(session: requests.Session, url: str) -> Any:
    answer = session.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def _read(key: Mapping[str, Any]) -> ChannelKey:
    return ChannelKey(
        public_key=RSAAlgorithm.from_jwk(json.dumps(key)),
        endorsements=tuple(key.get("endorsements", ())),
    )
