"""Sending domains: verified by what the DNS says, one key per organisation, nobody else's."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import NotAllowedError, TransientError, UserMistakeError
from bot.domain.roles import Actor, Organisation
from bot.domain.sending_domain import SendingDomain, checked, domain_name, records_of
from bot.domain.views import DomainCard, DomainList
from bot.services.organisations import Organisations
from bot.services.sending_domains import SendingDomains
from bot.smtp.dns import Resolver
from bot.smtp.signing import RsaKeys
from bot.storage.memory_store import MemoryStore
from tests.harness.post_office import name_server

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADMIN = Actor(tenant_id="t1", oid="admin", name="Admin")
OTHER = Actor(tenant_id="t2", oid="admin", name="Admin of another")
MEMBER = Actor(tenant_id="t1", oid="member", name="Member")
DOMAIN = SendingDomain(
    id="contoso.example", tenant_id="t1", selector="s1", public_key="MIIB+/=", added_by_name="A"
)


class StandingClock:
    def now(self) -> datetime:
        return NOW


def opened(server: str) -> tuple[MemoryStore, SendingDomains]:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    organisations = [
        Organisation(tenant_id=each, name=each, support="s", admins=frozenset({"admin"}))
        for each in ("t1", "t2")
    ]
    domains = SendingDomains(
        records=store.records,
        secrets=store.secrets,
        dns=Resolver(server),
        keys=RsaKeys(),
        organisations=Organisations(organisations),
        clock=StandingClock(),
    )
    return store, domains


def card(view: object) -> DomainCard:
    assert isinstance(view, DomainCard)
    return view


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" Mail.Contoso.example. ", "mail.contoso.example"),
        ("olga@contoso.example", "contoso.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", ""), ("", ""), ("bücher.example", ""), ("a..b", ""), ("-a.example", ""),
        ("contoso.example\nevil.example", ""), ("a b.example", ""), ("1.2.3.4", ""),
        ("x." * 100 + "example", ""),
    ],
)  # fmt: skip
def test_what_is_a_domain(typed: str, name: str) -> None:
    assert domain_name(typed) == name


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (["v=DKIM1; k=rsa; p=MIIB+/="], ""),
        (["p=MII B+/\t="], ""),
        (["v=DKIM1; h=sha256; p=MIIB+/=; t=s"], ""),
        ([], "do not see"),
        (["v=DKIM1; p=MIIB+/=", "v=DKIM1; p=MIIB+/="], "several"),
        (["v=DKIM1; p="], "withdrawn"),
        (["v=DKIM1; p=MIIC"], "another key"),
        (["v=DKIM1; k=ed25519; p=MIIB+/="], "no DKIM key"),
        (["v=spf1 -all"], "no DKIM key"),
    ],
)
def test_what_the_dns_says_decides(found: list[str], problem: str) -> None:
    was = replace(DOMAIN, verified_at=None if not problem else NOW, problem="before")
    after = checked(was, found, NOW)
    assert (after.verified_at is None) is bool(problem)
    assert problem in after.problem
    assert bool(after.problem) is bool(problem)


async def test_a_domain_is_refused_until_its_key_is_published() -> None:
    published: dict[str, str] = {}
    async with name_server(published) as server:
        store, domains = opened(server)
        made = card(await domains.add(ADMIN, "Contoso.example"))
        assert made.domain.verified_at is None
        record = made.records[0]
        with pytest.raises(UserMistakeError, match="not verified"):
            await domains.signing("t1", "contoso.example")
        absent = card(await domains.verify(ADMIN, "contoso.example"))
        assert "do not see" in absent.domain.problem
        published[record.name] = record.value
        assert card(await domains.verify(ADMIN, "contoso.example")).domain.verified_at == NOW
        signing = await domains.signing("t1", "contoso.example")
        assert f"{signing.selector}._domainkey.contoso.example" == record.name
        published[record.name] = "broken"
        with pytest.raises(TransientError):
            await domains.verify(ADMIN, "contoso.example")
        assert await domains.signing("t1", "contoso.example") == signing
        del published[record.name]
        await domains.verify(ADMIN, "contoso.example")
        with pytest.raises(UserMistakeError, match="not verified"):
            await domains.signing("t1", "contoso.example")
    assert signing.private_key.decode() not in str(await store.records.list(SendingDomain, "t1"))


async def test_another_organisation_neither_sees_nor_uses_it() -> None:
    published: dict[str, str] = {}
    async with name_server(published) as server:
        _, domains = opened(server)
        ours = card(await domains.add(ADMIN, "contoso.example")).records[0]
        published[ours.name] = ours.value
        await domains.verify(ADMIN, "contoso.example")
        assert await domains.list(OTHER) == DomainList(domains=())
        for asked in (domains.show, domains.verify):
            with pytest.raises(UserMistakeError, match="not in your list"):
                await asked(OTHER, "contoso.example")
        with pytest.raises(UserMistakeError, match="not in your list"):
            await domains.signing("t2", "contoso.example")
        theirs = card(await domains.add(OTHER, "contoso.example")).records[0]
        assert theirs.name != ours.name
        assert theirs.value != ours.value
        await domains.verify(OTHER, "contoso.example")
        with pytest.raises(UserMistakeError, match="not verified"):
            await domains.signing("t2", "contoso.example")


@pytest.mark.parametrize("what", ["list", "add", "show", "verify"])
async def test_a_member_is_refused_at_every_verb(what: str) -> None:
    store, domains = opened("127.0.0.1:1")
    method: Any = getattr(domains, what)
    with pytest.raises(NotAllowedError):
        await method(MEMBER, *([] if what == "list" else ["contoso.example"]))
    assert await store.records.list(SendingDomain, "t1") == []


async def test_a_domain_is_added_once_whoever_presses_when() -> None:
    _, domains = opened("127.0.0.1:1")
    views = await asyncio.gather(*(domains.add(ADMIN, "contoso.example") for _ in range(3)))
    again = await domains.add(ADMIN, "contoso.example")
    assert len({card(each).records for each in (*views, again)}) == 1


async def test_what_is_no_domain_is_told_in_the_card() -> None:
    _, domains = opened("127.0.0.1:1")
    view = await domains.add(ADMIN, "not a domain")
    assert isinstance(view, DomainList)
    assert view.typed == "not a domain"
    assert "not a domain" in view.problems[0]


def test_what_is_to_be_published() -> None:
    key, dmarc = records_of(DOMAIN)
    assert (key.name, key.value) == (
        "s1._domainkey.contoso.example",
        "v=DKIM1; k=rsa; p=MIIB+/=",
    )
    assert (dmarc.name, dmarc.needed) == ("_dmarc.contoso.example", False)
