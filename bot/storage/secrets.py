"""Secrets in Redis, encrypted: the newest key writes, every key reads (rotation)."""

from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from redis.asyncio import Redis

from bot.domain.errors import ConfigurationError
from bot.ports import Clock
from bot.storage import keys, scripts
from bot.storage.codec import milliseconds
from bot.storage.connection import text, translated


class RedisSecrets:
    """ports.Secrets. Names and expiries lie in the clear, values never."""

    def __init__(self, redis: Redis, encryption_keys: Sequence[str], clock: Clock) -> None:
        try:
            self._fernet = MultiFernet([Fernet(each) for each in encryption_keys])
        except ValueError as error:
            raise ConfigurationError(
                "MAILROOM_ENCRYPTION_KEYS: a key is not one of ours. Make one with "
                "`python app.py new-key`."
            ) from error
        self._redis = redis
        self._clock = clock
        self._set = redis.register_script(scripts.KEEP_VALUE)

    async def put(self, name: str, value: bytes, *, expires: datetime | None = None) -> None:
        """Keep `value` under `name`, over what was there."""
        await self._write(name, value, expires, "")

    async def get(self, name: str) -> tuple[bytes, int] | None:
        """Return the value and its revision, or None."""
        async with translated():
            return self._opened(await self._redis.get(keys.secret(name)))

    async def swap(self, name: str, value: bytes, revision: int) -> bool:
        """Replace the value if it is still at `revision`."""
        return await self._write(name, value, None, str(revision))

    async def take(self, name: str) -> bytes | None:
        """Return the value and forget it, in one step."""
        async with translated():
            opened = self._opened(await self._redis.getdel(keys.secret(name)))
        return opened[0] if opened else None

    async def _write(self, name: str, value: bytes, expires: datetime | None, at: str) -> bool:
        until = "" if expires is None else milliseconds(expires)
        arguments = [until, self._fernet.encrypt(value), at]
        async with translated():
            return bool(await self._set(keys=[keys.secret(name)], args=arguments))

    def _opened(self, kept: bytes | str | None) -> tuple[bytes, int] | None:
        if kept is None:
            return None
        revision, expires, token = text(kept).split("|", 2)
        if expires and int(expires) <= milliseconds(self._clock.now()):
            return None
        try:
            return self._fernet.decrypt(token.encode()), int(revision)
        except InvalidToken as error:
            raise ConfigurationError(
                "A secret in the store was encrypted with a key that MAILROOM_ENCRYPTION_KEYS no "
                "longer has. Put that key back, behind the newest one."
            ) from error
