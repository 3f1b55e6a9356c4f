"""Listening: what Graph tells us of mailboxes and subscriptions, believed and kept (A21, B14)."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hmac import compare_digest

from bot.domain.records import Arrivals, Subscription, Told
from bot.jobs import Subscribe
from bot.ports import Clock, Inbound, JobQueue, Records
from bot.services.changing import change
from bot.services.known_subscriptions import KnownSubscriptions
from bot.services.sweeping import queue_catch_up


class Listening:
    """The door notifications come in by."""

    def __init__(self, records: Records, jobs: JobQueue, inbound: Inbound, clock: Clock) -> None:
        self._records = records
        self._jobs = jobs
        self._inbound = inbound
        self._clock = clock
        self._known = KnownSubscriptions(records, clock)

    async def receive(self, told: Sequence[Told]) -> int:
        """Keep what is really ours of one POST, durably, as one entry; return how many of its
        notifications were not.

        Raises:
            TransientError: they could not be kept; Graph will send them again.
        """
        vouched = [each for each in told if _is_whole(each)]
        keys = [subscription_key(each.client_state) for each in vouched]
        found = await self._known.of(keys)
        ours = [(found[key], each) for key, each in zip(keys, vouched, strict=True) if key in found]
        believed = [(known, each) for known, each in ours if _holds(known, each)]
        arrivals = _arrivals(believed)
        if arrivals:
            await self._inbound.append(arrivals)
        events = {(known.id, event): known for known, each in believed for event in each.events}
        for (_, event), known in events.items():
            await self._happened(known, event)
        kept = sum(len(each.message_ids) + len(each.events) for _, each in believed)
        return sum(each.count for each in told) - kept

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


def _is_whole(told: Told) -> bool:
    """Whether it names enough to be worth looking anything up."""
    names = told.client_state and told.subscription_id and told.tenant_id
    return bool(names and (told.message_ids or told.events))


def _holds(known: Subscription, told: Told) -> bool:
    """Whether it is of this subscription: Graph may tell before we know the subscription's id."""
    unknown = not known.graph_id
    same = unknown or compare_digest(known.graph_id.encode(), told.subscription_id.encode())
    return same and known.tenant_id == told.tenant_id


def _arrivals(believed: Sequence[tuple[Subscription, Told]]) -> Sequence[Arrivals]:
    """Return the messages of each mailbox, whichever of its subscriptions told of them."""
    by_mailbox: dict[str, Arrivals] = {}
    for known, told in believed:
        if told.message_ids:
            before = by_mailbox.get(known.mailbox_id)
            by_mailbox[known.mailbox_id] = Arrivals(
                tenant_id=known.tenant_id,
                mailbox_id=known.mailbox_id,
                message_ids=(*before.message_ids, *told.message_ids)
                if before
                else told.message_ids,
            )
    return list(by_mailbox.values())


def subscription_key(client_state: str) -> str:
    """Return the id a subscription is kept under: its clientState is nowhere in the clear."""
    return hashlib.sha256(client_state.encode()).hexdigest()
