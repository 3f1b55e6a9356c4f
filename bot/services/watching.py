"""Watching: Graph's subscription on a mailbox, made, renewed, made anew (B14)."""

import secrets as random
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.errors import ConsentRequiredError, PermanentError, TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.records import Subscription
from bot.ports import Clock, JobQueue, Records, Subscriptions
from bot.services.changing import change
from bot.services.known_subscriptions import subscription_key
from bot.services.reaching import broken
from bot.services.sweeping import queue_catch_up

# Outlook messages: under seven days (subscription resource page); what Graph gives is read back.
_ASKED = timedelta(days=6, hours=22)
# Graph tells us nothing more once the token it was last given expires, after about an hour
# (change-notifications-delivery-webhooks); it wants one no oftener than every ten minutes.
_RENEW_EVERY = timedelta(minutes=40)
_RENEW_BEFORE = timedelta(minutes=5)
_LEAST_WAIT = timedelta(minutes=10)
# What happens while it has none, Graph keeps for four hours.
_KEPT = timedelta(hours=4)
_INBOX = "me/mailFolders('Inbox')/messages"


class Watching:
    """Keeps a subscription on every mailbox that is connected."""

    def __init__(
        self,
        records: Records,
        jobs: JobQueue,
        subscriptions: Subscriptions,
        clock: Clock,
        webhook_url: str,
    ) -> None:
        self._records = records
        self._jobs = jobs
        self._subscriptions = subscriptions
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
                await broken(self._records, mailbox, self._clock.now(), error.words)
            raise TransientError(f"Graph does not let us watch: {error}") from error

    async def _watch(self, mailbox: Mailbox) -> datetime:
        known, now = await self._known(mailbox), self._clock.now()
        live = known if known is not None and known.graph_id else None
        if live and live.renewed_at and now < live.renewed_at + _LEAST_WAIT:
            return live.renewed_at + _LEAST_WAIT
        expires = await self._renew(live) if live else None
        if expires is None:
            expires = await self._create(mailbox, known)
        soon = min(now + _RENEW_EVERY, expires - _RENEW_BEFORE)
        return max(soon, now + _LEAST_WAIT)

    async def _known(self, mailbox: Mailbox) -> Subscription | None:
        if not mailbox.subscription:
            return None
        return await self._records.get(Subscription, mailbox.subscription, mailbox.subscription)

    async def _renew(self, known: Subscription) -> datetime | None:
        expires = await self._subscriptions.renew(
            known.mailbox_id, known.graph_id, self._clock.now() + _ASKED
        )
        if expires is not None:
            now = self._clock.now()
            if known.renewed_at and now > known.renewed_at + _KEPT:
                await queue_catch_up(self._jobs, known, now)
            await self._records.save(replace(known, expires=expires, renewed_at=now), at=now)
        return expires

    async def _create(self, mailbox: Mailbox, before: Subscription | None) -> datetime:
        """The record first, then Graph: its first notification may overtake its own answer. What
        came since Graph fell silent about the one before is looked for.
        """
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
        known = replace(pending, rev=1, graph_id=graph_id, expires=expires, renewed_at=now)
        await self._records.save(known, at=self._clock.now())
        if before is not None:
            await queue_catch_up(self._jobs, before, now)
        await change(
            self._records,
            mailbox,
            lambda now_known: replace(now_known, subscription=pending.id),
            home=mailbox.tenant_id,
            at=self._clock.now(),
        )
        return expires
