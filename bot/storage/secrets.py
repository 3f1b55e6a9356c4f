"""Secrets in Redis: sealed, with a revision; what has expired is gone for every reader."""

from collections.abc import Sequence
from datetime import datetime

from redis.asyncio import Redis

from bot.ports import Clock
from bot.storage import keys
from bot.storage.codec import milliseconds
from bot.storage.connection import text, translated
from bot.storage.sealing import Seal

# KEYS: the secret, its shard's set of what expires, its shard's revisions. ARGV: now, token, expiry
# ('' for never), the revision it must be at ('' for any; a swap keeps the expiry). Returns the new
# revision, 0 for no. Sweeps a few expired ones as it writes: an abandoned sign-in is read by nobody
# ever again.
_KEEP = """
local function expired(value)
  local expiry = string.match(value, '^%d+|(%d+)|')
  return expiry and tonumber(expiry) <= tonumber(ARGV[1])
end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 16)) do
  redis.call('DEL', key)
  redis.call('ZREM', KEYS[2], key)
end
local value = redis.call('GET', KEYS[1])
if value and expired(value) then value = false end
local revision = value and tonumber(string.match(value, '^(%d+)|')) or 0
local expiry = ARGV[3]
if ARGV[4] ~= '' then
  if tonumber(ARGV[4]) ~= revision then return 0 end
  expiry = value and string.match(value, '^%d+|(%d*)|') or ''
end
revision = redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[1], string.format('%d|%s|%s', revision, expiry, ARGV[2]))
if expiry == '' then redis.call('ZREM', KEYS[2], KEYS[1])
else redis.call('ZADD', KEYS[2], expiry, KEYS[1]) end
return revision
"""


class RedisSecrets:
    """ports.Secrets. Names and expiries lie in the clear, values never."""

    def __init__(self, redis: Redis, encryption_keys: Sequence[str], clock: Clock) -> None:
        self._seal = Seal(encryption_keys)
        self._redis = redis
        self._clock = clock
        self._keep = redis.register_script(_KEEP)

    async def put(self, name: str, value: bytes, *, expires: datetime | None = None) -> None:
        """Keep `value` under `name`, over what was there."""
        await self._write(name, value, "" if expires is None else milliseconds(expires), "")

    async def get(self, name: str) -> tuple[bytes, int] | None:
        """Return the value and its revision, or None."""
        with translated():
            return self._opened(await self._redis.get(keys.secret(name)))

    async def swap(self, name: str, value: bytes, revision: int) -> bool:
        """Replace the value if it is still at `revision`; it expires when it would have."""
        return await self._write(name, value, "", str(revision))

    async def take(self, name: str) -> bytes | None:
        """Return the value and forget it, in one step."""
        key = keys.secret(name)
        with translated():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.getdel(key)
                pipe.zrem(keys.expiring(name), key)
                kept, _ = await pipe.execute()
        opened = self._opened(kept)
        return opened[0] if opened else None

    async def _write(self, name: str, value: bytes, expiry: int | str, revision: str) -> bool:
        now = milliseconds(self._clock.now())
        arguments: list[int | str | bytes] = [now, self._seal.closed(value), expiry, revision]
        names = [keys.secret(name), keys.expiring(name), keys.revisions(name)]
        with translated():
            return bool(await self._keep(keys=names, args=arguments))

    def _opened(self, kept: bytes | str | None) -> tuple[bytes, int] | None:
        if kept is None:
            return None
        revision, expires, token = text(kept).split("|", 2)
        if expires and int(expires) <= milliseconds(self._clock.now()):
            return None
        return self._seal.opened(token.encode()), int(revision)
