"""Proving what became of every email to one person (B10): by the copy itself, not by our notes."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from bot.domain.delivery import Delivery, SentCopy
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import PermanentError, TransientError
from bot.domain.mailbox import Mailbox
from bot.domain.route import Route
from bot.ports import MailClient, Records
from bot.services.organisations import Organisations


class Proving:
    """Looks emails up where they lie."""

    def __init__(self, records: Records, mail: MailClient, organisations: Organisations) -> None:
        self._records = records
        self._mail = mail
        self._organisations = organisations

    async def lines(self, address: str) -> AsyncIterator[str]:
        """Give a line for each email to an address, from every mailbox that wrote to it."""
        wanted = address.strip().lower()
        for organisation in self._organisations.all():
            for mailbox in await self._records.list(Mailbox, organisation.tenant_id):
                for each in await self._records.enrolments_by_address(mailbox.id, wanted):
                    for delivery in _of_this_mailbox(each):
                        yield await self._line(mailbox, delivery)

    async def _line(self, mailbox: Mailbox, delivery: Delivery) -> str:
        shown = "Cancelled" if delivery.cancelled else str(delivery.status)
        told = f"{mailbox.address}  {delivery.message_id}  {shown}, submitted {_times(delivery)}"
        if delivery.route is not Route.MAILBOX:
            return f"{told}; by SMTP: {delivery.receipt or 'no receipt'}"
        if not delivery.submissions and delivery.sent_at is None:
            return f"{told}; never left"
        try:
            copy = await self._mail.find_sent(mailbox.id, delivery.key)
        except (PermanentError, TransientError) as error:
            return f"{told}; Sent Items cannot be read now: {error}"
        return f"{told}; {_found(copy)}"


def _of_this_mailbox(enrolment: Enrolment) -> Iterator[Delivery]:
    """Return the emails that left, or are to leave, from where the enrolment lies: of one that
    moved, each is told where it belongs.
    """
    gone = enrolment.state is EnrolmentState.MOVED
    for each in enrolment.deliveries:
        here = each.sent_at is not None if gone else True
        if here and not each.left_from:
            yield each


def _times(delivery: Delivery) -> str:
    return "once" if delivery.submissions == 1 else f"{delivery.submissions} times"


def _found(copy: SentCopy | None) -> str:
    if copy is None:
        return "no copy in Sent Items"
    return f"in Sent Items since {_told(copy.sent_at)} as {copy.internet_message_id}"


def _told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
