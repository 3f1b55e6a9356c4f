"""Announcing: what a channel hears of replies, bounces and failures (B13)."""

from collections.abc import Mapping

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import Distribution, values_for
from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Mailbox
from bot.domain.records import Conversation
from bot.domain.templates import missing_fields
from bot.domain.views import Happening
from bot.jobs import Announce, Event
from bot.ports import Chat, Clock, Records
from bot.rendering.emails import filled_line
from bot.services.organisations import Organisations

_STATUS: dict[Event, DeliveryStatus] = {
    "replied": DeliveryStatus.RESPONDED,
    "bounced": DeliveryStatus.BOUNCED,
    "failed": DeliveryStatus.FAILED,
    "opted_out": DeliveryStatus.OPTED_OUT,
    "complained": DeliveryStatus.MARKED_SPAM,
}


def announce(enrolment: Enrolment, number: int, event: Event, channel: Conversation) -> Announce:
    """Return the job that tells one channel what happened to one email."""
    return Announce(
        tenant_id=enrolment.tenant_id,
        mailbox_id=enrolment.mailbox_id,
        enrolment_id=enrolment.id,
        number=number,
        event=event,
        conversation_id=channel.id,
    )


class Announcing:
    """Posts to the channels that asked to be told."""

    def __init__(
        self, records: Records, chat: Chat, organisations: Organisations, clock: Clock
    ) -> None:
        self._records = records
        self._chat = chat
        self._organisations = organisations
        self._clock = clock

    async def tell(self, job: Announce) -> None:
        """Post one happening to one channel. What was forgotten meanwhile is not told.

        Raises:
            TransientError: Teams could not be reached; try again.
            PermanentError: the channel is gone.
        """
        channel = await self._records.get(Conversation, job.tenant_id, job.conversation_id)
        found = await self._records.enrolments(job.mailbox_id, [job.enrolment_id])
        if channel is None or not found:
            return
        view = await self._happening(job, found[0])
        if view is not None:
            await self._chat.post(channel, view)

    async def _happening(self, job: Announce, enrolment: Enrolment) -> Happening | None:
        tenant_id = enrolment.tenant_id
        found = [each for each in enrolment.deliveries if each.number == job.number]
        batch = await self._records.get(Distribution, tenant_id, enrolment.distribution_id)
        if batch is None or not found:
            return None
        delivery, organisation = found[0], self._organisations.of(tenant_id).name
        origin = delivery.left_from or enrolment.mailbox_id
        mailbox = await self._records.get(Mailbox, tenant_id, origin)
        if mailbox is None:
            return None
        values = values_for(enrolment.participant, organisation, mailbox.owner_name)
        return Happening(
            status=_STATUS[job.event],
            person=enrolment.participant.name,
            address=enrolment.participant.address,
            title=batch.title,
            subject=_filled(delivery.subject, values),
            mailbox=mailbox.address,
            at=self._organisations.local(tenant_id, self._clock.now()),
            reason=delivery.reason,
            cancelled=sum(each.cancelled for each in enrolment.deliveries),
        )


def _filled(subject: str, values: Mapping[str, str]) -> str:
    """Return the subject as it left; as it was written where a value has gone since."""
    return subject if missing_fields(subject, values) else filled_line(subject, values)
