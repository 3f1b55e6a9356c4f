"""Where everything lies in Redis: key names, and the shard a record's home belongs to.

All keys of a shard share one hash tag, so every script touches one slot and Redis Cluster works.
The number of shards is fixed for life: a home would otherwise be looked for in another place.

The scripts make these by themselves; `{n}` is the shard's tag, moments are milliseconds, an
enrolment's id is 16 bytes:

    e:{n}:MAILBOX  hash        enrolment -> `<rev>:` and what `enrolments` writes
    mid:{n}:MAILBOX   hash     digest of a Message-ID Exchange gave -> enrolment
    addr:{n}:MAILBOX  hash     digest of a participant's address -> their enrolments, one behind
                               the other
    q:{n}:LANE     sorted set  enrolments by when they are due next; a lane is MAILBOX, or
                               MAILBOX~relay for what leaves by SMTP
    ready:{n}      sorted set  lanes by when one of their emails may leave next
    pace:{n}       hash        mailbox -> when it may send again; outlives an emptied queue
    flying:{n}     hash        lane -> how many of its enrolments are under a claim
    calls:{n}:MAILBOX sorted set  other requests under way, by when they have ended for sure
    claim:{n}      hash        mailbox/enrolment -> fence: the intent to send
    lease:{n}      sorted set  the same members by when their claim runs out
    swept:{n}      hash        mailbox -> up to which moment we know what lay in it
    read-to:{n}    hash        mailbox -> the newest of its mail that a sweep has read
    sweeping:{n}   hash        mailbox -> until when a sweep that was asked for may take
    answered:{n}   hash        mailbox -> when an answer to an email of ours was last read
    day:{n}:MAILBOX  hash      day -> places taken; L and Lday -> the limits, where they are set
    tally:{n}:MAILBOX/DISTRIBUTION  hash  letter -> how many of its enrolments' letters there are
    booked:{n}     hash        mailbox/distribution -> day=places,… booked and not yet taken
    jobs:{n}       sorted set  keys of jobs by when they are due, or their worker's lease runs out
    job:{n}        hash        key -> the job as JSON
    held:{n}       hash        key -> token of who works on it
    again:{n}      hash        key -> when to run once more, asked for while somebody works on it
    tries:{n}      hash        key -> how often it was taken since it last went well
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


def enrolments(shard: int, mailbox_id: str) -> str:
    """Hash of a mailbox's enrolments; see above."""
    return f"e:{tag(shard)}:{mailbox_id}"


def message_ids(shard: int, mailbox_id: str) -> str:
    """Hash of the ids Exchange gave; see above."""
    return f"mid:{tag(shard)}:{mailbox_id}"


def addresses(shard: int, mailbox_id: str) -> str:
    """Hash of participants' addresses; see above."""
    return f"addr:{tag(shard)}:{mailbox_id}"


def tally(shard: int, mailbox_id: str, distribution_id: str) -> str:
    """Hash of what a distribution counts; see above."""
    return f"tally:{tag(shard)}:{mailbox_id}/{distribution_id}"


def read_to(shard: int) -> str:
    """Hash of how far mailboxes were read; see above."""
    return f"read-to:{tag(shard)}"


def answered(shard: int) -> str:
    """Hash of when answers were read; see above."""
    return f"answered:{tag(shard)}"


def queue(shard: int, lane: str) -> str:
    """Sorted set of what leaves in a lane; see above."""
    return f"q:{tag(shard)}:{lane}"


def days(shard: int, mailbox_id: str) -> str:
    """Hash of the places of a mailbox's days; see above."""
    return f"day:{tag(shard)}:{mailbox_id}"


def secret(name: str) -> str:
    """A secret: `<rev>|<expiry in ms or empty>|<Fernet token>`."""
    return f"s:{tag(shard_of(name))}:{name}"


def expiring(name: str) -> str:
    """Sorted set of the keys of this shard's secrets that expire, by when."""
    return f"expiring:{tag(shard_of(name))}"


def revisions(name: str) -> str:
    """Counter of this shard's secrets: a revision never comes again, not even under a name that was
    forgotten and is kept anew.
    """
    return f"rev:{tag(shard_of(name))}"


# `<run_id>:<ms>`: the server last seen, and since when; and `<run_id>` of one shut down in order.
EPOCH = "epoch:{store}"
IN_ORDER = "in-order:{store}"

# What the keys mean: a store is of one layout for life.
LAYOUT = "layout:{store}"
LAYOUT_NOW = "3"

# Stream of notifications, one entry for each POST.
INBOUND = "in:{inbound}"

# Sorted sets of mailboxes: when something was last heard of each that is to be watched, and when
# the subscriptions of each that Graph tells of were last renewed.
HEARD = "heard:{watch}"
RENEWED = "renewed:{watch}"
