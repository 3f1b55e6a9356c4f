"""Reading a message: processor time, over all the labelled messages that are there."""

from tests.bench.meter import p99_ms
from tests.bench.senders import say
from tests.mail.corpora import corpora_directory, labelled
from tests.mail.score import read_all


def reading() -> dict[str, float]:
    """Return what all but one of a hundred take at most; nothing where there are no messages."""
    directory = corpora_directory()
    if directory is None:
        say("reading mail is NOT MEASURED: no labelled messages there (MAILROOM_CORPORA)")
        return {}
    read = read_all(labelled(directory))
    took = p99_ms([each.took for each in read])
    say(f"{len(read)} messages read: p99 {took:.1f} ms")
    return {"read_message_p99_ms": took}
