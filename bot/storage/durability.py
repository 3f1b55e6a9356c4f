"""What a store must promise before anything starts on it."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import ConfigurationError, TransientError
from bot.storage import keys
from bot.storage.connection import text, translated

_REQUIRED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
_OLDEST = (6, 2)


async def require_durable(redis: Redis) -> None:
    """Pass for a store that keeps what it acknowledged.

    Raises:
        ConfigurationError: a setting would lose or forget it; names it and the way out.
        TransientError: it cannot be reached.
    """
    try:
        with translated():
            info = await redis.info("server")
            told = [await redis.config_get(name) for name in _REQUIRED]
    except RedisError as error:
        raise ConfigurationError(
            f"The store does not let us read its settings ({error}). Allow CONFIG GET and INFO."
        ) from error
    version = str(info.get("valkey_version") or info["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise ConfigurationError(f"The store is version {version}; it must be 6.2 or newer.")
    settings = {name: value for each in told for name, value in each.items()}
    for name, value in _REQUIRED.items():
        if settings.get(name) != value:
            raise ConfigurationError(
                f"The store's {name} is {settings.get(name)!r} and must be {value!r}, or it could "
                f"lose what it acknowledged. Set `{name} {value}` in its configuration."
            )


async def require_reachable(redis: Redis, setting: str) -> None:
    """Pass for a store that answers; `setting` is where its address comes from.

    Raises:
        ConfigurationError: it cannot be reached, or lets us in to nothing.
    """
    try:
        with translated():
            await redis.ping()
    except (TransientError, RedisError) as error:
        raise ConfigurationError(f"{error}. Check {setting} and that the server runs.") from error


async def require_known_layout(redis: Redis) -> None:
    """Pass for a store that is new to us, or that a program like this one has written.

    Raises:
        ConfigurationError: we would not find in it what another version has kept.
    """
    with translated():
        layout, used = await redis.get(keys.LAYOUT), await redis.exists(keys.INBOUND)
        if layout is None and not used:
            await redis.set(keys.LAYOUT, keys.LAYOUT_NOW)
            return
    if layout is None or text(layout) != keys.LAYOUT_NOW:
        raise ConfigurationError(
            "The store was written by another version of Mailroom, and this one would not find "
            "its emails there. Run that version, or begin with an empty store: another "
            "MAILROOM_DATA_DIR or MAILROOM_REDIS_URL."
        )
