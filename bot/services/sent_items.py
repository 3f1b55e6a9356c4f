"""Sent Items: the ids Exchange gave to what we sent, read back in pages (Sending 6)."""

import re
from datetime import datetime, timedelta
from functools import partial

from bot.jobs import ReadBack
from bot.ports import Clock, MailClient, Records
from bot.services.reaching import when_reached

_NUMBER = re.compile(r"[0-9]{1,4}")
_AT_ONCE = 100
_LATE = timedelta(minutes=5)
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
        named = {numbered(key): copy for key, copy in copies.items()}
        ours = [(name, copy) for name, copy in named.items() if name[1]]
        for at in range(0, len(ours), _AT_ONCE):
            await self._records.read_back(mailbox_id, dict(ours[at : at + _AT_ONCE]))


def numbered(key: str) -> tuple[str, int]:
    """Return the enrolment and the number a key names; number 0 where it is no key of ours."""
    identity, _, number = key.rpartition(".")
    return identity, int(number) if _NUMBER.fullmatch(number) else 0
