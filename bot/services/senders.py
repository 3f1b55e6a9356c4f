"""Whom a sequence can send as, and what keeps it from sending (A13, A14)."""

from collections.abc import Sequence as Seq

from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.route import Route
from bot.domain.sending_domain import SendingDomain
from bot.domain.sequence import Sequence, route_of
from bot.domain.views import Choice
from bot.ports import Records
from bot.services.relaying import NO_SERVER
from bot.services.sending_domains import SendingDomains

_TRY_AGAIN = "After that, open the mailbox from “mailboxes” and press “Try sending again”."
_REMOVED = "The mailbox of this sequence was removed. Choose another sequence."


class Senders:
    """The choices of a sequence's email settings. `platform` is our own address, "" where no relay
    is set up: then there is nothing to choose but mailboxes.
    """

    def __init__(self, records: Records, domains: SendingDomains, platform: str) -> None:
        self._records = records
        self._domains = domains
        self.platform = platform

    async def choices(self, tenant_id: str, mailboxes: Seq[Mailbox]) -> tuple[Choice, ...]:
        """Return what may be chosen: a mailbox that sends by itself, else where answers go to."""
        offered = [
            Choice(title=f"Email Integration: {each.address}", value=each.id)
            for each in mailboxes
            if each.can_send
        ]
        watched = [each for each in mailboxes if each.status is MailboxStatus.ACTIVE]
        if not self.platform:
            return tuple(offered)
        for domain in await self._records.list(SendingDomain, tenant_id):
            if domain.verified_at is not None:
                offered += [
                    Choice(
                        title=f"DKIM: {_under(domain.id, each)}",
                        value=f"{Route.DKIM}/{each.id}/{domain.id}",
                    )
                    for each in watched
                ]
        offered += [
            Choice(
                title=f"{self.platform}, answers to {each.address}",
                value=f"{Route.PLATFORM}/{each.id}/",
            )
            for each in watched
        ]
        return tuple(offered)

    def named(self, sequence: Sequence, mailboxes: Seq[Mailbox]) -> str:
        """Return how a sequence's sender is called in lists."""
        mailbox = next((each for each in mailboxes if each.id == sequence.mailbox_id), None)
        if mailbox is None:
            return ""
        match sequence.route:
            case Route.MAILBOX:
                return mailbox.address
            case Route.DKIM:
                return f"{_under(sequence.domain, mailbox)} (DKIM)"
            case Route.PLATFORM:
                return f"{self.platform}, answers to {mailbox.address}"

    async def obstacle(self, sequence: Sequence, mailbox: Mailbox | None) -> str:
        """Return what keeps the sequence from sending now, "" when nothing does."""
        if mailbox is None:
            return _REMOVED
        routes = {route_of(sequence, number) for number in range(1, len(sequence.emails) + 1)}
        if Route.MAILBOX in routes and not mailbox.can_send:
            return _unable(mailbox)
        if routes == {Route.MAILBOX}:
            return ""
        if not self.platform:
            return NO_SERVER
        if mailbox.status is not MailboxStatus.ACTIVE:
            return f"{mailbox.address}, where answers go, is not connected."
        return await self._unverified(sequence) if Route.DKIM in routes else ""

    async def _unverified(self, sequence: Sequence) -> str:
        try:
            await self._domains.signing(sequence.tenant_id, sequence.domain)
        except UserMistakeError as error:
            return str(error)
        return ""


def chosen(value: str) -> tuple[Route, str, str]:
    """Return route, mailbox and domain of a choice offered by `Senders.choices`."""
    route, found, rest = value.partition("/")
    if not found:
        return Route.MAILBOX, value, ""
    mailbox_id, _, domain = rest.partition("/")
    return Route(route), mailbox_id, domain


def choice_of(sequence: Sequence) -> str:
    """Return the choice that a sequence was saved with."""
    if sequence.route is Route.MAILBOX:
        return sequence.mailbox_id
    return f"{sequence.route}/{sequence.mailbox_id}/{sequence.domain}"


def _unable(mailbox: Mailbox) -> str:
    if mailbox.status is MailboxStatus.ACTIVE and mailbox.obstacle:
        return f"{mailbox.cannot_send} {_TRY_AGAIN}"
    return (
        f"{mailbox.address} cannot send at the moment. "
        "It must be connected, with the permission Read & Send."
    )


def _under(domain: str, mailbox: Mailbox) -> str:
    return f"{mailbox.address.rpartition('@')[0]}@{domain}"
