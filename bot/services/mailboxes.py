"""Mailboxes as admins handle them: list, invite, resend (A1, A2, A6)."""

import hashlib
import secrets as random
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.domain.daily_limit import read_limit
from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.mailbox import (
    INVITE_LIFETIME,
    Mailbox,
    MailboxStatus,
    Message,
    Permission,
    reinvite,
    with_limit,
)
from bot.domain.obstacle import told
from bot.domain.participant import is_address
from bot.domain.records import Conversation, Invite
from bot.domain.roles import Actor
from bot.domain.views import InviteForm, MailboxCard, MailboxLine, MailboxList, Room, View
from bot.jobs import EmailInvite, SendInvite
from bot.ports import Chat, Clock, Person, Places, Records, Secrets
from bot.services.changing import change
from bot.services.organisations import Organisations

_OPEN = (MailboxStatus.INVITED, MailboxStatus.APPROVAL_REQUIRED, MailboxStatus.INACTIVE)


class Mailboxes:
    """What admins and program managers do with mailboxes."""

    def __init__(
        self,
        *,
        records: Records,
        places: Places,
        secrets: Secrets,
        chat: Chat,
        organisations: Organisations,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._records = records
        self._places = places
        self._secrets = secrets
        self._chat = chat
        self._organisations = organisations
        self._clock = clock
        self._public_url = public_url

    async def form(self, actor: Actor) -> View:
        """Return the form that invites a mailbox."""
        self._organisations.managed_by(actor)
        return InviteForm()

    async def list(self, actor: Actor) -> View:
        """Return the organisation's mailboxes with permission and status."""
        self._organisations.managed_by(actor)
        known = await self._records.list(Mailbox, actor.tenant_id)
        shown = [line_of(each) for each in known if each.status is not MailboxStatus.REMOVED]
        return MailboxList(mailboxes=tuple(shown))

    async def show(self, actor: Actor, mailbox_id: str) -> View:
        """Return a mailbox's card as it stands now."""
        self._organisations.managed_by(actor)
        return await self.card_of(await self._load(actor.tenant_id, mailbox_id))

    async def invite(
        self,
        actor: Actor,
        conversation: Conversation,
        card: Message,
        *,
        person: str,
        address: str,
        permission: str,
    ) -> View:
        """Invite the person picked in Teams (`person`, an Entra object id) or the address typed.

        Returns the mailbox's card, or the form again with what is wrong; then nothing was made.
        """
        self._organisations.managed_by(actor)
        wanted = InviteForm(
            person=person.strip(),
            address=address.strip().lower(),
            permission=Permission(permission)
            if permission in tuple(Permission)
            else Permission.READ_SEND,
        )
        picked = await self._chat.person(conversation, wanted.person) if wanted.person else None
        address = wanted.address or (picked.address if picked else "")
        problems = _problems(wanted, picked, address)
        if problems:
            return replace(wanted, problems=problems)
        named, known = await self._named(actor.tenant_id, address)
        if known is not None and known.status is not MailboxStatus.REMOVED:
            if known.admin_card == card:  # the same button, pressed again
                return await self.card_of(known)
            taken = f"{address} is in your list already. Say “mailboxes” to see it."
            return replace(wanted, problems=(taken,))
        mailbox = self._new_mailbox(actor, wanted, picked, named, address)
        if known is not None:
            mailbox = _again(mailbox, known)
        return await self._send_invite(replace(mailbox, admin_card=card))

    async def resend(self, actor: Actor, mailbox_id: str, card: Message) -> View:
        """Make a fresh invite; the link before it is dead (A6). An Active mailbox is only shown."""
        self._organisations.managed_by(actor)
        mailbox = await self._load(actor.tenant_id, mailbox_id)
        if mailbox.status not in _OPEN:
            return await self.card_of(mailbox)
        fresh = reinvite(mailbox, self._clock.now())
        if mailbox.status is MailboxStatus.INACTIVE:
            fresh = replace(fresh, status=MailboxStatus.INVITED)
        return await self._send_invite(replace(fresh, admin_card=card))

    async def set_limit(self, actor: Actor, mailbox_id: str, *, a_day: str, warm_up: bool) -> View:
        """Hold a mailbox to `a_day` emails, as typed; `warm_up` begins with few today (B4). What is
        planned beyond it moves to later days when its time comes.
        """
        self._organisations.managed_by(actor)
        known = await self._load(actor.tenant_id, mailbox_id)
        today = self._organisations.calendar.day_of(self._clock.now())
        try:
            limit = read_limit(a_day)
        except UserMistakeError as mistake:
            return replace(await self.card_of(known), problems=tuple(mistake.problems))
        limited = partial(with_limit, a_day=limit, warm_from=today if warm_up else None)
        # The places first: pressed again after a crash in between, both say the same.
        await self._places.limit(known.id, limited(known).daily_limit, limited(known).ramp)
        changed = await change(
            self._records, known, limited, home=actor.tenant_id, at=self._clock.now()
        )
        return await self.card_of(changed or known)

    async def link(self, mailbox: Mailbox) -> str:
        """Return the sign-in link of the mailbox's open invite, "" when there is none."""
        kept = await self._secrets.get(_link_name(mailbox.id, mailbox.invite))
        waiting = mailbox.status in (MailboxStatus.INVITED, MailboxStatus.APPROVAL_REQUIRED)
        return f"{self._public_url}/connect/{kept[0].decode()}" if kept and waiting else ""

    async def card_of(self, mailbox: Mailbox) -> MailboxCard:
        """Return the admin's card of a mailbox, with the link while its invite is open."""
        return MailboxCard(
            mailbox=line_of(mailbox),
            invited_by=mailbox.invited_by_name,
            expires=self._organisations.local(mailbox.tenant_id, mailbox.invite_expires),
            link=await self.link(mailbox),
            room=await self._room(mailbox) if mailbox.can_send else None,
        )

    async def _room(self, mailbox: Mailbox) -> Room:
        today = self._organisations.calendar.day_of(self._clock.now())
        taken = await self._places.taken(mailbox.id)
        ramped = mailbox.full_from
        return Room(
            a_day=mailbox.daily_limit,
            today=mailbox.limit_on(today),
            taken=taken.get(today, 0),
            full_from=ramped if ramped and ramped > today else None,
        )

    def _new_mailbox(
        self, actor: Actor, wanted: InviteForm, picked: Person | None, named: str, address: str
    ) -> Mailbox:
        return Mailbox(
            id=named,
            tenant_id=actor.tenant_id,
            address=address,
            owner_name=picked.name if picked else "",
            owner_oid=wanted.person,
            permission=wanted.permission,
            status=MailboxStatus.INVITED,
            invited_by=actor.oid,
            invited_by_name=actor.name,
            invite=1,
            invite_expires=self._clock.now() + INVITE_LIFETIME,
        )

    async def _send_invite(self, mailbox: Mailbox) -> View:
        """Keep the invite first, then the mailbox that points to it, then let the card go out."""
        now = self._clock.now()
        token = await self._one_token(mailbox)
        with suppress(ConcurrentChangeError):  # somebody else keeps the same one
            await self._records.save(_invite(mailbox, token, mailbox.invite_expires), at=now)
        jobs = [
            kind(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id, invite=mailbox.invite)
            for kind in (SendInvite, EmailInvite)
        ]
        try:
            await self._records.save(mailbox, jobs=jobs, at=now)
        except ConcurrentChangeError:
            # Somebody pressed the same button at the same moment: show what they made.
            mailbox = await self._load(mailbox.tenant_id, mailbox.id)
        return await self.card_of(mailbox)

    async def _one_token(self, mailbox: Mailbox) -> str:
        """Return the token of this invite: the one that was made first, whoever else makes one."""
        name = _link_name(mailbox.id, mailbox.invite)
        token = random.token_urlsafe(32).encode()
        if not await self._secrets.swap(name, token, 0):
            kept = await self._secrets.get(name)
            token = kept[0] if kept else token
        await self._secrets.put(name, token, expires=mailbox.invite_expires)
        return token.decode()

    async def _named(self, tenant_id: str, address: str) -> tuple[str, Mailbox | None]:
        """Return the id an address goes by, and its mailbox: one may have come to its address, or
        left it, only when it was connected.
        """
        usual = _mailbox_id(tenant_id, address)
        known = await self._records.get(Mailbox, tenant_id, usual)
        if known is None or known.address != address:
            others = await self._records.list(Mailbox, tenant_id)
            other = next((each for each in others if each.address == address), None)
            if other is not None:
                return other.id, other
        if known is not None and known.address != address:
            return _mailbox_id(tenant_id, f"{address}/again"), None
        return usual, known

    async def _load(self, tenant_id: str, mailbox_id: str) -> Mailbox:
        known = await self._records.get(Mailbox, tenant_id, mailbox_id)
        if known is None:
            raise UserMistakeError("This mailbox is no longer in your list.")
        return known


def line_of(mailbox: Mailbox) -> MailboxLine:
    """Return a mailbox as admins see it."""
    return MailboxLine(
        id=mailbox.id,
        address=mailbox.address,
        owner_name=mailbox.owner_name,
        permission=mailbox.permission,
        status=mailbox.status,
        problem=mailbox.problem or (told(mailbox.obstacle) if mailbox.obstacle else ""),
        blocked=mailbox.obstacle is not None,
    )


def invite_id(token: str) -> str:
    """Return the id an invite is kept under: the link itself is nowhere in the clear."""
    return hashlib.sha256(token.encode()).hexdigest()


def _problems(wanted: InviteForm, picked: Person | None, address: str) -> tuple[str, ...]:
    if not wanted.person and not address:
        return ("Choose a person, or type the address of the mailbox.",)
    if not address:
        return ("We could not find this person's address. Please type it as well.",)
    if not is_address(address):
        return (f"“{address}” is not a valid email address.",)
    if picked and picked.address and address not in (picked.address, picked.user_principal_name):
        return (
            f"“{address}” is not the address of {picked.name} ({picked.address}). "
            "Choose the person without an address, or type the address alone.",
        )
    return ()


def _mailbox_id(tenant_id: str, address: str) -> str:
    """One connection per address: two people who invite the same mailbox make one."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{tenant_id}/{address}").hex


def _again(mailbox: Mailbox, known: Mailbox) -> Mailbox:
    """Return the mailbox in the place of one that was removed, with what is still to be ended."""
    subscriptions = known.subscriptions
    return replace(mailbox, rev=known.rev, invite=known.invite + 1, subscriptions=subscriptions)


def _invite(mailbox: Mailbox, token: str, expires: datetime) -> Invite:
    return Invite(
        id=invite_id(token),
        tenant_id=mailbox.tenant_id,
        mailbox_id=mailbox.id,
        number=mailbox.invite,
        expires=expires,
    )


def _link_name(mailbox_id: str, invite: int) -> str:
    return f"link:{mailbox_id}:{invite}"
