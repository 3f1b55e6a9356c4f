"""What a message that arrived is to us, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a message is to us."""

    HUMAN_REPLY = "human_reply"
    AUTO_REPLY = "auto_reply"
    OPT_OUT = "opt_out"
    BOUNCE_HARD = "bounce_hard"  # the address does not exist, or will never take mail
    BOUNCE_SOFT = "bounce_soft"
    SENDER_BLOCK = "sender_block"  # the sender or this mail was refused, not the address
    DELAY = "delay"
    COMPLAINT = "complaint"
    READ_RECEIPT = "read_receipt"
    CALENDAR_RESPONSE = "calendar_response"
    CHALLENGE = "challenge"
    UNRELATED = "unrelated"


BOUNCES = frozenset({Kind.BOUNCE_HARD, Kind.BOUNCE_SOFT, Kind.SENDER_BLOCK})
# G8: the blocks that say the sending mailbox itself may send no more.
_SENDER_BLOCKED = frozenset({
    "5.1.8", "5.1.90", "5.2.2", "5.7.232", "5.7.233", "5.7.501", "5.7.502", "5.7.503", "5.7.705",
    "5.7.708",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReading:
    """What was read in a message. `status` (RFC 3463) and `recipients`, the addresses it is about,
    come of reports on delivery only. `original_message_id` is the mail it answers or is about, in
    angle brackets, `returned_subject` of a report that names none the folded subject of that mail.
    `return_date` is the day somebody away names: back on it, or away until it.

    `still_trying`: the mail system has not given up, so that nothing is settled. `guessed`: it came
    back for good, but neither a code nor words say why. `reported_by` is the address a report came
    from. `why` is one sentence: which rule decided, on what.
    """

    kind: Kind
    why: str
    status: str = ""
    recipients: Sequence[str] = ()
    original_message_id: str = ""
    returned_subject: str = ""
    return_date: date | None = None
    still_trying: bool = False
    guessed: bool = False
    reported_by: str = ""


def sender_is_blocked(reading: MailReading) -> bool:
    """Return whether a report says that the mailbox we send from may send no more (G8). Who says so
    matters too: `reported_by` has to be its own tenant.
    """
    return reading.kind is Kind.SENDER_BLOCK and reading.status in _SENDER_BLOCKED
