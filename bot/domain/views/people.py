"""What cards about one participant ask and say, beside what became of an email."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterQuestion:
    """Whether to go on writing to somebody who wrote to the owner of `mailbox`, not in answer to us
    (G9). `decision` is a word of `heard.Decision`, "" while nobody has decided; `over`: nothing to
    them waits any more, whatever anybody says.
    """

    mailbox_id: str
    enrolment_id: str
    number: int
    person: str
    address: str
    mailbox: str
    title: str
    at: datetime
    next_due: datetime | None = None
    over: bool = False
    decision: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyUndone:
    """Somebody has said that a reply was automatic. `goes_on`: what was planned leaves after all,
    the next email at `next_due`; else `why_not` says why nothing does. `again` is when they wrote
    again, where that stops them still; `reply` is the mark of that one.
    """

    mailbox_id: str
    enrolment_id: str
    person: str
    address: str
    title: str
    by: str
    at: datetime
    goes_on: bool = False
    next_due: datetime | None = None
    why_not: str = ""
    again: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTheWay:
    """One person's way through a sequence, from `mailbox`: when the next email leaves, None where
    none does; why it has not left, "" where it is only planned; and what happened, oldest first.
    """

    title: str
    mailbox: str
    next_due: datetime | None
    why: str
    happened: tuple[tuple[datetime | None, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What happened to one person (B15), the latest way first; `suppressed` says why nobody writes
    to them any more. `brief`: only why nothing leaves was asked.
    """

    address: str
    person: str
    ways: tuple[OnTheWay, ...]
    suppressed: str = ""
    brief: bool = False
