"""Inviting: the cards of one mailbox, in the owner's and the admin's chat (A2, A4)."""

from contextlib import suppress
from dataclasses import replace

from bot.domain.errors import PermanentError
from bot.domain.mailbox import Mailbox, MailboxStatus, Message, invite_is_open
from bot.domain.obstacle import told
from bot.domain.records import Conversation
from bot.domain.views import Notice, SignInInvite, View
from bot.jobs import RefreshMailboxCards, SendInvite, TellOwner
from bot.ports import Chat, Clock, Records
from bot.services.changing import change
from bot.services.conversations import Conversations
from bot.services.excerpts import receipt_of
from bot.services.mailboxes import Mailboxes
from bot.services.organisations import Organisations

_ON_HOLD = "What it was sending is on hold."


class Inviting:
    """Brings the sign-in card to the owner, and keeps every card of a mailbox true."""

    def __init__(
        self,
        *,
        records: Records,
        chat: Chat,
        mailboxes: Mailboxes,
        conversations: Conversations,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._chat = chat
        self._mailboxes = mailboxes
        self._conversations = conversations
        self._organisations = organisations
        self._clock = clock

    async def send_invite(self, job: SendInvite) -> None:
        """Post the sign-in card into the owner's 1:1 chat.

        An owner whom the bot cannot reach leaves the invite open: the admin has the link.

        Raises:
            TransientError: Teams could not be reached; try again.
        """
        mailbox = await self._records.get(Mailbox, job.tenant_id, job.mailbox_id)
        now = self._clock.now()
        if mailbox is None or not invite_is_open(mailbox, job.invite, now):
            return
        if not mailbox.owner_oid:
            return  # typed address: nobody is known in Teams, the admin copies the link
        try:
            placed = await self._post_to_owner(mailbox, await self.sign_in_card(mailbox))
        except PermanentError:
            return
        await change(
            self._records,
            mailbox,
            lambda known: replace(known, owner_card=placed),
            home=mailbox.tenant_id,
            at=now,
        )

    async def refresh_cards(self, job: RefreshMailboxCards) -> None:
        """Show the mailbox as it stands: the owner's receipt, the admin's card, a word to whoever
        invited it.
        """
        mailbox = await self._records.get(Mailbox, job.tenant_id, job.mailbox_id)
        if mailbox is None:
            return
        if mailbox.status is MailboxStatus.ACTIVE:
            await self._replace(mailbox.tenant_id, mailbox.owner_card, receipt_of(mailbox))
        card = await self._mailboxes.card_of(mailbox)
        await self._replace(mailbox.tenant_id, mailbox.admin_card, card)
        await self._tell_inviter(mailbox)

    async def tell_owner(self, job: TellOwner) -> None:
        """Tell the owner that nothing is sent from their mailbox any more, and why (A10). One who
        is told as whoever invited it, or whom the bot cannot reach, is not.

        Raises:
            TransientError: Teams could not be reached; try again.
        """
        mailbox = await self._records.get(Mailbox, job.tenant_id, job.mailbox_id)
        if mailbox is None or mailbox.owner_oid in ("", mailbox.invited_by):
            return
        news = _stopped(mailbox)
        if news is not None:
            with suppress(PermanentError):
                await self._post_to_owner(mailbox, news)

    async def _post_to_owner(self, mailbox: Mailbox, card: View) -> Message:
        service_url = await self._conversations.service_url(mailbox.tenant_id)
        chat = await self._chat.open_personal(mailbox.tenant_id, mailbox.owner_oid, service_url)
        await self._conversations.heard(chat)
        message_id = await self._chat.post(chat, card)
        return Message(conversation_id=chat.id, message_id=message_id)

    async def sign_in_card(self, mailbox: Mailbox) -> SignInInvite:
        """Return what the owner is asked, with the link of the open invite."""
        organisation = self._organisations.of(mailbox.tenant_id)
        return SignInInvite(
            organisation=organisation.name,
            invited_by=mailbox.invited_by_name,
            address=mailbox.address,
            permission=mailbox.permission,
            link=await self._mailboxes.link(mailbox),
            expires=self._organisations.local(mailbox.tenant_id, mailbox.invite_expires),
            support=organisation.support,
        )

    async def _replace(self, tenant_id: str, where: Message | None, view: View) -> None:
        if where is None:
            return
        place = await self._records.get(Conversation, tenant_id, where.conversation_id)
        if place is None:
            return
        try:
            await self._chat.update(place, where.message_id, view)
        except PermanentError:
            return  # the card was deleted, or the bot removed: nothing to keep true

    async def _tell_inviter(self, mailbox: Mailbox) -> None:
        where = mailbox.admin_card
        place = (
            await self._records.get(Conversation, mailbox.tenant_id, where.conversation_id)
            if where
            else None
        )
        if place is None:
            return
        news = _stopped(mailbox)
        if news is None and mailbox.status is MailboxStatus.ACTIVE:
            news = Notice(title=f"{mailbox.address} is connected")
        if news is not None:
            await self._chat.post(place, news)


def _stopped(mailbox: Mailbox) -> Notice | None:
    """Return what its people are told of a mailbox that sends no more; None while it may."""
    if mailbox.status is MailboxStatus.INACTIVE:
        title, why = f"{mailbox.address} is no longer connected", mailbox.problem
        way = f"{mailbox.invited_by_name} can send its owner a new invitation."
    elif mailbox.status is MailboxStatus.ACTIVE and mailbox.obstacle:
        title, why = f"{mailbox.address} cannot send", told(mailbox.obstacle)
        way = "Admins can have it try again: say “mailboxes” and open it."
    else:
        return None
    return Notice(title=title, lines=(why, _ON_HOLD, way))
