"""Records of earlier versions, made into what this version reads.

1 -> 2: the delay of a sequence's email was a span in microseconds, and is a number with its unit.
2 -> 3: a mailbox had one subscription, on its Inbox, and has one for each folder that is watched.
"""

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any

from bot.domain.mailbox import Mailbox
from bot.domain.schedule import Unit
from bot.domain.sequence import Sequence

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_INBOX = "me/mailFolders('Inbox')/messages"


def upgraded(kind: type, told: Mapping[str, Any], version: int) -> Mapping[str, Any]:
    """Return a record's JSON of `version` as that of today."""
    if version < 2 and kind is Sequence:
        return {**told, "emails": [_with_unit(email) for email in told["emails"]]}
    if version < 3 and kind is Mailbox and "subscription" in told:
        others = {name: value for name, value in told.items() if name != "subscription"}
        return {**others, "subscriptions": {_INBOX: told["subscription"]}}
    return told


def upgraded_job(name: str, told: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return a job's name and JSON as those of today: what caught up with a mailbox from a moment
    on sweeps it once, from where it was last read.
    """
    if name == "CatchUp":
        kept = {part: value for part, value in told.items() if part != "since"}
        return "SweepMailbox", {**kept, "once": True}
    return name, told


def upgraded_arrivals(told: Seq[Any]) -> Seq[Any]:
    """Return an entry of the inbound stream as those of today. It once was a list of
    notifications, one message each.
    """
    return [
        (each["tenant_id"], each["mailbox_id"], [each["message_id"]])
        if isinstance(each, dict)
        else each
        for each in told
    ]


def _with_unit(email: Mapping[str, Any]) -> Mapping[str, Any]:
    span = email["delay"]
    if span % _DAY:
        return {**email, "delay": {"number": span / _HOUR, "unit": Unit.HOURS}}
    return {**email, "delay": {"number": span / _DAY, "unit": Unit.DAYS}}
