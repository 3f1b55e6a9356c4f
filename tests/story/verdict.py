"""What the cloud's journal says of the story, once it is told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.harness.installation import Installation
from tests.story.people import PARTICIPANTS

_ALLOWED = timedelta(seconds=60)
Entry = Mapping[str, Any]


async def judge(built: Installation, channel: str, words: int) -> dict[str, object]:
    """Return what the journal says; `words` are the channel's posts from before it asked."""
    submitted = await built.cloud.journal("mail.submitted")
    arrived = await built.cloud.journal("mail.arrived")
    posted = await built.cloud.journal("teams.activity.posted")
    faults = await built.cloud.journal("sandbox.error")
    violations = await built.violations()
    return {
        "sent": len(submitted),
        "duplicates": duplicates(submitted),
        "lost": lost(submitted),
        "followups_after_reply": followups_after_reply(submitted, arrived),
        "channel_posts": posts_in(channel, posted) - words,
        "contract": "not run" if violations is None else len(violations),
        "cloud_errors": len(faults),
    }


def posts_in(channel: str, posted: Sequence[Entry]) -> int:
    """Return how many posts a channel got, threads included."""
    return sum(each["conversation"].startswith(channel) for each in posted)


def duplicates(submitted: Sequence[Entry]) -> int:
    """Return how many submissions repeat an email: the same person and the same place in line."""
    return sum(count - 1 for count in Counter(map(email_key, submitted)).values())


def lost(submitted: Sequence[Entry]) -> int:
    """Return how many emails the script promises and nobody submitted."""
    got = Counter(address for address, _ in {email_key(each) for each in submitted})
    return sum(max(0, each.emails - got[each.address]) for each in PARTICIPANTS)


def followups_after_reply(submitted: Sequence[Entry], arrived: Sequence[Entry]) -> int:
    """Return how many emails left over a minute after the first answer lay in the mailbox."""
    answer = {person.address for person in PARTICIPANTS if person.answers}
    answered: dict[str, datetime] = {}
    for each in arrived:
        if each["in_reply_to"] and each["from"] in answer:
            came = datetime.fromisoformat(each["at"])
            answered[each["from"]] = min(came, answered.get(each["from"], came))
    late = 0
    for each in submitted:
        at = answered.get(each["to"][0])
        late += at is not None and datetime.fromisoformat(each["at"]) > at + _ALLOWED
    return late


def email_key(entry: Entry) -> tuple[str, str]:
    """Return whom an email went to, and the key it carries as a named property."""
    keys = [
        value for name, value in entry["properties"].items() if name.endswith("Name MailroomKey")
    ]
    assert len(keys) == 1, f"an email without our key: {entry}"
    return entry["to"][0], keys[0]
