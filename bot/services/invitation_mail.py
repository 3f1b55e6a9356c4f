"""The invitation by email, beside the card in Teams (A2)."""

import structlog

from bot.domain.delivery import Outcome, OutgoingMail
from bot.domain.errors import TransientError
from bot.domain.letters import invitation
from bot.domain.mailbox import Mailbox, invite_is_open
from bot.domain.participant import is_address
from bot.domain.schedule import LIMITS
from bot.domain.sender import RelayMail, Sender
from bot.domain.views import SignInInvite
from bot.jobs import EmailInvite
from bot.ports import Clock, Records, Secrets
from bot.services.inviting import Inviting
from bot.services.relaying import Postage

_log = structlog.get_logger(__name__)


class InvitationMail:
    """Sends each invitation once; without `postage` none, and the card in Teams says it all."""

    def __init__(
        self,
        *,
        records: Records,
        secrets: Secrets,
        postage: Postage | None,
        inviting: Inviting,
        clock: Clock,
    ) -> None:
        self._records = records
        self._secrets = secrets
        self._postage = postage
        self._inviting = inviting
        self._clock = clock

    async def send(self, job: EmailInvite) -> None:
        """Send the invitation, unless that was begun before: what became of that nobody can look
        up, and the link is on the cards all the same.

        Raises:
            TransientError: nothing was written; come again.
        """
        mailbox = await self._open(job)
        if self._postage is None or mailbox is None:
            return
        mark = f"invite-mail:{mailbox.id}:{job.invite}"
        if not await self._secrets.swap(mark, b"begun", 0):
            return
        await self._secrets.put(mark, b"begun", expires=mailbox.invite_expires)
        report = await self._postage.relay.send(
            self._letter(self._postage, mailbox, await self._inviting.sign_in_card(mailbox)),
            until=self._clock.now() + LIMITS.lease / 2,
            wanted=lambda: self._still_open(job),
        )
        if report.outcome is Outcome.NOT_WRITTEN:
            await self._secrets.take(mark)
            raise TransientError(f"the invitation could not be sent: {report.detail}")
        _log.info("invitation.mailed", mailbox=mailbox.id, outcome=report.outcome)

    async def _open(self, job: EmailInvite) -> Mailbox | None:
        mailbox = await self._records.get(Mailbox, job.tenant_id, job.mailbox_id)
        if mailbox is None or not invite_is_open(mailbox, job.invite, self._clock.now()):
            return None
        return mailbox

    async def _still_open(self, job: EmailInvite) -> bool:
        return await self._open(job) is not None

    def _letter(self, postage: Postage, mailbox: Mailbox, card: SignInInvite) -> RelayMail:
        platform, letter = postage.platform, invitation(card)
        return RelayMail(
            mail=OutgoingMail(
                to_address=mailbox.address,
                to_name=mailbox.owner_name,
                subject=letter.subject,
                html=letter.html,
                text=letter.text,
                message_id=f"<invite.{mailbox.id}.{mailbox.invite}@{platform.domain}>",
                key="",
            ),
            sender=Sender(
                address=platform.address,
                name=f"Mailroom for {card.organisation}",
                reply_to=card.support if is_address(card.support) else "",
            ),
            return_path=platform.address,
        )
