"""Watching: Graph's subscriptions on a mailbox, made, renewed, made anew, ended (B14)."""

import secrets as random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.errors import ConsentRequiredError, PermanentError, TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.records import Subscription
from bot.domain.watching import is_fresh, next_visit
from bot.jobs import SweepMailbox
from bot.ports import Clock, JobQueue, Records, Subscriptions, Watches
from bot.services.changing import change
from bot.services.known_subscriptions import subscription_key
from bot.services.reaching import broken

_log = structlog.get_logger(__name__)
# Outlook messages: under seven days (subscription resource page); what Graph gives is read back.
_ASKED = timedelta(days=6, hours=22)
# A sweep that was given up is taken up again.
_SWEEP_WITHIN = timedelta(hours=1)
# Answers are filed as junk now and then (G9); wherever else they are filed, the sweep finds them.
WATCHED = ("me/mailFolders('Inbox')/messages", "me/mailFolders('JunkEmail')/messages")


class Watching:
    """Keeps a subscription on each watched folder of every mailbox that is connected."""

    def __init__(
        self,
        *,
        records: Records,
        jobs: JobQueue,
        subscriptions: Subscriptions,
        watches: Watches,
        clock: Clock,
        webhook_url: str,
    ) -> None:
        self._records = records
        self._jobs = jobs
        self._subscriptions = subscriptions
        self._watches = watches
        self._clock = clock
        self._webhook_url = webhook_url

    async def keep_watching(self, tenant_id: str, mailbox_id: str) -> datetime | None:
        """Make or renew the mailbox's subscriptions, or end those of a removed one; return when to
        come again, None never.

        An Active mailbox is never left unwatched: what Graph refuses today (a policy, a licence)
        it may grant tomorrow. A connection that is gone is told, and watched again once it is back.

        Raises:
            TransientError: not all of it is watched yet; come again.
        """
        mailbox = await self._records.get(Mailbox, tenant_id, mailbox_id)
        if mailbox is None or mailbox.status is not MailboxStatus.ACTIVE:
            await self._watches.forget(mailbox_id)
            if mailbox is not None and mailbox.status is MailboxStatus.REMOVED:
                await self._end(mailbox)
            return None
        now = self._clock.now()
        await self._watches.expect(mailbox_id, now)
        sweep = SweepMailbox(tenant_id=tenant_id, mailbox_id=mailbox_id)
        await self._jobs.put(tenant_id, sweep, at=now + _SWEEP_WITHIN)
        try:
            return await self._watch(mailbox)
        except (PermanentError, TransientError) as error:
            await self._watches.lost(mailbox_id)
            _log.warning("watching.unwatched", mailbox=mailbox_id, error=str(error))
            if isinstance(error, ConsentRequiredError):
                await self._break(tenant_id, mailbox_id, error.words)
            raise TransientError(f"Graph does not let us watch: {error}") from error

    async def _break(self, tenant_id: str, mailbox_id: str, why: str) -> None:
        """Have the mailbox Inactive as it stands now: it has changed since, by ourselves."""
        mailbox = await self._records.get(Mailbox, tenant_id, mailbox_id)
        if mailbox is not None:
            await broken(self._records, mailbox, self._clock.now(), why)

    async def heard(self, mailbox_id: str) -> None:
        """Note that Graph has told of a mailbox, and what it told of was read."""
        await self._watches.heard(mailbox_id, self._clock.now())

    async def _watch(self, mailbox: Mailbox) -> datetime:
        """Watch every folder: one that Graph refuses for good keeps no other from it.

        Raises:
            PermanentError: a folder was refused.
            TransientError: Graph cannot be asked now.
        """
        known, now = await self._known(mailbox), self._clock.now()
        live = [each for each in known.values() if each.graph_id]
        kept: list[Subscription] = []
        refused: list[PermanentError] = []
        for resource in WATCHED:
            try:
                kept.append(await self._kept(mailbox, resource, known.get(resource)))
            except ConsentRequiredError:
                raise
            except PermanentError as error:
                refused.append(error)
        if refused:
            raise refused[0]
        await self._watches.renewed(mailbox.id, min(each.renewed_at or now for each in kept))
        return next_visit(live, kept, now)

    async def _known(self, mailbox: Mailbox) -> Mapping[str, Subscription]:
        found = {
            resource: await self._records.get(Subscription, id, id)
            for resource, id in mailbox.subscriptions.items()
        }
        return {resource: each for resource, each in found.items() if each is not None}

    async def _kept(
        self, mailbox: Mailbox, resource: str, known: Subscription | None
    ) -> Subscription:
        now = self._clock.now()
        if known is None or not known.graph_id:
            return await self._create(mailbox, resource)
        if is_fresh(known, now):
            return known
        expires = await self._subscriptions.renew(mailbox.id, known.graph_id, now + _ASKED)
        if expires is None:
            return await self._create(mailbox, resource)
        renewed = replace(known, expires=expires, renewed_at=now)
        await self._records.save(renewed, at=now)
        return replace(renewed, rev=renewed.rev + 1)

    async def _create(self, mailbox: Mailbox, resource: str) -> Subscription:
        """The record first, then Graph: its first notification may overtake its own answer. What
        came since Graph fell silent about the one before is swept up.
        """
        state, now = random.token_urlsafe(32), self._clock.now()
        pending = Subscription(
            id=subscription_key(state),
            tenant_id=mailbox.tenant_id,
            mailbox_id=mailbox.id,
            resource=resource,
            expires=now + _ASKED,
        )
        await self._point(mailbox, resource, pending.id)
        await self._records.save(pending, at=now)
        graph_id, expires = await self._subscriptions.create(
            mailbox.id,
            resource,
            url=f"{self._webhook_url}/graph/notifications",
            lifecycle_url=f"{self._webhook_url}/graph/lifecycle",
            client_state=state,
            expires=pending.expires,
        )
        made = replace(pending, rev=1, graph_id=graph_id, expires=expires, renewed_at=now)
        await self._records.save(made, at=self._clock.now())
        sweep = SweepMailbox(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id, once=True)
        await self._jobs.put(mailbox.tenant_id, sweep, at=self._clock.now())
        return replace(made, rev=2)

    async def _point(self, mailbox: Mailbox, resource: str, id: str) -> None:
        """Have the mailbox name the record by which a folder is watched, and forget the one before:
        what Graph still tells by that one is believed no more.
        """
        before = ""

        def pointed(known: Mailbox) -> Mailbox:
            nonlocal before
            before = known.subscriptions.get(resource, "")
            return replace(known, subscriptions={**known.subscriptions, resource: id})

        now = self._clock.now()
        await change(self._records, mailbox, pointed, home=mailbox.tenant_id, at=now)
        if before:
            await self._records.delete(Subscription, before, before)

    async def _end(self, mailbox: Mailbox) -> None:
        """Have Graph tell no more of a mailbox, and forget that it did. Where its connection is
        gone already, Graph falls silent by itself once the token it has runs out.

        Raises:
            TransientError: Graph cannot be asked now; come again.
        """
        for known in (await self._known(mailbox)).values():
            if known.graph_id:
                try:
                    await self._subscriptions.delete(mailbox.id, known.graph_id)
                except PermanentError as error:
                    _log.warning("watching.not_ended", mailbox=mailbox.id, error=str(error))
            await self._records.delete(Subscription, known.id, known.id)
        if mailbox.subscriptions:
            nothing = partial(replace, subscriptions={})
            now = self._clock.now()
            await change(self._records, mailbox, nothing, home=mailbox.tenant_id, at=now)
