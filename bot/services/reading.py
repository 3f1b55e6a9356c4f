"""Reading: what a notification told of, whose it is, and the stop that follows (A21, A23).

A message that belongs to no enrolment is forgotten at once: nothing of it is stored or logged.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from bot.domain import enrolment as rules
from bot.domain.enrolment import Enrolment, StopReason
from bot.domain.errors import ConcurrentChangeError
from bot.domain.inbound import IncomingMail, Kind, kind_of, our_enrolment
from bot.domain.opt_out import opted_out
from bot.domain.records import Notification
from bot.domain.reports import (
    Report,
    failed_recipients,
    is_bounce,
    is_permanent,
    names_no_mailbox,
    read_report,
)
from bot.domain.suppression import Cause
from bot.jobs import Announce, Event, RefreshDistributionCard
from bot.ports import Clock, MailClient, Records
from bot.services.announcing import announce
from bot.services.conversations import Conversations
from bot.services.reaching import when_reached
from bot.services.sent_items import SentItems
from bot.services.suppressions import Suppressions

_MOST_RECIPIENTS = 20  # every email of ours has one


class Reading:
    """The use cases of the inbound loop."""

    def __init__(
        self,
        *,
        records: Records,
        mail: MailClient,
        sent_items: SentItems,
        conversations: Conversations,
        suppressions: Suppressions,
        clock: Clock,
    ) -> None:
        self._records = records
        self._mail = mail
        self._sent_items = sent_items
        self._conversations = conversations
        self._suppressions = suppressions
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

        Raises:
            TransientError, PermanentError: as the ports say.
        """
        match kind_of(mail):
            case Kind.BOUNCE:
                await self._bounced(notification, mail)
            case Kind.HUMAN:
                await self._replied(notification.mailbox_id, mail)
            case Kind.AUTO_REPLY:
                return  # does not count as a response (G8)

    async def _replied(self, mailbox_id: str, mail: IncomingMail) -> None:
        """In-Reply-To and References name our email, by our id or by the one Exchange gave it.
        What answers nothing of ours is the owner's own business (G9).
        """
        answered = [*reversed(mail.in_reply_to), *reversed(mail.references)]
        found = await self._answered(mailbox_id, answered)
        if found is None and answered and await self._learn_ids(mailbox_id, mail.from_address):
            found = await self._answered(mailbox_id, answered)
        if found is not None:
            enrolment, number = found
            why = StopReason.REPLIED
            await self._stop(
                enrolment,
                lambda known: rules.stop(known, why, number, self._clock.now()),
                "replied",
                number,
            )

    async def _bounced(self, notification: Notification, mail: IncomingMail) -> None:
        report = read_report(
            await self._mail.mime(notification.mailbox_id, notification.message_id)
        )
        if not is_bounce(mail, report):
            return  # delays, relays and receipts change nothing (G8)
        named = [report.original_message_id, *reversed(mail.references), *mail.in_reply_to]
        known = [each for each in named if each]
        found = await self._answered(notification.mailbox_id, known)
        if found is None and await self._learn_ids(
            notification.mailbox_id, *failed_recipients(mail, report)[:_MOST_RECIPIENTS]
        ):
            found = await self._answered(notification.mailbox_id, known)
        if found is not None:
            await self.bounced(*found, report)

    async def bounced(self, enrolment: Enrolment, number: int, report: Report) -> None:
        """Note that email `number` came back, as a report says."""
        await self._stop(
            enrolment,
            lambda known: rules.stop(
                known,
                StopReason.BOUNCED,
                number,
                self._clock.now(),
                reason=_bounce_reason(report, enrolment),
                for_good=is_permanent(report),
            ),
            "bounced",
            number,
        )
        if names_no_mailbox(report):
            address = enrolment.participant.address
            await self._suppressions.add(enrolment.tenant_id, address, Cause.BOUNCED)

    async def opted_out(self, enrolment: Enrolment, number: int = 0) -> None:
        """Stop an enrolment of somebody who opted out by the link in email `number` (0: by one of
        another enrolment, which tells of it).
        """
        await self._stop(
            enrolment,
            lambda known: opted_out(known, number, self._clock.now()),
            "opted_out" if number else None,
            number,
        )

    async def _answered(
        self, mailbox_id: str, message_ids: Sequence[str]
    ) -> tuple[Enrolment, int] | None:
        """Return the enrolment and the number of the email that one of these ids names."""
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

    async def _learn_ids(self, mailbox_id: str, *addresses: str) -> bool:
        """Read Sent Items back where an answer may have been faster than that; return whether
        there was anything to learn: an email to one of them whose id at Exchange is unknown.
        """
        unread: list[datetime] = []
        for address in dict.fromkeys(addresses):
            for each in await self._records.enrolments_by_address(mailbox_id, address):
                unread += each.unread_since
        if unread:
            await self._sent_items.read_back(mailbox_id, min(unread))
        return bool(unread)

    async def _stop(
        self,
        enrolment: Enrolment,
        decide: Callable[[Enrolment], Enrolment],
        event: Event | None,
        number: int,
    ) -> None:
        """Stop it in one step with what has to be told, again if it moved meanwhile."""
        known: Enrolment | None = enrolment
        while known is not None:
            stopped = decide(known)
            if stopped is known:
                return
            jobs = await self._told(stopped, event, rules.answered_number(known, number))
            try:
                await self._records.save(stopped, jobs=jobs, at=self._clock.now())
            except ConcurrentChangeError:
                again = await self._records.enrolments(known.mailbox_id, [known.id])
                known = again[0] if again else None
            else:
                return

    async def _told(
        self, stopped: Enrolment, event: Event | None, number: int
    ) -> list[Announce | RefreshDistributionCard]:
        refresh = RefreshDistributionCard(
            tenant_id=stopped.tenant_id, distribution_id=stopped.distribution_id
        )
        if event is None:
            return [refresh]
        channels = await self._conversations.announcing(stopped.tenant_id)
        return [refresh, *(announce(stopped, number, event, each) for each in channels)]


def _number_of(enrolment: Enrolment, message_id: str) -> int:
    named = (
        each for each in enrolment.deliveries if message_id in (each.message_id, each.exchange_id)
    )
    return next((each.number for each in named), 0)


def _bounce_reason(report: Report, enrolment: Enrolment) -> str:
    code = f" ({report.status})" if report.status else ""
    return f"{enrolment.participant.address} cannot be reached{code}."
