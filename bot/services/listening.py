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
from bot.services.changing import change
from bot.services.sweeping import queue_catch_up


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
        known = {state: await self._known(state) for state in {_vouched(each) for each in told}}
        by_mailbox: dict[str, list[Notification]] = {}
        events: dict[tuple[str, str], Subscription] = {}
        refused = 0
        for each in told:
            subscription = known[_vouched(each)]
            if subscription is None or not _holds(subscription, each):
                refused += 1
            elif each.event:
                events[subscription.id, each.event] = subscription
            else:
                kept = by_mailbox.setdefault(subscription.mailbox_id, [])
                kept.append(_notification(subscription, each))
        await asyncio.gather(*map(self._inbound.append, by_mailbox.values()))
        for (_, event), subscription in events.items():
            await self._happened(subscription, event)
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

    async def _known(self, state: str) -> Subscription | None:
        """The record is found by the hash of the clientState, which only Graph was told."""
        key = subscription_key(state)
        return await self._records.get(Subscription, key, key) if state else None


def _vouched(told: Told) -> str:
    """Return the clientState, "" where what it came with is not worth looking anything up."""
    named = told.subscription_id and told.tenant_id and (told.message_id or told.event)
    return told.client_state if named else ""


def _holds(known: Subscription, told: Told) -> bool:
    """Whether it is of this subscription: Graph may tell before we know the subscription's id."""
    unknown = not known.graph_id
    same = unknown or compare_digest(known.graph_id.encode(), told.subscription_id.encode())
    return same and known.tenant_id == told.tenant_id


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
