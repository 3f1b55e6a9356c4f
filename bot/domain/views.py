"""What a card shows, as plain data. Services make views, `cards` draws them.

A view holds only what its reader may see, already decided; text in it that came from outside
(names, subjects, addresses) is untrusted and drawn as plain text.
"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import DistributionState
from bot.domain.mailbox import MailboxStatus, Permission
from bot.domain.participant import LeftOut
from bot.domain.quota import DayLoad
from bot.domain.schedule import Unit
from bot.domain.sending_domain import DnsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What the bot can do. `unknown` is what the person typed when it was no command, else ""."""

    unknown: str = ""
    may_manage: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that was not done, why, and whom to ask."""

    title: str
    problems: tuple[str, ...]
    support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A short receipt: something was done."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a drop-down."""

    title: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteForm:
    """Whom to invite and as what, with what was filled in already."""

    person: str = ""
    address: str = ""
    permission: Permission = Permission.READ_SEND
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLine:
    """One mailbox as admins see it."""

    id: str
    address: str
    owner_name: str
    permission: Permission
    status: MailboxStatus
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxCard:
    """The admin's card of one mailbox. `link` is the sign-in link to copy, "" when none is open."""

    mailbox: MailboxLine
    invited_by: str
    expires: datetime
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxList:
    """All mailboxes of the organisation."""

    mailboxes: tuple[MailboxLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInInvite:
    """The owner's sign-in card."""

    organisation: str
    invited_by: str
    address: str
    permission: Permission
    link: str
    expires: datetime
    support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedReceipt:
    """What replaces the owner's sign-in card after consent."""

    address: str
    permission: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLine:
    """One sending domain as admins see it."""

    name: str
    verified_at: datetime | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCard:
    """One sending domain, and what to publish in its DNS."""

    domain: DomainLine
    added_by: str
    records: tuple[DnsRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainList:
    """All sending domains of the organisation, and the one being typed."""

    domains: tuple[DomainLine, ...]
    typed: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceLine:
    """One sequence in a list."""

    id: str
    program: str
    name: str
    mailbox: str
    emails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceList:
    """All sequences of the organisation."""

    sequences: tuple[SequenceLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDraft:
    """One email of a form, as typed; `delay` counts from the email before, in `unit`s."""

    subject: str = ""
    body: str = ""
    delay: str = ""
    unit: str = Unit.DAYS
    from_platform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceForm:
    """A sequence to write, with what was filled in already.

    `sequence_id` and `version` name the sequence that is edited, "" and 0 for a new one;
    `platform` is our own address, "" where no email can come from it. `window` is "any", "working"
    or "own" (then `days` and the hours say which), `whose_time` "recipients" or the organisation's;
    `place` says what that is called.
    """

    mailboxes: tuple[Choice, ...]
    sequence_id: str = ""
    version: int = 0
    program: str = ""
    name: str = ""
    mailbox_id: str = ""
    threading: bool = True
    platform: str = ""
    emails: tuple[EmailDraft, ...] = (EmailDraft(),)
    window: str = "any"
    days: str = "Mon to Fri"
    from_hour: str = "9"
    to_hour: str = "17"
    whose_time: str = ""
    place: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceReceipt:
    """A sequence that was saved: its emails as (subject, when it leaves, in words), and when emails
    may leave at all.
    """

    program: str
    name: str
    mailbox: str
    threading: bool
    window: str
    emails: tuple[tuple[str, str], ...]


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
class DistributionCard:
    """A distribution after its draft was decided, in numbers. `ended`: nothing is left to send."""

    distribution_id: str
    title: str
    mailbox: str
    people: int
    state: DistributionState
    decided_by: str
    started_at: datetime | None
    counts: dict[DeliveryStatus, int] = field(default_factory=dict)
    ended: bool = False


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


View = (
    Help
    | Refusal
    | Notice
    | InviteForm
    | MailboxCard
    | MailboxList
    | SignInInvite
    | ConnectedReceipt
    | DomainCard
    | DomainList
    | SequenceList
    | SequenceForm
    | SequenceReceipt
    | DistributeForm
    | DistributionPreview
    | DistributionCard
    | History
    | Happening
)
