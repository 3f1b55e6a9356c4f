"""The connection to Redis or Valkey, and what its faults mean to us."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.domain.errors import ConfigurationError, TransientError

_CONNECTIONS = 64
# Longer than any XREADGROUP blocks: redis-py's own timeout would cut the wait short.
_SOCKET_TIMEOUT = 10.0


# What passes: a restart, a failover, a full disk or memory that somebody makes room in.
_NOT_READY = (ClusterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError)


def connect(url: str, timeout: float = _SOCKET_TIMEOUT) -> Redis:
    """Return a client that never repeats a command by itself.

    redis-py 8 sends a command again, up to ten times, when its answer was lost: a claim or a
    counter would then happen twice. What failed is decided anew by whoever asked.

    Raises:
        ConfigurationError: `url` is none of Redis.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=timeout,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:  # the address itself may hold a password: it is not repeated
        raise ConfigurationError(
            "MAILROOM_REDIS_URL is no address of a Redis. Write redis://, rediss:// or unix:// "
            "before the host, or unset it for a store of our own."
        ) from error
    return Redis.from_pool(pool)


class translated:  # noqa: N801 - reads as what it does: `with translated():`
    """Turn a store that cannot be reached, or is not ready, into a TransientError."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if isinstance(error, RedisConnectionError | RedisTimeoutError):
            raise TransientError(f"the store cannot be reached: {type(error).__name__}") from error
        if isinstance(error, _NOT_READY):
            raise TransientError(f"the store is not ready: {type(error).__name__}") from error
        # It cannot write to its disk; redis-py has no name for it.
        if isinstance(error, RedisError) and "MISCONF" in str(error):
            raise TransientError("the store cannot write to its disk") from error


def text(value: bytes | str) -> str:
    """Return a value of Redis as text."""
    return value if isinstance(value, str) else value.decode()
