"""Listening: what Graph tells us of mailboxes and subscriptions, believed and kept (A21, B14)."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from hmac import compare_digest

from bot.domain.records import Notification, Subscription
from bot.jobs import Subscribe
from bot.ports import Clock, Inbound, JobQueue, Records
from bot.services.catching_up import queue_catch_up
from bot.services.changing import change


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notification as it came in, not yet believed: of a message, or of an event in the life
    of the subscription itself.
    """

    subscription_id: str
    client_state: str
    tenant_id: str
    message_id: str
    event: str = ""


class Listening:
    """The door notifications come in by."""

    def __init__(self, records: Records, jobs: JobQueue, inbound: Inbound, clock: Clock) -> None:
        self._records = records
        self._jobs = jobs
        self._inbound = inbound
        self._clock = clock

    async def receive(self, told: Sequence[Told]) -> int:
        """Keep the notifications that are really ours, durably; return how many were not.

        Each mailbox's are an entry of their own: one that cannot be read holds up no other.

        Raises:
            TransientError: they could not be kept; Graph will send them again.
        """
        refused = 0
        by_mailbox: dict[str, list[Notification]] = {}
        for each in told:
            known = await self._checked(each)
            if known is None:
                refused += 1
            elif each.event:
                await self._happened(known, each.event)
            else:
                by_mailbox.setdefault(known.mailbox_id, []).append(_notification(known, each))
        await asyncio.gather(*map(self._inbound.append, by_mailbox.values()))
        return refused

    async def _happened(self, known: Subscription, event: str) -> None:
        """Act on an event in a subscription's life (change-notifications-lifecycle-events)."""
        if event == "missed":
            await queue_catch_up(self._jobs, known, self._clock.now())
            return
        if event == "subscriptionRemoved":
            now = self._clock.now()
            removed = partial(replace, graph_id="")
            await change(self._records, known, removed, home=known.id, at=now)
        watch = Subscribe(tenant_id=known.tenant_id, mailbox_id=known.mailbox_id)
        await self._jobs.put(known.tenant_id, watch, at=self._clock.now())

    async def _checked(self, told: Told) -> Subscription | None:
        """The record is found by the hash of the clientState, which only Graph was told."""
        if not told.message_id and not told.event:
            return None
        state = subscription_key(told.client_state)
        known = await self._records.get(Subscription, state, state)
        if known is None or known.tenant_id != told.tenant_id:
            return None
        if known.graph_id and not compare_digest(
            known.graph_id.encode(), told.subscription_id.encode()
        ):
            return None
        return known


def _notification(known: Subscription, told: Told) -> Notification:
    return Notification(
        subscription_id=told.subscription_id,
        mailbox_id=known.mailbox_id,
        tenant_id=known.tenant_id,
        message_id=told.message_id,
    )


def subscription_key(client_state: str) -> str:
    """Return the id a subscription is kept under: its clientState is nowhere in the clear."""
    return hashlib.sha256(client_state.encode()).hexdigest()
