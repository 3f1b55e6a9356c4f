"""Where everything lies in Redis: key names, and the shard a record's home belongs to.

All keys of a shard share one hash tag, so every script touches one slot and Redis Cluster works.
The number of shards is fixed for life: a home would otherwise be looked for in another place.
"""

from zlib import crc32

SHARDS = 256


def shard_of(home: str) -> int:
    """Return the shard of a home: the same for ever, in every process."""
    return crc32(home.encode()) % SHARDS


def tag(shard: int) -> str:
    """Return the hash tag that every key of a shard carries."""
    return f"{{{shard}}}"


def record(shard: int, kind: str, home: str, id: str) -> str:
    """A record: `<rev>:<JSON>`."""
    return f"r:{tag(shard)}:{kind}:{home}:{id}"


def listing(shard: int, kind: str, home: str) -> str:
    """Sorted set of the ids of one kind in one home, by when they were first saved."""
    return f"l:{tag(shard)}:{kind}:{home}"


def message_ids(shard: int) -> str:
    """Hash `mailbox|message id` -> enrolment id, for the ids Exchange gave."""
    return f"mid:{tag(shard)}"


def addresses(shard: int) -> str:
    """Hash `mailbox|address` -> ids of that participant's enrolments, divided by commas."""
    return f"addr:{tag(shard)}"


def jobs(shard: int) -> str:
    """Sorted set of the keys of waiting jobs, by when they are due. Beside it, in hashes of the
    same tag: `job:` payloads, `held:` who works on one, `tries:` how often it was taken.
    """
    return f"jobs:{tag(shard)}"


def secret(name: str) -> str:
    """A secret: `<rev>|<expiry in ms or empty>|<Fernet token>`."""
    return f"s:{tag(shard_of(name))}:{name}"


INBOUND = "in:{inbound}"
