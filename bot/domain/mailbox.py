"""A mailbox: the connection to one person's Outlook mailbox, and the invite that leads to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.daily_limit import MOST_A_DAY, ramp
from bot.domain.obstacle import Obstacle, told

INVITE_LIFETIME = timedelta(days=7)


class Permission(StrEnum):
    """What the owner is asked to allow."""

    READ_ONLY = "read_only"
    READ_SEND = "read_send"


class MailboxStatus(StrEnum):
    """G1: the states of a mailbox."""

    INVITED = "invited"
    APPROVAL_REQUIRED = "approval_required"
    ACTIVE = "active"
    INACTIVE = "inactive"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Where a card of ours stands, so that it can be replaced later."""

    conversation_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One connection.

    `owner_oid` is the Entra object id where the owner was picked in Teams, "" where the address was
    typed and nobody has consented yet. `invite` counts the invites made; only the newest is valid.
    `subscriptions` are the ids of its Subscription records, by the resource each watches. It sends
    `daily_limit` emails a day at most, fewer while it is warmed up since `ramp_from` (B4). Of one
    that stays connected, `obstacle` is what keeps it from sending until a person has it try again.
    `excerpts`: its owner agreed that a channel sees the first words of replies (B13).
    """

    id: str
    tenant_id: str
    address: str
    owner_name: str
    owner_oid: str
    permission: Permission
    status: MailboxStatus
    invited_by: str
    invited_by_name: str
    invite: int
    invite_expires: datetime
    admin_card: Message | None = None
    owner_card: Message | None = None
    problem: str = ""
    subscriptions: Mapping[str, str] = field(default_factory=dict)
    daily_limit: int = MOST_A_DAY
    ramp_from: date | None = None
    obstacle: Obstacle | None = None
    excerpts: bool = False
    rev: int = 0

    @property
    def ramp(self) -> Mapping[date, int]:
        """The days of less than the whole limit."""
        return ramp(self.ramp_from, self.daily_limit) if self.ramp_from else {}

    def limit_on(self, day: date) -> int:
        """Return how many emails may leave on a day."""
        return self.ramp.get(day, self.daily_limit)

    @property
    def full_from(self) -> date | None:
        """The first day of the whole limit, where the mailbox is or was warmed up."""
        return self.ramp_from and self.ramp_from + timedelta(days=len(self.ramp))

    @property
    def can_send(self) -> bool:
        """Whether program email may leave through this mailbox."""
        connected = self.status is MailboxStatus.ACTIVE and self.permission is Permission.READ_SEND
        return connected and self.obstacle is None

    @property
    def cannot_send(self) -> str:
        """Why nothing may leave, as sentences that name the mailbox; "" when it may."""
        if self.can_send:
            return ""
        if self.status is MailboxStatus.ACTIVE and self.obstacle:
            return f"{self.address} cannot send. {told(self.obstacle)}"
        return f"{self.address} is not connected for sending."


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who signed in, from a validated id_token and /me. Addresses in lower case."""

    oid: str
    tenant_id: str
    name: str
    mail: str
    user_principal_name: str


def scopes_for(permission: Permission) -> tuple[str, ...]:
    """A7: the Graph scopes of one consent, and nothing else, ever."""
    scopes = ("User.Read", "Mail.Read")
    return (*scopes, "Mail.Send") if permission is Permission.READ_SEND else scopes


def with_limit(mailbox: Mailbox, a_day: int, warm_from: date | None) -> Mailbox:
    """Return the mailbox held to `a_day` emails a day, and to fewer from `warm_from` on; a warming
    up that has begun goes on where it stands.
    """
    begun = warm_from and (mailbox.ramp_from or warm_from)
    return replace(mailbox, daily_limit=a_day, ramp_from=begun)


def reinvite(mailbox: Mailbox, now: datetime) -> Mailbox:
    """Return the mailbox with a fresh invite; the one before is dead from here on."""
    return replace(mailbox, invite=mailbox.invite + 1, invite_expires=now + INVITE_LIFETIME)


def invite_is_open(mailbox: Mailbox, invite: int, now: datetime) -> bool:
    """Whether this invite can still be used: the newest, not expired, not used up (G1)."""
    waiting = mailbox.status in (MailboxStatus.INVITED, MailboxStatus.APPROVAL_REQUIRED)
    return waiting and invite == mailbox.invite and now < mailbox.invite_expires


def matches_invite(mailbox: Mailbox, identity: Identity) -> bool:
    """A3: whether who signed in is who was invited.

    Picked in Teams: object id and tenant must match. Typed: the tenant, and the address must be
    the account's mail or user principal name.
    """
    if identity.tenant_id != mailbox.tenant_id:
        return False
    if mailbox.owner_oid:
        return identity.oid == mailbox.owner_oid
    return mailbox.address in (identity.mail, identity.user_principal_name)


def connect(mailbox: Mailbox, identity: Identity) -> Mailbox:
    """Return the mailbox after its owner's consent: Active, pinned to their object id, and under an
    address of theirs, whatever was typed beside the person picked. What another owner agreed to
    counts no more.
    """
    theirs = [each for each in (identity.mail, identity.user_principal_name) if each]
    return replace(
        mailbox,
        address=mailbox.address
        if mailbox.address in theirs
        else theirs[0]
        if theirs
        else mailbox.address,
        status=MailboxStatus.ACTIVE,
        owner_oid=identity.oid,
        excerpts=mailbox.excerpts and mailbox.owner_oid == identity.oid,
        owner_name=identity.name or mailbox.owner_name,
        problem="",
    )


def break_connection(mailbox: Mailbox, problem: str) -> Mailbox:
    """A10: return the mailbox Inactive for `problem`; one that is not Active is unchanged."""
    if mailbox.status is not MailboxStatus.ACTIVE:
        return mailbox
    return replace(mailbox, status=MailboxStatus.INACTIVE, problem=problem)


def block(mailbox: Mailbox, obstacle: Obstacle) -> Mailbox:
    """Return the connected mailbox kept from sending; one that is so already is unchanged."""
    if mailbox.status is not MailboxStatus.ACTIVE or mailbox.obstacle is not None:
        return mailbox
    return replace(mailbox, obstacle=obstacle)


def unblock(mailbox: Mailbox) -> Mailbox:
    """Return the mailbox free to try and send again; one that is so already is unchanged."""
    return replace(mailbox, obstacle=None) if mailbox.obstacle else mailbox
