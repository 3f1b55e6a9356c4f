"""Former mailboxes: what goes on from another mailbox is answered where it began, too (B12)."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from bot.domain.enrolment import Enrolment
from bot.domain.errors import TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.obstacle import Obstacle
from bot.ports import Clock, Records, SweepDue

_FRESH = timedelta(seconds=20)
_UNREADABLE = (Obstacle.LICENCE, Obstacle.NOT_FOUND, Obstacle.CLOSED)


class FormerMailboxes:
    """Looks for answers there before a follow-up leaves; a claim vouches for its own mailbox only.
    `sweep` is `Sweeping.sweep`.
    """

    def __init__(
        self, records: Records, sweep: Callable[[SweepDue], Awaitable[None]], clock: Clock
    ) -> None:
        self._records = records
        self._sweep = sweep
        self._clock = clock
        self._swept: dict[str, datetime] = {}

    async def are_silent(self, known: Enrolment) -> bool:
        """Return whether nothing that was read there has stopped the enrolment, and all of it was
        read. What nobody can read any more holds up nothing.
        """
        homes = {each.left_from for each in known.deliveries if each.left_from}
        if not homes:
            return True
        for home in homes:
            if not await self._is_fresh(known.tenant_id, home):
                return False
        found = await self._records.enrolments(known.mailbox_id, [known.id])
        return bool(found) and found[0].may_send

    async def _is_fresh(self, tenant_id: str, home: str) -> bool:
        began = self._clock.now()
        swept = self._swept.get(home)
        if swept is not None and began - swept < _FRESH:
            return True
        mailbox = await self._records.get(Mailbox, tenant_id, home)
        if mailbox is None or mailbox.status is not MailboxStatus.ACTIVE:
            return True
        if mailbox.obstacle in _UNREADABLE:
            return True
        with suppress(TransientError):
            await self._sweep(SweepDue(tenant_id=tenant_id, mailbox_id=home))
            self._swept[home] = began
            return True
        return False
