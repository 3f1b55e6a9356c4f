"""The end of a consent: connected with tokens, or neither."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Identity, Mailbox, MailboxStatus, Message, connect, reinvite
from bot.domain.roles import Organisation
from bot.ports import SignedIn
from bot.services.consent import Consent
from bot.services.mailboxes import Mailboxes
from bot.services.organisations import Organisations
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OWNER = Identity(
    oid="oid", tenant_id="t1", name="Owner", mail="m1@contoso.example", user_principal_name="o1@x"
)
SIGNED_IN = SignedIn(tenant_id="t1", mailbox_id="m1", invite=1, identity=OWNER, tokens=b"t")


class StandingClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class MicrosoftsAnswer:
    """A sign-in that ends well; something happens to the mailbox while its tokens are kept."""

    meanwhile: Callable[[], Awaitable[None]]
    kept: list[str] = field(default_factory=list)

    async def finish(self, parameters: Mapping[str, str]) -> SignedIn:
        return SIGNED_IN

    async def keep(self, signed_in: SignedIn) -> None:
        self.kept.append(signed_in.mailbox_id)
        await self.meanwhile()

    async def forget(self, signed_in: SignedIn) -> None:
        self.kept.remove(signed_in.mailbox_id)


def resent(known: Mailbox) -> Mailbox:
    return reinvite(known, NOW)


def connected(known: Mailbox) -> Mailbox:
    return connect(known, OWNER)


def taken(known: Mailbox) -> Mailbox:
    return connect(known, replace(OWNER, oid="another"))


def card_posted(known: Mailbox) -> Mailbox:
    return replace(known, owner_card=Message(conversation_id="c", message_id="1"))


@pytest.mark.parametrize(
    ("change", "well"), [(resent, False), (taken, False), (connected, True), (card_posted, True)]
)
async def test_tokens_stay_only_with_a_connection(
    change: Callable[[Mailbox], Mailbox], well: bool
) -> None:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    await store.records.save(replace(samples.mailbox(), status=MailboxStatus.INVITED), at=NOW)

    async def meanwhile() -> None:
        known = await store.records.get(Mailbox, "t1", "m1")
        assert known is not None
        await store.records.save(change(known), at=NOW)

    microsoft = MicrosoftsAnswer(meanwhile)
    organisations = Organisations([Organisation(tenant_id="t1", name="C", support="s")])
    consent = Consent(
        records=store.records,
        sign_in=cast(Any, microsoft),
        mailboxes=Mailboxes(
            records=store.records,
            places=store.places,
            secrets=store.secrets,
            chat=cast(Any, None),
            organisations=organisations,
            clock=StandingClock(),
            public_url="https://mailroom.example",
        ),
        organisations=organisations,
        clock=StandingClock(),
        public_url="https://mailroom.example",
    )
    if well:
        assert (await consent.finish({})).connected
    else:
        with pytest.raises(UserMistakeError, match="open the link again"):
            await consent.finish({})
    assert microsoft.kept == (["m1"] if well else [])
