"""The connection to Redis or Valkey, and what its faults mean to us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.domain.errors import TransientError

_CONNECTIONS = 64
# Longer than any XREADGROUP blocks: redis-py's own timeout would cut the wait short.
_SOCKET_TIMEOUT = 10.0


def connect(url: str) -> Redis:
    """Return a client that never repeats a command by itself.

    redis-py 8 sends a command again, up to ten times, when its answer was lost: a claim or a
    counter would then happen twice. What failed is decided anew by whoever asked.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_SOCKET_TIMEOUT,
        socket_timeout=_SOCKET_TIMEOUT,
        socket_connect_timeout=_SOCKET_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turn a store that cannot be reached, or is not ready, into a TransientError."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, ReadOnlyError) as error:
        raise TransientError(f"the store cannot be reached: {type(error).__name__}") from error
    except RedisError as error:
        if str(error).startswith(("LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MISCONF")):
            raise TransientError(f"the store is not ready: {error}") from error
        raise


def text(value: bytes | str) -> str:
    """Return a value of Redis as text."""
    return value if isinstance(value, str) else value.decode()
