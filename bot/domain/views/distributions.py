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
    """Which sequence, to whom, and when it begins, with what was filled in already. `place` says
    whose time that is.
    """

    sequences: tuple[Choice, ...]
    sequence_id: str = ""
    recipients: str = ""
    day: str = ""
    hour: str = ""
    place: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionPreview:
    """What would be sent, before the confirm button; what it takes of its mailbox's days, and when
    the last email leaves. `short` is what does not fit as things stand; `late`: the time it was to
    begin at has passed.

    `approval` is why a second person has to approve it, `nobody` what keeps anybody from it. Once
    they were asked, `asked_by` says who asked.
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
    starts_at: datetime | None = None
    late: bool = False
    short: tuple[str, ...] = ()
    approval: str = ""
    nobody: str = ""
    asked_by: str = ""
    asked_at: datetime | None = None


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
class Held:
    """What is kept back: how many emails, when the first of them was to leave, and the mailboxes
    they could move to.
    """

    emails: int
    due: datetime | None = None
    targets: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionCard:
    """A distribution after its draft was decided, in numbers. `ended`: nothing is left to send;
    `reason`: why it is kept back, since when; `retryable`: who failed and may be tried again.
    `problems`: why nothing of it was made; `dropped`: who was left out when it began. `refused`:
    why what was asked of it was not done. `behind` counts the emails that still wait at mailboxes
    it moved from, `held` is what waits, None where nothing is kept back.
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
    starts_at: datetime | None = None
    approved_by: str = ""
    problems: tuple[str, ...] = ()
    dropped: tuple[LeftOut, ...] = ()
    refused: tuple[str, ...] = ()
    held: Held | None = None
    behind: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionNews:
    """What whoever confirmed a distribution, or a channel, hears before it has begun or as it does;
    `news` is a word of `jobs.News`.
    """

    news: str
    card: DistributionCard


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Distribution History: newest first."""

    distributions: tuple[DistributionCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a channel hears about one participant. `reason` is plain words, "" for a reply; that is
    acted on by its mark, `reply`, at the enrolment named. `out_at` is since when they have opted
    out, as `out_by` said in their place, or with "" there as they did themselves; `link` opens the
    reply in Outlook, and `taken_by` takes care of it; `excerpt` are its first words, where they may
    be seen, and `message_id` is it at Graph.
    """

    status: DeliveryStatus
    person: str
    address: str
    title: str
    subject: str
    mailbox: str
    at: datetime
    reason: str = ""
    cancelled: int = 0
    mailbox_id: str = ""
    enrolment_id: str = ""
    reply: str = ""
    out_by: str = ""
    out_at: datetime | None = None
    link: str = ""
    taken_by: str = ""
    excerpt: str = ""
    message_id: str = ""
