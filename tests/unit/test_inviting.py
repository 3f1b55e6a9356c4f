"""Invitations: one connection per address, one link that works."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from cryptography.fernet import Fernet

from bot.domain.mailbox import Mailbox, MailboxStatus, Message
from bot.domain.records import Conversation, ConversationKind, Invite
from bot.domain.roles import Actor, Organisation
from bot.domain.views import InviteForm, MailboxCard, View
from bot.jobs import Job
from bot.services.mailboxes import Mailboxes, invite_id
from bot.services.organisations import Organisations
from bot.storage.memory_records import MemoryRecords
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADMIN = Actor(tenant_id="t1", oid="admin", name="Admin")
PLACE = Conversation(id="c", tenant_id="t1", kind=ConversationKind.PERSONAL, service_url="s")
CARD = Message(conversation_id="c", message_id="1")


class StandingClock:
    def now(self) -> datetime:
        return NOW


def opened() -> tuple[MemoryStore, Mailboxes]:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    organisation = Organisation(tenant_id="t1", name="C", support="s", admins=frozenset({"admin"}))
    mailboxes = Mailboxes(
        records=store.records,
        places=store.places,
        secrets=store.secrets,
        chat=cast(Any, None),  # nobody is picked
        organisations=Organisations([organisation]),
        clock=StandingClock(),
        public_url="https://mailroom.example",
    )
    return store, mailboxes


async def invited(mailboxes: Mailboxes, address: str, card: Message = CARD) -> View:
    return await mailboxes.invite(
        ADMIN, PLACE, card, person="", address=address, permission="read_send"
    )


async def test_an_address_that_came_with_the_consent_is_not_invited_again() -> None:
    store, mailboxes = opened()
    await store.records.save(replace(samples.mailbox(), address="real@x.example"), at=NOW)
    view = await invited(mailboxes, "real@x.example")
    assert isinstance(view, InviteForm)
    assert "in your list already" in view.problems[0]
    assert len(await store.records.list(Mailbox, "t1")) == 1


async def test_an_address_its_mailbox_has_left_can_be_invited() -> None:
    store, mailboxes = opened()
    assert isinstance(await invited(mailboxes, "typed@x.example"), MailboxCard)
    (first,) = await store.records.list(Mailbox, "t1")
    await store.records.save(replace(first, address="real@x.example"), at=NOW)
    elsewhere = replace(CARD, message_id="2")
    for _ in range(2):  # pressed twice: it is made once
        view = await invited(mailboxes, "typed@x.example", elsewhere)
        assert isinstance(view, MailboxCard)
    known = await store.records.list(Mailbox, "t1")
    assert sorted(each.address for each in known) == ["real@x.example", "typed@x.example"]


class Together:
    """The records; the first two to read a mailbox both have it before either goes on."""

    def __init__(self, records: MemoryRecords) -> None:
        self._records = records
        self._both = asyncio.Barrier(2)
        self._held = 2
        self.invites: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    async def get(self, kind: type[Any], home: str, id: str) -> Any:
        found = await self._records.get(kind, home, id)
        if kind is Mailbox and self._held:
            self._held -= 1
            await self._both.wait()
        return found

    async def save(self, *records: Any, jobs: Sequence[Job] = (), at: datetime) -> None:
        await self._records.save(*records, jobs=jobs, at=at)
        self.invites |= {each.id for each in records if isinstance(each, Invite)}


async def test_two_fresh_invitations_at_the_same_moment_are_one_link() -> None:
    store, mailboxes = opened()
    await store.records.save(replace(samples.mailbox(), status=MailboxStatus.INVITED), at=NOW)
    together = Together(store.records)
    mailboxes._records = together
    views = await asyncio.gather(*(mailboxes.resend(ADMIN, "m1", CARD) for _ in range(2)))
    links = {view.link for view in views if isinstance(view, MailboxCard)}
    assert len(links) == 1
    token = links.pop().rpartition("/")[2]
    assert together.invites == {invite_id(token)}
    (known,) = await store.records.list(Mailbox, "t1")
    assert known.invite == 2
