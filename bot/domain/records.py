"""Small records without rules of their own: places in Teams, invites, subscriptions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConversationKind(StrEnum):
    """Where in Teams."""

    PERSONAL = "personal"
    GROUP = "groupChat"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A place in Teams the bot may post to (a conversation reference, in our words).

    `service_url` moves: it is refreshed whenever the conversation is heard from. `user_oid` is the
    other side of a personal chat, "" elsewhere; `announce` marks a channel that asked by
    `notify here` to hear of replies, bounces and failures; `welcomed` that the bot has said there
    what it can do.
    """

    id: str
    tenant_id: str
    kind: ConversationKind
    service_url: str
    user_oid: str = ""
    name: str = ""
    announce: bool = False
    welcomed: bool = False
    rev: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """From an opaque link to its mailbox. `id` is the SHA-256 of the link's token, in hex."""

    id: str
    tenant_id: str
    mailbox_id: str
    number: int
    expires: datetime
    rev: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A Graph subscription on one mailbox's folder.

    `id` is the SHA-256 of its clientState, in hex, so that the record stands before Graph is asked:
    the first notification may overtake Graph's own answer. `graph_id` is "" until that answer, and
    again once Graph has removed it. `renewed_at` is when Graph last took a token of ours for it.
    """

    id: str
    tenant_id: str
    mailbox_id: str
    resource: str
    graph_id: str = ""
    expires: datetime
    renewed_at: datetime | None = None
    rev: int = 0


# What one notification of Graph says, believed by nobody yet: subscription, clientState, tenant,
# and the message that came or the event in the subscription's life; "" where it says nothing. A
# bare tuple: a POST may hold hundreds.
Told = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Messages Graph told of in one mailbox, checked and kept until they are read."""

    tenant_id: str
    mailbox_id: str
    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message that came into a mailbox, by its id at Graph."""

    mailbox_id: str
    tenant_id: str
    message_id: str
