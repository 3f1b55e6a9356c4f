"""Consent of a mailbox owner: the page behind the link, the sign-in, and what follows (A2-A5)."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.mailbox import (
    Mailbox,
    MailboxStatus,
    Permission,
    connect,
    invite_is_open,
    matches_invite,
)
from bot.domain.records import Invite
from bot.jobs import Job, RefreshMailboxCards, Subscribe, SweepMailbox
from bot.ports import Clock, Records, SignedIn, SignIn
from bot.services.mailboxes import Mailboxes, invite_id
from bot.services.organisations import Organisations


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitePage:
    """What the page behind an invite's link says."""

    organisation: str
    address: str
    invited_by: str
    permission: Permission
    support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentResult:
    """What the callback page says. `signed_in_as` is the account that was used, and `link` the
    way to try again with another one, "" once the mailbox is connected.
    """

    connected: bool
    address: str
    signed_in_as: str
    link: str
    support: str


class Consent:
    """The owner's way from the link to an Active mailbox."""

    def __init__(
        self,
        *,
        records: Records,
        sign_in: SignIn,
        mailboxes: Mailboxes,
        organisations: Organisations,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._records = records
        self._sign_in = sign_in
        self._mailboxes = mailboxes
        self._organisations = organisations
        self._clock = clock
        self._redirect_uri = f"{public_url}/connect/callback"

    async def page(self, token: str) -> InvitePage:
        """Return what the invite's page says. Opening it uses nothing up: scanners open links.

        Raises:
            UserMistakeError: the link is unknown, replaced, expired or used up.
        """
        mailbox = await self._open_invite(token)
        organisation = self._organisations.of(mailbox.tenant_id)
        return InvitePage(
            organisation=organisation.name,
            address=mailbox.address,
            invited_by=mailbox.invited_by_name,
            permission=mailbox.permission,
            support=organisation.support,
        )

    async def start(self, token: str) -> str:
        """Return the address of Microsoft's sign-in page, good for 10 minutes (G1).

        Raises:
            UserMistakeError: as `page`.
        """
        return await self._sign_in.begin(await self._open_invite(token), self._redirect_uri)

    async def finish(self, parameters: Mapping[str, str]) -> ConsentResult:
        """Take Microsoft's answer: the right account connects the mailbox, any other changes
        nothing and the invite stays open (A3).

        Raises:
            UserMistakeError: the start is unknown, used or expired; the person declined; the
                invite was replaced or used up meanwhile.
            PermanentError: the answer does not hold.
        """
        signed_in = await self._sign_in.finish(parameters)
        mailbox = await self._load(signed_in.tenant_id, signed_in.mailbox_id)
        if not invite_is_open(mailbox, signed_in.invite, self._clock.now()):
            raise UserMistakeError(_DEAD_LINK)
        if not matches_invite(mailbox, signed_in.identity):
            return await self._result(mailbox, signed_in)
        # First: the jobs that come with the connection need the tokens at once.
        await self._sign_in.keep(signed_in)
        connected = await self._connected(mailbox, signed_in)
        if connected is None:
            await self._sign_in.forget(signed_in)
            raise UserMistakeError(
                "The invitation was changed while you signed in. Please open the link again."
            )
        return await self._result(connected, signed_in)

    async def _connected(self, mailbox: Mailbox, signed_in: SignedIn) -> Mailbox | None:
        """Return the mailbox as connected, None where its invite was replaced or used up by
        somebody else meanwhile.
        """
        jobs: tuple[Job, ...] = (
            Subscribe(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id),
            SweepMailbox(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id),
            RefreshMailboxCards(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id),
        )
        while invite_is_open(mailbox, signed_in.invite, self._clock.now()):
            connected = connect(mailbox, signed_in.identity)
            try:
                await self._records.save(connected, jobs=jobs, at=self._clock.now())
            except ConcurrentChangeError:
                mailbox = await self._load(mailbox.tenant_id, mailbox.id)
            else:
                return connected
        theirs = mailbox.owner_oid == signed_in.identity.oid
        return mailbox if mailbox.status is MailboxStatus.ACTIVE and theirs else None

    async def _open_invite(self, token: str) -> Mailbox:
        invite = await self._records.get(Invite, invite_id(token), invite_id(token))
        if invite is None:
            raise UserMistakeError(_DEAD_LINK)
        mailbox = await self._load(invite.tenant_id, invite.mailbox_id)
        if not invite_is_open(mailbox, invite.number, self._clock.now()):
            raise UserMistakeError(_DEAD_LINK)
        return mailbox

    async def _load(self, tenant_id: str, mailbox_id: str) -> Mailbox:
        known = await self._records.get(Mailbox, tenant_id, mailbox_id)
        if known is None:
            raise UserMistakeError(_DEAD_LINK)
        return known

    async def _result(self, mailbox: Mailbox, signed_in: SignedIn) -> ConsentResult:
        identity = signed_in.identity
        return ConsentResult(
            connected=mailbox.status is MailboxStatus.ACTIVE,
            address=mailbox.address,
            signed_in_as=identity.mail or identity.user_principal_name or identity.name,
            link=await self._mailboxes.link(mailbox),
            support=self._organisations.of(mailbox.tenant_id).support,
        )


_DEAD_LINK = (
    "This link no longer works: it was used already, replaced by a newer one, or is older than "
    "seven days. Ask whoever invited you to send a fresh one."
)
