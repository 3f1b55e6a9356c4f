"""What cards about mailboxes show."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.mailbox import MailboxStatus, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteForm:
    """Whom to invite and as what, with what was filled in already."""

    person: str = ""
    address: str = ""
    permission: Permission = Permission.READ_SEND
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLine:
    """One mailbox as admins see it. `blocked`: it stays connected, but is kept from sending."""

    id: str
    address: str
    owner_name: str
    permission: Permission
    status: MailboxStatus
    problem: str = ""
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many emails may leave a mailbox: on any day, today, and how many places of today are
    taken. `full_from` is the day from which on a new mailbox may send its whole limit.
    """

    a_day: int
    today: int
    taken: int
    full_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxCard:
    """The admin's card of one mailbox. `link` is the sign-in link to copy, "" when none is open.

    `room` says how much of a day it may send, None where it sends nothing.
    """

    mailbox: MailboxLine
    invited_by: str
    expires: datetime
    link: str = ""
    room: Room | None = None
    problems: tuple[str, ...] = ()


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
    """What replaces the owner's sign-in card after consent. `excerpts`: they agreed that a channel
    sees the first words of replies.
    """

    mailbox_id: str
    address: str
    permission: Permission
    excerpts: bool = False
