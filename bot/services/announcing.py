"""Announcing: what a channel hears of replies, bounces and failures (B13)."""

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import Distribution, values_for
from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Mailbox
from bot.domain.records import Conversation
from bot.domain.views import Happening
from bot.jobs import Announce, Event
from bot.ports import Chat, Clock, Records
from bot.rendering.emails import line_as_it_left
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
        if batch is None or not found or _was_undone(job, enrolment):
            return None
        delivery, organisation = found[0], self._organisations.of(tenant_id).name
        reply = enrolment.heard.standing(job.number) if job.event == "replied" else None
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
            subject=line_as_it_left(delivery.subject, values),
            mailbox=mailbox.address,
            at=self._organisations.local(tenant_id, self._clock.now()),
            reason=delivery.reason,
            cancelled=sum(each.cancelled for each in enrolment.deliveries),
            mailbox_id=enrolment.mailbox_id,
            enrolment_id=enrolment.id,
            reply=reply.mark if reply else "",
        )


def _was_undone(job: Announce, enrolment: Enrolment) -> bool:
    """Whether somebody has said that every such reply was automatic before it could be told."""
    heard = any(each.number == job.number for each in enrolment.heard.replies)
    return job.event == "replied" and heard and enrolment.heard.standing(job.number) is None
