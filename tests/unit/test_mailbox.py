"""Invites, identities and rights."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import NotAllowedError
from bot.domain.mailbox import (
    Identity,
    Mailbox,
    MailboxStatus,
    Permission,
    break_connection,
    connect,
    invite_is_open,
    matches_invite,
    reinvite,
    scopes_for,
)
from bot.domain.roles import Actor, Organisation, Role, require_manager, role_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TYPED = Mailbox(
    id="m",
    tenant_id="t",
    address="owner@contoso.example",
    owner_name="",
    owner_oid="",
    permission=Permission.READ_SEND,
    status=MailboxStatus.INVITED,
    invited_by="admin",
    invited_by_name="Admin",
    invite=1,
    invite_expires=NOW + timedelta(days=7),
)
PICKED = replace(TYPED, owner_oid="oid-1")
OWNER = Identity(
    oid="oid-1",
    tenant_id="t",
    name="Owner",
    mail="owner@contoso.example",
    user_principal_name="o1@contoso.example",
)


@pytest.mark.parametrize(
    ("typed", "mail", "kept"),
    [
        ("owner@contoso.example", "owner@contoso.example", "owner@contoso.example"),
        ("o1@contoso.example", "owner@contoso.example", "o1@contoso.example"),
        ("somebody.else@contoso.example", "owner@contoso.example", "owner@contoso.example"),
        ("somebody.else@contoso.example", "", "o1@contoso.example"),
    ],
)
def test_a_connected_mailbox_bears_an_address_of_its_owner(
    typed: str, mail: str, kept: str
) -> None:
    connected = connect(replace(PICKED, address=typed), replace(OWNER, mail=mail))
    assert connected.address == kept


@pytest.mark.parametrize(
    ("mailbox", "identity", "fits"),
    [
        (PICKED, OWNER, True),
        (PICKED, replace(OWNER, oid="oid-2"), False),
        (PICKED, replace(OWNER, tenant_id="u"), False),
        (PICKED, replace(OWNER, mail="new@contoso.example"), True),
        (TYPED, OWNER, True),
        (TYPED, replace(OWNER, mail="", user_principal_name="owner@contoso.example"), True),
        (TYPED, replace(OWNER, mail="x@contoso.example"), False),
        (TYPED, replace(OWNER, tenant_id="u"), False),
    ],
)
def test_who_signed_in_is_who_was_invited(mailbox: Mailbox, identity: Identity, fits: bool) -> None:
    assert matches_invite(mailbox, identity) is fits


def test_consent_pins_the_object_id_and_uses_the_invite_up() -> None:
    connected = connect(TYPED, OWNER)
    assert connected.owner_oid == "oid-1"
    assert connected.can_send
    assert not invite_is_open(connected, 1, NOW)


def test_a_fresh_invite_kills_the_one_before() -> None:
    fresh = reinvite(TYPED, NOW)
    assert not invite_is_open(fresh, 1, NOW)
    assert invite_is_open(fresh, 2, NOW)
    assert not invite_is_open(fresh, 2, NOW + timedelta(days=7))


def test_only_what_is_needed_is_asked_for() -> None:
    assert set(scopes_for(Permission.READ_ONLY)) == {"User.Read", "Mail.Read"}
    assert set(scopes_for(Permission.READ_SEND)) == {"User.Read", "Mail.Read", "Mail.Send"}


def test_a_connection_breaks_once() -> None:
    broken = break_connection(connect(TYPED, OWNER), "Revoked.")
    assert broken.status is MailboxStatus.INACTIVE
    assert break_connection(broken, "Again.") is broken


ORGANISATION = Organisation(
    tenant_id="t",
    name="Contoso",
    support="help@contoso.example",
    admins=frozenset({"oid-a", "boss@contoso.example"}),
    managers=frozenset({"pm@contoso.example"}),
)


@pytest.mark.parametrize(
    ("actor", "role"),
    [
        (Actor(tenant_id="t", oid="oid-a", name="A"), Role.ADMIN),
        (Actor(tenant_id="t", oid="x", name="B", address="Boss@contoso.example"), Role.ADMIN),
        (Actor(tenant_id="t", oid="y", name="C", address="pm@contoso.example"), Role.MANAGER),
        (Actor(tenant_id="t", oid="z", name="D"), Role.MEMBER),
        (Actor(tenant_id="u", oid="oid-a", name="Same id, other tenant"), Role.MEMBER),
    ],
)
def test_rights(actor: Actor, role: Role) -> None:
    assert role_of(actor, ORGANISATION) is role


def test_a_member_is_refused_with_words() -> None:
    with pytest.raises(NotAllowedError, match="admins"):
        require_manager(Actor(tenant_id="t", oid="z", name="D"), ORGANISATION)
