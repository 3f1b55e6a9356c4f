"""Relaying: an email leaves by SMTP, under the organisation's own domain or our address."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.delivery import Delivery, Outcome, OutgoingMail, SendReport
from bot.domain.enrolment import Enrolment
from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.route import Route
from bot.domain.sender import Platform, RelayMail, from_platform, under_domain
from bot.domain.sequence import Sequence
from bot.domain.verp import return_path
from bot.ports import SmtpRelay
from bot.services.organisations import Organisations
from bot.services.sending_domains import SendingDomains

NO_SERVER = "No mail server is set up here for email that does not come from a mailbox."


@dataclass(frozen=True, slots=True, kw_only=True)
class Postage:
    """What email by SMTP needs: the relay, and our own address."""

    relay: SmtpRelay
    platform: Platform


class Relaying:
    """Sends by SMTP; without `postage` nothing can, and everything waits."""

    def __init__(
        self, postage: Postage | None, domains: SendingDomains, organisations: Organisations
    ) -> None:
        self._postage = postage
        self._domains = domains
        self._organisations = organisations

    async def send(
        self,
        mail: OutgoingMail,
        delivery: Delivery,
        enrolment: Enrolment,
        sequence: Sequence,
        mailbox: Mailbox,
        *,
        until: datetime,
        wanted: Callable[[], Awaitable[bool]],
    ) -> SendReport:
        """Submit one email, once: the report says what became of it. `mailbox` gets the answers,
        so nothing is sent that could be answered unseen.

        Raises:
            TransientError: the store could not be reached, so nothing was written.
        """
        if self._postage is None:
            return SendReport(outcome=Outcome.NOT_WRITTEN, detail=NO_SERVER)
        if mailbox.status is not MailboxStatus.ACTIVE:
            held = f"{mailbox.address}, where answers go, is not connected."
            return SendReport(outcome=Outcome.NOT_WRITTEN, detail=held)
        platform = self._postage.platform
        organisation = self._organisations.of(enrolment.tenant_id).name
        signing, sender = None, from_platform(platform, mailbox, organisation)
        if delivery.route is Route.DKIM:
            try:
                signing = await self._domains.signing(enrolment.tenant_id, sequence.domain)
            except UserMistakeError as error:
                return SendReport(outcome=Outcome.NOT_WRITTEN, detail=str(error))
            sender = under_domain(signing.domain, mailbox, organisation)
        relayed = RelayMail(
            mail=mail,
            sender=sender,
            signing=signing,
            return_path=_return_path(platform, enrolment, delivery),
        )
        return await self._postage.relay.send(relayed, until=until, wanted=wanted)


def _return_path(platform: Platform, enrolment: Enrolment, delivery: Delivery) -> str:
    newest, home = platform.secrets[0], enrolment.mailbox_id
    return return_path(newest, home, enrolment.id, delivery.number, platform.domain)
