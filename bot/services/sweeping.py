"""Sweeping: what came into a mailbox, whoever told of it or not (B12, B14).

No follow-up leaves unless its mailbox was swept within the last minute; and what Graph may not have
told of is found here.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.errors import ConsentRequiredError, MailboxClosedError, PermanentError
from bot.domain.inbound import IncomingMail
from bot.domain.records import Notification, Subscription
from bot.jobs import CatchUp
from bot.ports import Clock, JobQueue, MailClient, Records, SweepDue, Sweeps
from bot.services.reaching import when_reached
from bot.services.reading import Reading

_log = structlog.get_logger(__name__)
# Graph tries to tell us for four hours, and does not say what it missed.
_BACK = timedelta(days=1)
# Exchange's clock is not ours, and what it has just filed may not be listed yet.
_OVERLAP = timedelta(minutes=5)
_MOST_REMEMBERED = 10_000


async def queue_catch_up(jobs: JobQueue, known: Subscription, now: datetime) -> None:
    """Have the mail read that came since Graph is sure to have told us."""
    since = min(known.renewed_at or now, now) - _BACK
    job = CatchUp(tenant_id=known.tenant_id, mailbox_id=known.mailbox_id, since=since)
    await jobs.put(known.tenant_id, job, at=now)


class Sweeping:
    """Reads mailboxes from where they were last read."""

    def __init__(
        self, records: Records, mail: MailClient, reading: Reading, sweeps: Sweeps, clock: Clock
    ) -> None:
        self._records = records
        self._mail = mail
        self._reading = reading
        self._sweeps = sweeps
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def sweep(self, due: SweepDue) -> None:
        """Read what came since the last sweep; then follow-ups may leave for a while.

        Raises:
            TransientError: not everything could be read; it goes on where it was the next time.
        """
        mark = await self._sweeps.read_to(due.mailbox_id)
        since = mark - _OVERLAP if mark else self._clock.now() - _BACK
        await self._when_reached(due.tenant_id, due.mailbox_id, since)

    async def catch_up(self, job: CatchUp) -> None:
        """Read everything that came since the moment the job names; what was read already changes
        nothing the second time.

        Raises:
            TransientError: the mailbox cannot be reached now; come again.
        """
        await self._when_reached(job.tenant_id, job.mailbox_id, job.since)

    async def _when_reached(self, tenant_id: str, mailbox_id: str, since: datetime) -> None:
        read = partial(self._read, tenant_id, mailbox_id, since)
        await when_reached(self._records, self._clock, tenant_id, mailbox_id, read)

    async def _read(self, tenant_id: str, mailbox_id: str, since: datetime) -> None:
        began = self._clock.now()
        async for page in self._mail.arrived_since(mailbox_id, since):
            for each in page:
                await self._handle(tenant_id, mailbox_id, each)
            if page:
                await self._sweeps.note(mailbox_id, min(page[-1].received_at, began))
        await self._sweeps.done(mailbox_id, began, began)

    async def _handle(self, tenant_id: str, mailbox_id: str, mail: IncomingMail) -> None:
        """Read one message; what this process has read a moment ago is passed over."""
        name = mailbox_id, mail.id
        if name in self._seen:
            return
        notification = Notification(mailbox_id=mailbox_id, tenant_id=tenant_id, message_id=mail.id)
        try:
            await self._reading.arrived(notification, mail)
        except (ConsentRequiredError, MailboxClosedError):
            raise
        except PermanentError as error:  # Graph will not hear of this message
            _log.warning("sweep.given_up", code=error.code)
        self._seen[name] = None
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)
