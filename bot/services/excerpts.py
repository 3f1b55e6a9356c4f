"""Excerpts: the first words of a reply, where the mailbox's owner agreed to have them shown (B13).

They are fetched for the card that shows them, and kept nowhere (A23).
"""

import asyncio
from dataclasses import replace

from bot.domain.enrolment import Enrolment
from bot.domain.errors import MailroomError, NotAllowedError, UserMistakeError
from bot.domain.heard import Reply
from bot.domain.inbound.excerpts import excerpt
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.roles import Actor
from bot.domain.views import ConnectedReceipt
from bot.ports import Clock, MailClient, Records
from bot.services.changing import change

_PATIENCE = 2.0  # seconds; of the five in which a channel hears of a reply


def receipt_of(mailbox: Mailbox) -> ConnectedReceipt:
    """Return what its owner is shown of a connected mailbox."""
    return ConnectedReceipt(
        mailbox_id=mailbox.id,
        address=mailbox.address,
        permission=mailbox.permission,
        excerpts=mailbox.excerpts,
    )


class Excerpts:
    """What owners agree to, and what may then be shown."""

    def __init__(self, records: Records, mail: MailClient, clock: Clock) -> None:
        self._records = records
        self._mail = mail
        self._clock = clock

    async def agree(self, actor: Actor, mailbox_id: str, *, agreed: bool) -> ConnectedReceipt:
        """Have the first words of replies to a mailbox shown to the channel from now on, or no
        longer. Only its owner says so, whoever else manages the organisation.

        Raises:
            NotAllowedError: the mailbox is not theirs.
            UserMistakeError: it is not connected.
        """
        known = await self._records.get(Mailbox, actor.tenant_id, mailbox_id)
        if known is None or not known.owner_oid or known.owner_oid.lower() != actor.oid.lower():
            raise NotAllowedError("Only the owner of the mailbox can decide this.")
        if known.status is not MailboxStatus.ACTIVE:
            raise UserMistakeError(f"{known.address} is not connected. Ask your admins.")

        def decide(mailbox: Mailbox) -> Mailbox:
            theirs = mailbox.owner_oid == known.owner_oid and mailbox.excerpts is not agreed
            return replace(mailbox, excerpts=agreed) if theirs else mailbox

        home, now = known.tenant_id, self._clock.now()
        return receipt_of(await change(self._records, known, decide, home=home, at=now) or known)

    async def of(self, enrolment: Enrolment, reply: Reply, message_id: str) -> str:
        """Return the first words of a reply, at Graph `message_id`; "" where the owner did not
        agree, it is another message, or it cannot be had just now.
        """
        home = next(
            (each.left_from for each in enrolment.deliveries if each.number == reply.number), ""
        )
        mailbox_id = home or enrolment.mailbox_id
        mailbox = await self._records.get(Mailbox, enrolment.tenant_id, mailbox_id)
        if not message_id or mailbox is None or not mailbox.excerpts:
            return ""
        try:
            async with asyncio.timeout(_PATIENCE):
                raw = await self._mail.mime(mailbox_id, message_id)
        except (MailroomError, TimeoutError):
            return ""
        return excerpt(raw, message_id, reply.mark)
