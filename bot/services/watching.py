"""Watching: Graph's subscription on a mailbox, made and renewed before it runs out (A21, B14)."""

import asyncio
import hashlib
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest

from bot.domain.errors import ConsentRequiredError, PermanentError, TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.records import Notification, Subscription
from bot.ports import Clock, Inbound, Records, Subscriptions
from bot.services.changing import change
from bot.services.reaching import broken

# Outlook messages: under seven days (subscription resource page); what Graph gives is read back.
_ASKED = timedelta(days=6, hours=22)
_RENEW_BEFORE = timedelta(days=2)
_LEAST_WAIT = timedelta(minutes=5)
_INBOX = "me/mailFolders('Inbox')/messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One change notification as it came in, not yet believed."""

    subscription_id: str
    client_state: str
    tenant_id: str
    message_id: str


class Watching:
    """Subscriptions, and the door their notifications come in by."""

    def __init__(
        self,
        *,
        records: Records,
        subscriptions: Subscriptions,
        inbound: Inbound,
        clock: Clock,
        webhook_url: str,
    ) -> None:
        self._records = records
        self._subscriptions = subscriptions
        self._inbound = inbound
        self._clock = clock
        self._webhook_url = webhook_url

    async def keep_watching(self, tenant_id: str, mailbox_id: str) -> datetime | None:
        """Make or renew the mailbox's subscription; return when to come again, None never.

        An Active mailbox is never left unwatched: what Graph refuses today (a policy, a licence)
        it may grant tomorrow. A connection that is gone is told, and watched again once it is back.

        Raises:
            TransientError: it is not watched yet; come again.
        """
        mailbox = await self._records.get(Mailbox, tenant_id, mailbox_id)
        if mailbox is None or mailbox.status is not MailboxStatus.ACTIVE:
            return None
        try:
            return await self._watch(mailbox)
        except PermanentError as error:
            if isinstance(error, ConsentRequiredError):
                await broken(self._records, mailbox, self._clock.now())
            raise TransientError(f"Graph does not let us watch: {error}") from error

    async def _watch(self, mailbox: Mailbox) -> datetime:
        known = await self._known(mailbox)
        renewed = await self._renew(known) if known is not None and known.graph_id else None
        expires = renewed or await self._create(mailbox)
        return max(expires - _RENEW_BEFORE, self._clock.now() + _LEAST_WAIT)

    async def receive(self, told: Sequence[Told]) -> int:
        """Keep the notifications that are really ours, durably; return how many were not.

        Each mailbox's are an entry of their own: one that cannot be read holds up no other.

        Raises:
            TransientError: they could not be kept; Graph will send them again.
        """
        checked = [await self._checked(each) for each in told]
        believed = [each for each in checked if each is not None]
        by_mailbox: dict[str, list[Notification]] = {}
        for each in believed:
            by_mailbox.setdefault(each.mailbox_id, []).append(each)
        await asyncio.gather(*map(self._inbound.append, by_mailbox.values()))
        return len(checked) - len(believed)

    async def _checked(self, told: Told) -> Notification | None:
        """The record is found by the hash of the clientState, which only Graph was told."""
        if not told.message_id:
            return None
        state = subscription_key(told.client_state)
        known = await self._records.get(Subscription, state, state)
        if known is None or known.tenant_id != told.tenant_id:
            return None
        if known.graph_id and not compare_digest(
            known.graph_id.encode(), told.subscription_id.encode()
        ):
            return None
        return Notification(
            subscription_id=told.subscription_id,
            mailbox_id=known.mailbox_id,
            tenant_id=known.tenant_id,
            message_id=told.message_id,
        )

    async def _known(self, mailbox: Mailbox) -> Subscription | None:
        if not mailbox.subscription:
            return None
        return await self._records.get(Subscription, mailbox.subscription, mailbox.subscription)

    async def _renew(self, known: Subscription) -> datetime | None:
        expires = await self._subscriptions.renew(
            known.mailbox_id, known.graph_id, self._clock.now() + _ASKED
        )
        if expires is not None:
            await self._records.save(replace(known, expires=expires), at=self._clock.now())
        return expires

    async def _create(self, mailbox: Mailbox) -> datetime:
        """The record first, then Graph: its first notification may overtake its own answer."""
        state = random.token_urlsafe(32)
        now = self._clock.now()
        pending = Subscription(
            id=subscription_key(state),
            tenant_id=mailbox.tenant_id,
            mailbox_id=mailbox.id,
            resource=_INBOX,
            expires=now + _ASKED,
        )
        await self._records.save(pending, at=now)
        graph_id, expires = await self._subscriptions.create(
            mailbox.id,
            _INBOX,
            url=f"{self._webhook_url}/graph/notifications",
            lifecycle_url=f"{self._webhook_url}/graph/lifecycle",
            client_state=state,
            expires=pending.expires,
        )
        known = replace(pending, rev=1, graph_id=graph_id, expires=expires)
        await self._records.save(known, at=self._clock.now())
        await change(
            self._records,
            mailbox,
            lambda now_known: replace(now_known, subscription=pending.id),
            home=mailbox.tenant_id,
            at=self._clock.now(),
        )
        return expires


def subscription_key(client_state: str) -> str:
    """Return the id a subscription is kept under: its clientState is nowhere in the clear."""
    return hashlib.sha256(client_state.encode()).hexdigest()
