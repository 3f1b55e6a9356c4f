"""Correlating: which email of ours a message that arrived is about. Looking leaves no trace."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.correlation import Found, by_conversation, named_ids, spellings, surely_about
from bot.domain.delivery import Delivery
from bot.domain.distribution import values_for
from bot.domain.enrolment import Enrolment
from bot.domain.inbound import IncomingMail, our_enrolment
from bot.domain.inbound.kinds import MailReading
from bot.domain.inbound.wording import one_line
from bot.domain.mailbox import Mailbox
from bot.ports import Records
from bot.rendering.emails import line_as_it_left
from bot.services.organisations import Organisations
from bot.services.sent_items import SentItems, numbered

_MOST_RECIPIENTS = 20  # every email of ours has one


class Correlating:
    """Finds emails by what a message names, and by whom it is from or about."""

    def __init__(
        self, records: Records, sent_items: SentItems, organisations: Organisations
    ) -> None:
        self._records = records
        self._sent_items = sent_items
        self._organisations = organisations

    async def named(
        self, mailbox_id: str, mail: IncomingMail, reading: MailReading | None
    ) -> Found | None:
        """Return the email a message names: by itself, or once Sent Items were read back, where an
        answer may have been faster than that. `reading` is there of what may be a report.
        """
        ids = named_ids(mail, reading)
        found = await self._answered(mailbox_id, ids) or await self._keyed(mailbox_id, mail.key)
        if found is None and ids:
            failed = reading.recipients[:_MOST_RECIPIENTS] if reading else ()
            theirs = await self.written_to(mailbox_id, [mail.from_address, *failed])
            if await self._learn_ids(mailbox_id, theirs):
                found = await self._answered(mailbox_id, ids)
        return found

    async def in_conversation(
        self, mailbox_id: str, mail: IncomingMail, theirs: Sequence[Enrolment]
    ) -> Found | None:
        """Return the email whose conversation a message of theirs is in, though it names none."""
        if await self._learn_ids(mailbox_id, theirs):
            theirs = await self.written_to(mailbox_id, [mail.from_address])
        return by_conversation(theirs, mail.conversation_id)

    async def failed(
        self, mailbox: Mailbox, mail: IncomingMail, reading: MailReading
    ) -> Found | None:
        """Return the email that a report is surely about though it names none."""
        if len(reading.recipients) != 1:
            return None
        theirs = await self.written_to(mailbox.id, reading.recipients)
        name = self._organisations.of(mailbox.tenant_id).name

        def subject_of(enrolment: Enrolment, delivery: Delivery) -> str:
            values = values_for(enrolment.participant, name, mailbox.owner_name)
            return one_line(line_as_it_left(delivery.subject, values))

        return surely_about(theirs, reading, subject_of, mail.received_at)

    async def written_to(self, mailbox_id: str, addresses: Iterable[str]) -> Sequence[Enrolment]:
        """Return the enrolments of whoever has one of these addresses."""
        wanted = dict.fromkeys(each for address in addresses for each in spellings(address))
        by_address = self._records.enrolments_by_address
        found = [each for address in wanted for each in await by_address(mailbox_id, address)]
        return list({each.id: each for each in found}.values())

    async def _answered(self, mailbox_id: str, message_ids: Iterable[str]) -> Found | None:
        for message_id in message_ids:
            ours = our_enrolment(message_id)
            if ours is not None and (found := await self._numbered(mailbox_id, *ours)):
                return found
            known = await self._records.enrolment_by_message_id(mailbox_id, message_id)
            if known is not None:
                return known, _number_of(known, message_id)
        return None

    async def _keyed(self, mailbox_id: str, key: str) -> Found | None:
        return await self._numbered(mailbox_id, *numbered(key)) if key else None

    async def _numbered(self, mailbox_id: str, enrolment_id: str, number: int) -> Found | None:
        found = await self._records.enrolments(mailbox_id, [enrolment_id])
        return (found[0], number) if found else None

    async def _learn_ids(self, mailbox_id: str, theirs: Iterable[Enrolment]) -> bool:
        """Return whether there was anything to learn: an email of these whose id at Exchange is
        unknown.
        """
        unread: list[datetime] = [at for each in theirs for at in each.unread_since]
        if unread:
            await self._sent_items.read_back(mailbox_id, min(unread))
        return bool(unread)


def _number_of(enrolment: Enrolment, message_id: str) -> int:
    named = (
        each for each in enrolment.deliveries if message_id in (each.message_id, each.exchange_id)
    )
    return next((each.number for each in named), 0)
