"""Sequences as they are saved: a form that lies around answers with what stands now."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from cryptography.fernet import Fernet

from bot.domain.roles import Actor, Organisation
from bot.domain.views import EmailDraft, SequenceForm, SequenceList, SequenceReceipt
from bot.services.organisations import Organisations
from bot.services.senders import Senders
from bot.services.sequences import Sequences
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADMIN = Actor(tenant_id="t1", oid="admin", name="Admin")
FORM = SequenceForm(
    mailboxes=(), name="Autumn", mailbox_id="m1", emails=(EmailDraft(subject="One", body="1"),)
)


class StandingClock:
    def now(self) -> datetime:
        return NOW


async def test_an_old_form_pressed_after_an_edit_shows_the_edited_sequence() -> None:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    await store.records.save(samples.mailbox(), at=NOW)
    organisation = Organisation(tenant_id="t1", name="C", support="s", admins=frozenset({"admin"}))
    senders = Senders(store.records, cast(Any, None), "")  # nothing leaves by SMTP here
    sequences = Sequences(store.records, Organisations([organisation]), senders, StandingClock())
    first = await sequences.save(ADMIN, FORM)
    assert await sequences.save(ADMIN, FORM) == first
    listed = await sequences.list(ADMIN)
    assert isinstance(listed, SequenceList)
    (known,) = listed.sequences
    edited = replace(
        FORM, sequence_id=known.id, version=1, emails=(EmailDraft(subject="Other", body="1"),)
    )
    assert isinstance(await sequences.save(ADMIN, edited), SequenceReceipt)
    again = await sequences.save(ADMIN, FORM)
    assert isinstance(again, SequenceReceipt)
    assert again.emails == (("Other", "at once"),)
