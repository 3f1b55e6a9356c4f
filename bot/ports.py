"""What the use cases need from the world, in our own words. Implementations live in one package
each: storage (records, queues, secrets), graph (mail, subscriptions), entra (sign-in), teams.

Every time is an aware UTC datetime taken from `Clock`. Every method may raise `TransientError`
when the other side cannot be reached.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.domain.delivery import OutgoingMail, SendReport, SentCopy
from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment
from bot.domain.inbound import IncomingMail
from bot.domain.mailbox import Identity, Mailbox
from bot.domain.records import Conversation, Invite, Notification, Subscription
from bot.domain.schedule import SendLimits
from bot.domain.sequence import Sequence as MailSequence
from bot.domain.views import View
from bot.jobs import Job

Record = Mailbox | MailSequence | Distribution | Enrolment | Conversation | Invite | Subscription
R = TypeVar("R", bound=Record)


class Clock(Protocol):
    """Calendar time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""


class Records(Protocol):
    """Records, each under its home: the value that decides its shard.

    Home of a Mailbox, Sequence, Distribution, Conversation: its tenant id. Of an Enrolment: its
    mailbox id. Of an Invite and a Subscription: its own id. Records of one home are saved together
    or not at all.
    """

    async def get(self, kind: type[R], home: str, id: str) -> R | None:
        """Return the record, or None."""

    async def list(self, kind: type[R], home: str) -> Sequence[R]:
        """Return all records of a kind in one home, oldest first. Not for Enrolment (there is
        `enrolments_of`), Invite or Subscription.
        """

    async def save(self, *records: Record, jobs: Sequence[Job] = (), at: datetime) -> None:
        """Save records of one home and queue `jobs` with them, due at `at`, in one step.

        A record with rev 0 must be new; any other must still be at its rev. Saved ones stand at
        rev + 1. An Enrolment's place in the send queue follows its `next_due`.

        Raises:
            ConcurrentChangeError: somebody saved one of them meanwhile; nothing was changed.
        """

    async def delete(self, kind: type[R], home: str, id: str) -> None:
        """Forget the record; one that is not there is no fault."""

    async def enrolments(self, mailbox_id: str, ids: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments that exist among `ids`, in that order."""

    async def enrolment_by_message_id(self, mailbox_id: str, message_id: str) -> Enrolment | None:
        """Return the enrolment one of whose `message_ids` this is."""

    async def enrolments_by_address(self, mailbox_id: str, address: str) -> Sequence[Enrolment]:
        """Return the enrolments of this mailbox for a participant's address, newest last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to submit one enrolment's pending email until `expires`.

    The intent is durable before a claim is returned. `recovered`: an earlier holder vanished, so
    that email may have left already. `fence` rises with every claim and never repeats.
    """

    mailbox_id: str
    enrolment_id: str
    fence: str
    expires: datetime
    recovered: bool = False


class SendQueue(Protocol):
    """What is due to be sent, claimed under pace and in-flight limits."""

    async def claim(self, now: datetime, most: int, limits: SendLimits) -> Sequence[Claim]:
        """Take up to `most` due enrolments (next_due <= now), fairly over mailboxes: never more
        than `limits.in_flight` claims of a mailbox at once, `limits.pace` apart. Claims whose lease
        ran out come first, with a new fence and lease, as recovered.
        """

    async def settle(
        self, claim: Claim, enrolment: Enrolment, *, jobs: Sequence[Job] = (), at: datetime
    ) -> None:
        """Save the enrolment as `Records.save` does and end the claim, in one step.

        Raises:
            ConcurrentChangeError: the record moved meanwhile; load it, decide again, settle again.
            PermanentError: the claim is no longer ours (its lease ran out and somebody took it).
        """

    async def let_go(self, claim: Claim) -> None:
        """End the claim without a change: nothing was submitted. Back into the queue if due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """A job being worked on. `attempt` counts the failures in a row, from 1."""

    shard: int
    job: Job
    attempt: int
    token: str


class JobQueue(Protocol):
    """Jobs that wait. At least once: one whose worker vanished comes back after its lease."""

    async def put(self, home: str, *jobs: Job, at: datetime) -> None:
        """Queue jobs due at `at`; a key that is queued already runs at the earlier moment. One that
        is being worked on right now runs once more afterwards.
        """

    async def take(self, now: datetime, most: int, lease: timedelta) -> Sequence[QueuedJob]:
        """Take up to `most` due jobs, each for the length of the lease."""

    async def finish(self, queued: QueuedJob) -> None:
        """Forget a job that is done (or given up); one taken over by somebody else is left."""

    async def again(self, queued: QueuedJob, at: datetime, *, failed: bool) -> None:
        """Put a job back, due at `at`; one that did not fail begins to count attempts anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEntry:
    """Notifications that arrived in one POST."""

    id: str
    notifications: tuple[Notification, ...]


class Inbound(Protocol):
    """The durable stream between Graph's POST and our reading of it."""

    async def append(self, notifications: Sequence[Notification]) -> None:
        """Keep them as one entry, durably, before returning."""

    async def read(self, consumer: str, most: int, idle: timedelta) -> Sequence[InboundEntry]:
        """Return entries nobody has taken, and those another consumer took longer than `idle`
        (real time) ago and never finished. Waits up to a second when there is nothing.
        """

    async def done(self, entry: InboundEntry) -> None:
        """Forget an entry that was handled."""


class Secrets(Protocol):
    """Small secrets, encrypted at rest."""

    async def put(self, name: str, value: bytes, *, expires: datetime | None = None) -> None:
        """Keep `value` under `name`, over what was there; gone after `expires`."""

    async def get(self, name: str) -> tuple[bytes, int] | None:
        """Return the value and its revision, or None."""

    async def swap(self, name: str, value: bytes, revision: int) -> bool:
        """Replace the value if it is still at `revision`; return whether it was."""

    async def take(self, name: str) -> bytes | None:
        """Return the value and forget it, in one step: two callers never both get it."""


class MailClient(Protocol):
    """One person's mailbox, through Graph with their own consent.

    Every method but `send` raises ConsentRequiredError when the connection is gone for good.
    """

    async def send(
        self,
        mailbox_id: str,
        mail: OutgoingMail,
        *,
        until: datetime,
        wanted: Callable[[], Awaitable[bool]],
    ) -> SendReport:
        """Submit one email, once: never retried here. Not written at all when `wanted`, asked just
        before, says no, or when `until` (half of the lease) has passed. Never raises for what
        Graph or the network does: the report says it.

        Raises:
            ConsentRequiredError, TransientError, PermanentError: no token can be had, so nothing
                was written.
        """

    async def find_sent(self, mailbox_id: str, key: str) -> SentCopy | None:
        """Return the copy carrying our key, from Sent Items or, on its way there, from Drafts."""

    async def sent_since(self, mailbox_id: str, since: datetime) -> Mapping[str, SentCopy]:
        """Return our copies in Sent Items from `since` on, by our key."""

    async def received_since(self, mailbox_id: str, since: datetime) -> Sequence[str]:
        """Return the Graph ids of what came into the Inbox from `since` on, oldest first."""

    async def fetch(self, mailbox_id: str, message_id: str) -> IncomingMail | None:
        """Return the metadata of a message by its Graph id; None when it is gone."""

    async def mime(self, mailbox_id: str, message_id: str) -> bytes:
        """Return the whole message as RFC 5322 text."""


class Subscriptions(Protocol):
    """Graph's change notifications for one mailbox."""

    async def create(
        self,
        mailbox_id: str,
        resource: str,
        *,
        url: str,
        lifecycle_url: str,
        client_state: str,
        expires: datetime,
    ) -> tuple[str, datetime]:
        """Return the subscription's id and the expiry Graph really gave it."""

    async def renew(
        self, mailbox_id: str, subscription_id: str, expires: datetime
    ) -> datetime | None:
        """Return the new expiry; None when Graph knows the subscription no more."""


class SignIn(Protocol):
    """Consent of mailbox owners, and the tokens that come of it, kept encrypted per mailbox."""

    async def begin(self, mailbox: Mailbox, redirect_uri: str) -> str:
        """Return the address of Microsoft's sign-in page for this mailbox's scopes.

        State, nonce and PKCE verifier are kept for 10 minutes, used up by the callback.
        """

    async def finish(self, parameters: Mapping[str, str]) -> "SignedIn":
        """Redeem the callback's parameters.

        Raises:
            UserMistakeError: unknown, used or expired start; or the person declined.
            PermanentError: the tenant demands an admin's approval (code "admin_approval"), or the
                id_token does not hold (code "untrusted").
        """

    async def keep(self, signed_in: "SignedIn") -> None:
        """Keep the tokens for the mailbox: called once the identity was accepted."""

    async def forget(self, signed_in: "SignedIn") -> None:
        """Forget what was kept: the mailbox was not connected after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A finished sign-in: which mailbox's, who it was, and the tokens as an opaque blob."""

    tenant_id: str
    mailbox_id: str
    invite: int
    identity: Identity
    tokens: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in a Teams conversation's roster; both addresses in lower case or ""."""

    oid: str
    name: str
    address: str
    user_principal_name: str


class Chat(Protocol):
    """Posting to Teams without being asked. Raises PermanentError when the place is gone or the
    bot was never let in (not worth retrying), TransientError otherwise.
    """

    async def post(self, conversation: Conversation, view: View) -> str:
        """Post a card showing `view`; return its message id."""

    async def update(self, conversation: Conversation, message_id: str, view: View) -> None:
        """Replace the card at `message_id`."""

    async def open_personal(self, tenant_id: str, oid: str, service_url: str) -> Conversation:
        """Return the 1:1 chat with somebody (not saved)."""

    async def person(self, conversation: Conversation, oid: str) -> Person | None:
        """Return somebody of the conversation's roster, None when they are not in it."""
