"""Listening: what Graph tells us of mailboxes and subscriptions, believed and kept (A21, B14)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bot.domain.records import Arrivals, Subscription, Told
from bot.jobs import Subscribe, SweepMailbox
from bot.ports import Clock, Inbound, JobQueue, Records
from bot.services.changing import change
from bot.services.known_subscriptions import KnownSubscriptions


class Listening:
    """The door notifications come in by."""

    def __init__(self, records: Records, jobs: JobQueue, inbound: Inbound, clock: Clock) -> None:
        self._records = records
        self._jobs = jobs
        self._inbound = inbound
        self._clock = clock
        self._known = KnownSubscriptions(records, clock)

    async def receive(self, told: Sequence[Told]) -> int:
        """Keep what is really ours of one POST, durably, as one entry of the stream; return how
        many notifications were not.

        Raises:
            TransientError: they could not be kept; Graph will send them again.
        """
        known = await self._known.of({each[1] for each in told})
        messages: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        events: dict[tuple[str, str], Subscription] = {}
        refused = 0
        for subscription_id, state, tenant_id, message_id, event in told:
            of = known.get(state)
            # Graph may tell before we know the id it gave to the subscription.
            if of is None or tenant_id != of.tenant_id or of.graph_id not in (subscription_id, ""):
                refused += 1
            elif event:
                events[of.id, event] = of
            elif message_id:
                messages[tenant_id, of.mailbox_id].append(message_id)
            else:
                refused += 1
        if messages:
            await self._inbound.append([_arrived(*each) for each in messages.items()])
        for (_, event), of in events.items():
            await self._happened(of, event)
        return refused

    async def _happened(self, known: Subscription, event: str) -> None:
        """Act on an event in a subscription's life (change-notifications-lifecycle-events)."""
        if event == "missed":
            sweep = SweepMailbox(tenant_id=known.tenant_id, mailbox_id=known.mailbox_id, once=True)
            await self._jobs.put(known.tenant_id, sweep, at=self._clock.now())
            return
        if event == "subscriptionRemoved":
            now = self._clock.now()
            removed = partial(replace, graph_id="")
            await change(self._records, known, removed, home=known.id, at=now)
        watch = Subscribe(tenant_id=known.tenant_id, mailbox_id=known.mailbox_id)
        await self._jobs.put(known.tenant_id, watch, at=self._clock.now())


def _arrived(of: tuple[str, str], message_ids: Sequence[str]) -> Arrivals:
    return Arrivals(tenant_id=of[0], mailbox_id=of[1], message_ids=tuple(message_ids))
