"""Catching up: what came into a mailbox while Graph may not have told of it (B14)."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from bot.domain.records import Notification, Subscription
from bot.jobs import CatchUp
from bot.ports import Clock, Inbound, JobQueue, MailClient, Records
from bot.services.reaching import when_reached

# Graph tries to tell us for four hours, and does not say what it missed.
_BACK = timedelta(days=1)
_AT_ONCE = 100


async def queue_catch_up(jobs: JobQueue, known: Subscription, now: datetime) -> None:
    """Have the mail read that came since Graph is sure to have told us."""
    since = min(known.renewed_at or now, now) - _BACK
    job = CatchUp(tenant_id=known.tenant_id, mailbox_id=known.mailbox_id, since=since)
    await jobs.put(known.tenant_id, job, at=now)


class CatchingUp:
    """Puts mail nobody told of where mail we were told of waits to be read."""

    def __init__(self, records: Records, mail: MailClient, inbound: Inbound, clock: Clock) -> None:
        self._records = records
        self._mail = mail
        self._inbound = inbound
        self._clock = clock

    async def catch_up(self, job: CatchUp) -> None:
        """Have everything read that came into the Inbox since then; what was read already changes
        nothing the second time.

        Raises:
            TransientError: the mailbox cannot be reached now; come again.
        """
        find = partial(self._find, job)
        await when_reached(self._records, self._clock, job.tenant_id, job.mailbox_id, find)

    async def _find(self, job: CatchUp) -> None:
        found = [
            Notification(
                subscription_id="",
                mailbox_id=job.mailbox_id,
                tenant_id=job.tenant_id,
                message_id=each,
            )
            for each in await self._mail.received_since(job.mailbox_id, job.since)
        ]
        starts = range(0, len(found), _AT_ONCE)
        entries = [found[start : start + _AT_ONCE] for start in starts]
        await asyncio.gather(*map(self._inbound.append, entries))
