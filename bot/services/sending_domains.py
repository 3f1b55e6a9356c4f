"""Sending domains as admins handle them: list, add, verify; and the key for what is sent (G13)."""

import secrets as random

from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.roles import Actor
from bot.domain.sender import Signing
from bot.domain.sending_domain import SendingDomain, checked, domain_name, records_of
from bot.domain.views import DomainCard, DomainLine, DomainList, View
from bot.ports import Clock, Dns, KeyMaker, Records, Secrets
from bot.services.changing import change
from bot.services.organisations import Organisations

_MOST_DOMAINS = 20


class SendingDomains:
    """What admins and program managers do with sending domains. Each belongs to one organisation:
    another one that adds the same domain has a key of its own, and its own proof to give.
    """

    def __init__(
        self,
        *,
        records: Records,
        secrets: Secrets,
        dns: Dns,
        keys: KeyMaker,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._secrets = secrets
        self._dns = dns
        self._keys = keys
        self._organisations = organisations
        self._clock = clock

    async def list(self, actor: Actor) -> View:
        """Return the organisation's sending domains."""
        self._organisations.managed_by(actor)
        return await self._list(actor)

    async def add(self, actor: Actor, text: str) -> View:
        """Add a domain and make its key; returns what to publish. One that is there already is
        shown as it stands, and keeps its key.
        """
        self._organisations.managed_by(actor)
        name = domain_name(text)
        if not name:
            return await self._list(actor, text, f"“{text.strip()}” is not the name of a domain.")
        known = await self._records.list(SendingDomain, actor.tenant_id)
        there = next((each for each in known if each.id == name), None)
        if there is None and len(known) >= _MOST_DOMAINS:
            return await self._list(actor, text, f"You have {_MOST_DOMAINS} domains already.")
        return _card(there or await self._made(actor, name))

    async def show(self, actor: Actor, name: str) -> View:
        """Return a domain with what to publish."""
        self._organisations.managed_by(actor)
        return _card(await self._load(actor.tenant_id, name))

    async def verify(self, actor: Actor, name: str) -> View:
        """Look the domain's key up in the DNS; returns its card as it stands then.

        Raises:
            TransientError: the name servers did not answer; nothing was changed.
        """
        self._organisations.managed_by(actor)
        known = await self._load(actor.tenant_id, name)
        found = await self._dns.txt(known.key_name)
        now = self._clock.now()
        after = await change(
            self._records,
            known,
            lambda each: checked(each, found, now),
            home=actor.tenant_id,
            at=now,
        )
        return _card(after or known)

    async def signing(self, tenant_id: str, name: str) -> Signing:
        """Return what an email from the domain is signed with.

        Raises:
            UserMistakeError: the organisation has no such domain, or has not verified it.
        """
        known = await self._load(tenant_id, name)
        if known.verified_at is None:
            raise UserMistakeError(
                f"{name} is not verified. Say “domains” and publish its DNS records first."
            )
        kept = await self._secrets.get(_key_name(known))
        if kept is None:
            raise UserMistakeError(f"The key of {name} is gone. Please tell whoever runs Mailroom.")
        return Signing(domain=known.id, selector=known.selector, private_key=kept[0])

    async def _made(self, actor: Actor, name: str) -> SendingDomain:
        """Keep the key first, then the domain that points to it."""
        pair = await self._keys.make()
        made = SendingDomain(
            id=name,
            tenant_id=actor.tenant_id,
            selector=f"mailroom-{random.token_hex(4)}",
            public_key=pair.public_key,
            added_by_name=actor.name,
        )
        await self._secrets.put(_key_name(made), pair.private_key)
        try:
            await self._records.save(made, at=self._clock.now())
        except ConcurrentChangeError:  # the same button at the same moment: one key is enough
            await self._secrets.take(_key_name(made))
            return await self._load(actor.tenant_id, name)
        return made

    async def _list(self, actor: Actor, typed: str = "", problem: str = "") -> DomainList:
        known = await self._records.list(SendingDomain, actor.tenant_id)
        return DomainList(
            domains=tuple(_line(each) for each in known),
            typed=typed,
            problems=(problem,) if problem else (),
        )

    async def _load(self, tenant_id: str, name: str) -> SendingDomain:
        known = await self._records.get(SendingDomain, tenant_id, name)
        if known is None:
            raise UserMistakeError("This domain is not in your list.")
        return known


def _line(domain: SendingDomain) -> DomainLine:
    return DomainLine(name=domain.id, verified_at=domain.verified_at, problem=domain.problem)


def _card(domain: SendingDomain) -> DomainCard:
    return DomainCard(
        domain=_line(domain), added_by=domain.added_by_name, records=records_of(domain)
    )


def _key_name(domain: SendingDomain) -> str:
    return f"dkim:{domain.tenant_id}:{domain.id}:{domain.selector}"
