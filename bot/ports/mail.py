"""Mail: a mailbox through Graph, and who may use it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.delivery import OutgoingMail, SendReport, SentCopy
from bot.domain.inbound import IncomingMail
from bot.domain.mailbox import Identity, Mailbox


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
        """Submit one email under its claim, once: never retried here. Not written at all when
        `wanted`, asked just before, says no, or when `until` (half of the lease at most) has
        passed. Never raises for what Graph or the network does: the report says it.

        Raises:
            ConsentRequiredError, TransientError, PermanentError: no token can be had, so nothing
                was written.
        """

    async def find_sent(
        self, mailbox_id: str, key: str, *, claimed: bool = False
    ) -> SentCopy | None:
        """Return the copy carrying our key, from Sent Items or, on its way there, from Drafts.
        `claimed`: the caller holds the claim to this email, which counts as its request.
        """

    async def sent_since(
        self, mailbox_id: str, since: datetime, most: int | None = None
    ) -> Mapping[str, SentCopy]:
        """Return our copies in Sent Items from `since` on, by our key; of more than `most` the
        first pages that hold so many.
        """

    def arrived_since(
        self, mailbox_id: str, since: datetime
    ) -> AsyncIterator[Sequence[IncomingMail]]:
        """Give what came into the mailbox from `since` on, whatever folder it was filed in, page by
        page and oldest first. Drafts and Sent Items are no arrivals.
        """

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

    async def delete(self, mailbox_id: str, subscription_id: str) -> None:
        """End a subscription; one that Graph knows no more is no fault."""


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
