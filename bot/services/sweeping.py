"""Sweeping: what came into a mailbox, whoever told of it or not (B12, B14).

No follow-up leaves unless its mailbox was swept within the last minute; and every mailbox is swept
now and then whatever leaves it, so that what Graph did not tell of is found by itself.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.errors import (
    ConsentRequiredError,
    MailboxClosedError,
    MailroomError,
    PermanentError,
    TransientError,
)
from bot.domain.inbound import IncomingMail
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.records import Notification
from bot.jobs import Subscribe, SweepMailbox
from bot.ports import Clock, JobQueue, MailClient, Records, SweepDue, Sweeps, Watches
from bot.services.reaching import when_reached
from bot.services.reading import Reading

_log = structlog.get_logger(__name__)
# Of a mailbox that was never swept: Graph tries to tell us for four hours.
_FIRST = timedelta(days=1)
# Exchange's clock is not ours, and what it has just filed may not be listed yet; before a follow-up
# there is little time, on the timer there is enough to look for what was listed late.
_OVERLAP = timedelta(minutes=5)
_LISTED_LATE = timedelta(hours=1)
_LOOK_EVERY = timedelta(minutes=10)
_QUIET_EVERY = timedelta(minutes=55)  # an hour, as looks come round
_LATELY = timedelta(days=1)
# Watching that was given up is taken up again.
_WATCH_WITHIN = timedelta(hours=1)
_TICK = timedelta(milliseconds=1)  # of the store's marks
_MOST_REMEMBERED = 10_000
# What cannot be read for so long must not keep a mailbox's follow-ups back for ever.
_LONGEST_UNREAD = timedelta(days=1)


class Sweeping:
    """Reads mailboxes from where they were last read."""

    def __init__(
        self,
        *,
        records: Records,
        jobs: JobQueue,
        mail: MailClient,
        reading: Reading,
        sweeps: Sweeps,
        watches: Watches,
        clock: Clock,
    ) -> None:
        self._records = records
        self._jobs = jobs
        self._mail = mail
        self._reading = reading
        self._sweeps = sweeps
        self._watches = watches
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._swept_to: dict[str, datetime] = {}
        self._unread: dict[str, dict[str, datetime]] = {}  # since when, by mailbox and message

    async def sweep(self, due: SweepDue) -> None:
        """Read what came since the last sweep; then follow-ups may leave for a while.

        Raises:
            TransientError: not everything could be read; it goes on where it was the next time. One
                message holds up no other, and is given up after a day of trying.
        """
        await self._sweep(due.tenant_id, due.mailbox_id, _OVERLAP)

    async def keep_sweeping(self, job: SweepMailbox) -> datetime | None:
        """Sweep an Active mailbox while somebody is under way from it or has answered of late, any
        other now and then; return when to come again, None never: whoever connects it anew begins
        anew.

        Raises:
            TransientError: as `sweep`.
        """
        tenant_id, mailbox_id, now = job.tenant_id, job.mailbox_id, self._clock.now()
        mailbox = await self._records.get(Mailbox, tenant_id, mailbox_id)
        if mailbox is None or mailbox.status is not MailboxStatus.ACTIVE:
            return None
        if job.once:
            await self._sweep(tenant_id, mailbox_id, _LISTED_LATE)
            return None
        watch = Subscribe(tenant_id=tenant_id, mailbox_id=mailbox_id)
        await self._jobs.put(tenant_id, watch, at=now + _WATCH_WITHIN)
        mark = await self._sweeps.read_to(mailbox_id)
        if not mark or mark <= now - _QUIET_EVERY or await self._is_busy(mailbox_id):
            await self._sweep(tenant_id, mailbox_id, _LISTED_LATE)
        return now + _LOOK_EVERY

    async def _is_busy(self, mailbox_id: str) -> bool:
        return await self._sweeps.is_busy(mailbox_id, self._clock.now() - _LATELY)

    async def _sweep(self, tenant_id: str, mailbox_id: str, overlap: timedelta) -> None:
        mark = await self._sweeps.read_to(mailbox_id)
        swept_to = self._swept_to.get(mailbox_id)
        if swept_to is not None and (mark is None or mark < swept_to):
            self._seen.clear()  # the store has lost its end, and what was read with it
        since = mark - overlap if mark else self._clock.now() - _FIRST
        read = partial(self._read, tenant_id, mailbox_id, since)
        await when_reached(self._records, self._clock, tenant_id, mailbox_id, read)

    async def _read(self, tenant_id: str, mailbox_id: str, since: datetime) -> None:
        began = self._clock.now()
        unread: dict[str, Exception] = {}
        async for page in self._mail.arrived_since(mailbox_id, since):
            for each in page:
                fault = await self._fault_of(tenant_id, mailbox_id, each)
                if fault is not None:
                    unread[each.id] = fault
            if page and not unread:
                await self._sweeps.note(mailbox_id, min(page[-1].received_at, began))
        before = self._unread.pop(mailbox_id, {})
        if unread:
            self._unread[mailbox_id] = {each: before.get(each, began) for each in unread}
            first = next(iter(unread.values()))
            if isinstance(first, TransientError):
                raise first
            raise TransientError("a message cannot be read") from first
        await self._sweeps.done(mailbox_id, began, began)
        self._swept_to[mailbox_id] = began - _TICK
        await self._watches.heard(mailbox_id, began)

    async def _fault_of(
        self, tenant_id: str, mailbox_id: str, mail: IncomingMail
    ) -> Exception | None:
        """Read one message; return what keeps it from being read, None where nothing does or it is
        given up. What this process has read a moment ago is passed over.
        """
        name = mailbox_id, mail.id
        if name in self._seen:
            return None
        try:
            await self._handle(tenant_id, mailbox_id, mail)
        except ConsentRequiredError:  # of the whole mailbox
            raise
        except Exception as error:
            if not isinstance(error, MailroomError):
                _log.exception("sweep.fault")
            since = self._unread.get(mailbox_id, {}).get(mail.id)
            if since is None or self._clock.now() - since < _LONGEST_UNREAD:
                return error
            _log.error("sweep.unread_given_up", mailbox=mailbox_id, fault=type(error).__name__)
        self._seen[name] = None
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return None

    async def _handle(self, tenant_id: str, mailbox_id: str, mail: IncomingMail) -> None:
        notification = Notification(mailbox_id=mailbox_id, tenant_id=tenant_id, message_id=mail.id)
        try:
            await self._reading.arrived(notification, mail)
        except (ConsentRequiredError, MailboxClosedError):
            raise
        except PermanentError as error:  # Graph will not hear of this message
            _log.warning("sweep.given_up", code=error.code)
