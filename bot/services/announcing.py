"""Announcing: what a channel hears of replies, bounces and failures (B13)."""

from dataclasses import replace

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment
from bot.domain.inbound import IncomingMail
from bot.domain.outlook_links import outlook_link
from bot.domain.records import Conversation
from bot.domain.views import Happening
from bot.jobs import Announce, Event
from bot.ports import Chat, Clock, Records
from bot.services.excerpts import Excerpts
from bot.services.happenings import happening
from bot.services.organisations import Organisations

_STATUS: dict[Event, DeliveryStatus] = {
    "replied": DeliveryStatus.RESPONDED,
    "bounced": DeliveryStatus.BOUNCED,
    "failed": DeliveryStatus.FAILED,
    "opted_out": DeliveryStatus.OPTED_OUT,
    "complained": DeliveryStatus.MARKED_SPAM,
}


def announce(
    enrolment: Enrolment,
    number: int,
    event: Event,
    channel: Conversation,
    reply: IncomingMail | None = None,
) -> Announce:
    """Return the job that tells one channel what happened to one email, by a `reply` or not."""
    return Announce(
        tenant_id=enrolment.tenant_id,
        mailbox_id=enrolment.mailbox_id,
        enrolment_id=enrolment.id,
        number=number,
        event=event,
        conversation_id=channel.id,
        link=reply.web_link if reply else "",
        message_id=reply.id if reply else "",
    )


class Announcing:
    """Posts to the channels that asked to be told."""

    def __init__(
        self,
        records: Records,
        chat: Chat,
        excerpts: Excerpts,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._excerpts = excerpts
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
        if _was_undone(job, enrolment):
            return None
        reply = enrolment.heard.standing(job.number) if job.event == "replied" else None
        shown = await happening(
            self._records,
            self._organisations,
            enrolment,
            number=job.number,
            status=_STATUS[job.event],
            at=self._clock.now(),
            reply=reply,
        )
        if shown is None or reply is None:
            return shown
        words = await self._excerpts.of(enrolment, reply, job.message_id)
        message_id = job.message_id if words else ""
        return replace(shown, link=outlook_link(job.link), excerpt=words, message_id=message_id)


def _was_undone(job: Announce, enrolment: Enrolment) -> bool:
    """Whether somebody has said that every such reply was automatic before it could be told."""
    heard = any(each.number == job.number for each in enrolment.heard.replies)
    return job.event == "replied" and heard and enrolment.heard.standing(job.number) is None
