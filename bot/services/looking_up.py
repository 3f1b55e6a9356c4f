"""Looking up: an email in doubt is searched for by our key; nothing is guessed (Sending 5)."""

from dataclasses import replace
from datetime import timedelta

from bot.domain import doubt
from bot.domain.delivery import SentCopy
from bot.domain.errors import ConsentRequiredError, PermanentError, TransientError
from bot.domain.schedule import retry_at
from bot.ports import Clock, MailClient, Records
from bot.services.reaching import broken
from bot.services.settling import Settling, Work

# Longer than a lease: whoever vanished with an email had it for that long at most.
_BEFORE = timedelta(hours=1)


class LookingUp:
    """Settles emails whose outcome is unknown."""

    def __init__(
        self, records: Records, mail: MailClient, settling: Settling, clock: Clock
    ) -> None:
        self._records = records
        self._mail = mail
        self._settling = settling
        self._clock = clock

    async def look_up(self, work: Work) -> None:
        """Search Sent Items and Drafts for the email, and settle what that tells.

        Raises:
            TransientError: the store cannot be reached; the lease decides.
        """
        try:
            copy = await self._found(work)
        except ConsentRequiredError as error:
            await broken(self._records, work.mailbox, self._clock.now(), error.words)
            await self._look_later(work)
            return
        except (PermanentError, TransientError):
            await self._look_later(work)
            return
        now = self._clock.now()
        await self._settling.settle(
            work,
            lambda known: doubt.after_lookup(
                work.doubted(known, now),
                work.number,
                copy,
                work.schedule,
                now,
            ),
        )

    async def _found(self, work: Work) -> SentCopy | None:
        """Return the copy that is searched for by its key; before nothing counts as not sent, page
        through Sent Items as well: no page promises that the search sees all of them.
        """
        mailbox_id, key, now = work.mailbox.id, work.delivery.key, self._clock.now()
        copy = await self._mail.find_sent(mailbox_id, key, claimed=True)
        if copy is None and doubt.settles(work.enrolment, work.number, now):
            began = (work.delivery.doubt_since or now) - _BEFORE
            copy = (await self._mail.sent_since(mailbox_id, began)).get(key)
        return copy

    async def _look_later(self, work: Work) -> None:
        """Nobody can look now: the doubt stays, and is looked up when somebody can."""
        now = self._clock.now()
        later = retry_at(now, work.enrolment.attempts + 1)
        await self._settling.settle(
            work,
            lambda known: replace(
                work.doubted(known, now),
                not_before=later,
                attempts=known.attempts + 1,
            ),
        )
