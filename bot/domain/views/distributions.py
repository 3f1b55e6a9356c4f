"""What cards about distributions show."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import DistributionState
from bot.domain.participant import LeftOut
from bot.domain.quota import DayLoad
from bot.domain.views.notices import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributeForm:
    """Which sequence, and to whom, with what was filled in already."""

    sequences: tuple[Choice, ...]
    sequence_id: str = ""
    recipients: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionPreview:
    """What would be sent, before the confirm button; what it takes of its mailbox's days, and when
    the last email leaves.
    """

    distribution_id: str
    title: str
    mailbox: str
    people: int
    window: str
    emails: tuple[tuple[str, str], ...]
    left_out: tuple[LeftOut, ...]
    days: tuple[DayLoad, ...] = ()
    last: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewForm:
    """Which email of a distribution to show, and for whom; `typed` is an address, where the list of
    people is too long to choose from.
    """

    distribution_id: str
    person: str = ""
    typed: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPreview:
    """One email as one person will get it. `more` people are on the list than can be chosen from;
    `tested`: it was sent there as a test.
    """

    distribution_id: str
    people: tuple[Choice, ...]
    more: int
    emails: tuple[Choice, ...]
    person: str
    number: str
    sender: str
    to: str
    subject: str
    text: str
    tested: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionCard:
    """A distribution after its draft was decided, in numbers. `ended`: nothing is left to send;
    `reason`: why it is kept back, since when; `retryable`: who failed and may be tried again.
    """

    distribution_id: str
    title: str
    mailbox: str
    people: int
    state: DistributionState
    decided_by: str
    started_at: datetime | None
    counts: dict[DeliveryStatus, int] = field(default_factory=dict)
    ended: bool = False
    reason: str = ""
    kept_since: datetime | None = None
    retryable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Distribution History: newest first."""

    distributions: tuple[DistributionCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a channel hears about one participant. `reason` is plain words, "" for a reply."""

    status: DeliveryStatus
    person: str
    address: str
    title: str
    subject: str
    mailbox: str
    at: datetime
    reason: str = ""
    cancelled: int = 0
