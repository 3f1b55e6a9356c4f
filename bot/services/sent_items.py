"""Sent Items: the ids Exchange gave to what we sent, read back in pages (Sending 6)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.domain.delivery import SentCopy
from bot.domain.enrolment import Enrolment, read_back
from bot.domain.errors import ConcurrentChangeError
from bot.jobs import ReadBack
from bot.ports import Clock, MailClient, Records
from bot.services.reaching import when_reached

_NUMBER = re.compile(r"[0-9]{1,4}")
_AT_ONCE = 100
_LATE = timedelta(minutes=30)
# Exchange's clock is not ours.
_SLACK = timedelta(minutes=2)


class SentItems:
    """Keeps both ids of an email: ours, and the one Exchange put in its place."""

    def __init__(self, records: Records, mail: MailClient, clock: Clock) -> None:
        self._records = records
        self._mail = mail
        self._clock = clock

    async def catch_up(self, job: ReadBack) -> None:
        """Note the ids of what left since the oldest email this was queued for, however long the
        outage in between was; and a little before, for copies that came late into Sent Items.

        Raises:
            TransientError: the mailbox cannot be reached now; come again.
        """
        read = partial(self.read_back, job.mailbox_id, job.since - _LATE)
        await when_reached(self._records, self._clock, job.tenant_id, job.mailbox_id, read)

    async def read_back(self, mailbox_id: str, since: datetime) -> None:
        """Note the ids of our copies that left after `since`.

        Raises:
            TransientError, ConsentRequiredError: as the ports say.
        """
        copies = await self._mail.sent_since(mailbox_id, since - _SLACK)
        ids = list(dict.fromkeys(numbered(key)[0] for key in copies))
        for at in range(0, len(ids), _AT_ONCE):
            known = await self._records.enrolments(mailbox_id, ids[at : at + _AT_ONCE])
            noted = [self._noted(each, copies) for each in known]
            changed = [new for new, old in zip(noted, known, strict=True) if new is not old]
            await self._save(changed)

    def _noted(self, enrolment: Enrolment, copies: Mapping[str, SentCopy]) -> Enrolment:
        for each in enrolment.deliveries:
            if each.key in copies:
                enrolment = read_back(enrolment, each.number, copies[each.key])
        return enrolment

    async def _save(self, changed: Sequence[Enrolment]) -> None:
        """Save them together; one that was changed meanwhile is noted by the next run, and nothing
        depends on it now.
        """
        if not changed:
            return
        try:
            await self._records.save(*changed, at=self._clock.now())
        except ConcurrentChangeError:
            if len(changed) > 1:
                for each in changed:
                    await self._save([each])


def numbered(key: str) -> tuple[str, int]:
    """Return the enrolment and the number a key names; number 0 where it is no key of ours."""
    identity, _, number = key.rpartition(".")
    return identity, int(number) if _NUMBER.fullmatch(number) else 0
