"""Reading: what a notification told of, whose it is, and what follows (A21, A23).

A message that belongs to no enrolment is forgotten at once: nothing of it is stored or logged.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from bot.domain.enrolment import Enrolment
from bot.domain.heard import heard, is_news, mark_of
from bot.domain.inbound import IncomingMail, our_enrolment
from bot.domain.inbound.kinds import MailReading
from bot.domain.inbound.reader import OtherFormats, may_be_report, read_mime
from bot.domain.records import Notification
from bot.ports import Clock, MailClient, Records, Sweeps
from bot.services.answers import Answers
from bot.services.changing import change
from bot.services.enrolled import present
from bot.services.reaching import when_reached
from bot.services.sent_items import SentItems

_MOST_RECIPIENTS = 20  # every email of ours has one


class Reading:
    """The use cases of the inbound loop."""

    def __init__(
        self,
        *,
        records: Records,
        mail: MailClient,
        sent_items: SentItems,
        answers: Answers,
        other_formats: OtherFormats,
        sweeps: Sweeps,
        clock: Clock,
    ) -> None:
        self._records = records
        self._mail = mail
        self._sent_items = sent_items
        self._answers = answers
        self._other_formats = other_formats
        self._sweeps = sweeps
        self._clock = clock

    async def handle(self, notification: Notification) -> None:
        """Read one message that arrived, and act on it if it answers an email of ours.

        Told twice, it changes nothing the second time. What comes for a mailbox that cannot be read
        just now waits for it, as long as it is not removed.

        Raises:
            TransientError: the store, Graph or the mailbox cannot be reached now; try again.
            PermanentError: Graph will not hear of this message.
        """
        tenant_id, mailbox_id = notification.tenant_id, notification.mailbox_id
        read = partial(self._read, notification)
        await when_reached(self._records, self._clock, tenant_id, mailbox_id, read)

    async def _read(self, notification: Notification) -> None:
        mail = await self._mail.fetch(notification.mailbox_id, notification.message_id)
        if mail is not None:
            await self.arrived(notification, mail)

    async def arrived(self, notification: Notification, mail: IncomingMail) -> None:
        """Act on one message that arrived, as `handle` does.

        In-Reply-To and References name our email, by our id or by the one Exchange gave it; of a
        report what it returns does. What names nothing of ours is the owner's own business (G9):
        its text is not even asked for.

        Raises:
            TransientError, PermanentError: as the ports say.
        """
        mailbox_id, message_id = notification.mailbox_id, notification.message_id
        named = [*reversed(mail.in_reply_to), *reversed(mail.references)]
        found = await self._found(mailbox_id, named, [mail.from_address])
        if found is None and not may_be_report(mail):
            return
        if found is not None and not is_news(*found, mail):
            return
        reading = read_mime(
            await self._mail.mime(mailbox_id, message_id),
            message_class=mail.message_class,
            other_formats=self._other_formats,
        )
        if found is None:
            inside = [reading.original_message_id] if reading.original_message_id else []
            found = await self._found(mailbox_id, inside, reading.recipients[:_MOST_RECIPIENTS])
        if found is not None:
            await self._act(*found, mail, reading)
            await self._sweeps.answered(mailbox_id, self._clock.now())

    async def _act(
        self, enrolment: Enrolment, number: int, mail: IncomingMail, reading: MailReading
    ) -> None:
        """Act once on what was read: what follows from it is saved with its mark, in one step;
        where nothing does, the mark alone.
        """
        known = await present(self._records, enrolment)
        if not is_news(known, number, mail):
            return
        marked, now = partial(heard, mark=mark_of(mail)), self._clock.now()
        await self._answers.act(marked(known), number, reading)
        for each in await self._records.enrolments(known.mailbox_id, [known.id]):
            there = await present(self._records, each)
            await change(self._records, there, marked, home=there.mailbox_id, at=now)

    async def _found(
        self, mailbox_id: str, message_ids: Sequence[str], addresses: Sequence[str]
    ) -> tuple[Enrolment, int] | None:
        """Return the enrolment and the number of the email that one of these ids names: by itself,
        or once Sent Items were read back, where an answer may have been faster than that.
        """
        found = await self._answered(mailbox_id, message_ids)
        if found is None and message_ids and await self._learn_ids(mailbox_id, addresses):
            found = await self._answered(mailbox_id, message_ids)
        return found

    async def _answered(
        self, mailbox_id: str, message_ids: Sequence[str]
    ) -> tuple[Enrolment, int] | None:
        for message_id in message_ids:
            ours = our_enrolment(message_id)
            if ours is not None:
                found = await self._records.enrolments(mailbox_id, [ours[0]])
                if found:
                    return found[0], ours[1]
            known = await self._records.enrolment_by_message_id(mailbox_id, message_id)
            if known is not None:
                return known, _number_of(known, message_id)
        return None

    async def _learn_ids(self, mailbox_id: str, addresses: Sequence[str]) -> bool:
        """Return whether there was anything to learn: an email to one of these whose id at Exchange
        is unknown.
        """
        unread: list[datetime] = []
        for address in dict.fromkeys(addresses):
            for each in await self._records.enrolments_by_address(mailbox_id, address):
                unread += each.unread_since
        if unread:
            await self._sent_items.read_back(mailbox_id, min(unread))
        return bool(unread)


def _number_of(enrolment: Enrolment, message_id: str) -> int:
    named = (
        each for each in enrolment.deliveries if message_id in (each.message_id, each.exchange_id)
    )
    return next((each.number for each in named), 0)
