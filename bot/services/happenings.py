"""Happenings: what became of one email, as a channel's card tells it (B13)."""

from datetime import datetime

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import Distribution, values_for
from bot.domain.enrolment import Enrolment
from bot.domain.heard import Reply
from bot.domain.mailbox import Mailbox
from bot.domain.views import Happening
from bot.ports import Records
from bot.rendering.emails import line_as_it_left
from bot.services.organisations import Organisations


async def happening(
    records: Records,
    organisations: Organisations,
    enrolment: Enrolment,
    *,
    number: int,
    status: DeliveryStatus,
    at: datetime,
    reply: Reply | None = None,
) -> Happening | None:
    """Return that email `number` came to be `status`, by the `reply` where it is one; None where
    what it is about was forgotten.
    """
    tenant_id = enrolment.tenant_id
    delivery = next((each for each in enrolment.deliveries if each.number == number), None)
    batch = await records.get(Distribution, tenant_id, enrolment.distribution_id)
    if batch is None or delivery is None:
        return None
    mailbox = await records.get(Mailbox, tenant_id, delivery.left_from or enrolment.mailbox_id)
    if mailbox is None:
        return None
    name = organisations.of(tenant_id).name
    values = values_for(enrolment.participant, name, mailbox.owner_name)
    return Happening(
        status=status,
        person=enrolment.participant.name,
        address=enrolment.participant.address,
        title=batch.title,
        subject=line_as_it_left(delivery.subject, values),
        mailbox=mailbox.address,
        at=organisations.local(tenant_id, at),
        reason=delivery.reason,
        cancelled=sum(each.cancelled for each in enrolment.deliveries),
        mailbox_id=enrolment.mailbox_id,
        enrolment_id=enrolment.id,
        reply=reply.mark if reply else "",
        taken_by=reply.taken_by if reply else "",
    )
