"""Sequences as they are saved: a form that lies around answers with what stands now."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from bot.domain.roles import Actor, Organisation
from bot.domain.views import EmailDraft, SequenceForm, SequenceList, SequenceReceipt
from bot.services.booking import Booking
from bot.services.carrying_out import CarryingOut
from bot.services.editing import Editing
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


async def opened() -> Sequences:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    await store.records.save(samples.mailbox(), at=NOW)
    organisation = Organisation(tenant_id="t1", name="C", support="s", admins=frozenset({"admin"}))
    senders = Senders(store.records, cast(Any, None), "")  # nothing leaves by SMTP here
    organisations, clock = Organisations([organisation]), StandingClock()
    booking = Booking(store.records, store.places, store.sends, organisations, clock)
    carrying_out = CarryingOut(store.records, store.jobs, booking, organisations, clock)
    editing = Editing(store.records, store.places, carrying_out, organisations, clock)
    return Sequences(store.records, organisations, senders, editing, clock)


async def saved(form: SequenceForm) -> SequenceReceipt:
    shown = await (await opened()).save(ADMIN, form)
    assert isinstance(shown, SequenceReceipt), shown
    return shown


def follow_up(delay: str, unit: str = "days") -> SequenceForm:
    return replace(
        FORM, emails=(*FORM.emails, EmailDraft(subject="Two", body="2", delay=delay, unit=unit))
    )


async def test_an_old_form_pressed_after_an_edit_shows_the_edited_sequence() -> None:
    sequences = await opened()
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


@pytest.mark.parametrize(
    ("delay", "unit", "words"),
    [
        ("1", "days", "1 day after the one before"),
        ("3", "working_days", "3 working days after the one before"),
        ("2,5", "hours", "2.5 hours after the one before"),
        ("1", "hours", "1 hour after the one before"),
        ("365", "days", "365 days after the one before"),
        ("8760", "hours", "8760 hours after the one before"),
    ],
)
async def test_a_delay_is_a_number_and_a_unit(delay: str, unit: str, words: str) -> None:
    assert (await saved(follow_up(delay, unit))).emails[1] == ("Two", words)


@pytest.mark.parametrize(
    ("delay", "unit"),
    [("soon", "days"), ("1.5", "days"), ("0.5", "working_days"), ("366", "days"), ("-1", "hours"),
     ("nan", "hours"), ("inf", "hours"), ("8761", "hours"), ("3", "moons")],
)  # fmt: skip
async def test_what_is_no_delay_is_said_once(delay: str, unit: str) -> None:
    shown = await (await opened()).save(ADMIN, follow_up(delay, unit))
    assert isinstance(shown, SequenceForm)
    (problem,) = shown.problems
    assert f"“{delay}” is not how long email 2 waits" in problem
    assert shown.mailboxes


async def test_a_follow_up_without_a_delay_is_refused() -> None:
    shown = await (await opened()).save(ADMIN, follow_up(""))
    assert isinstance(shown, SequenceForm)
    assert shown.problems == ("Say how long after the one before email 2 leaves.",)


async def test_a_sequence_is_opened_as_it_was_written() -> None:
    sequences = await opened()
    written = replace(
        follow_up("2", "working_days"), window="own", days="Tue, Thu", from_hour="8", to_hour="12",
        whose_time="recipients",
    )  # fmt: skip
    await sequences.save(ADMIN, written)
    listed = await sequences.list(ADMIN)
    assert isinstance(listed, SequenceList)
    form = await sequences.edit(ADMIN, listed.sequences[0].id)
    assert isinstance(form, SequenceForm)
    assert form.emails == (replace(written.emails[0], delay="0"), written.emails[1])
    for name in ("window", "days", "from_hour", "to_hour", "whose_time"):
        assert getattr(form, name) == getattr(written, name)
    assert form.place == "UTC"


WORKING = replace(follow_up("3"), window="working")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (follow_up("3"), follow_up("3", "working_days")),
        (follow_up("3"), WORKING),
        (WORKING, replace(WORKING, whose_time="recipients")),
    ],
)
async def test_other_times_make_another_sequence(one: SequenceForm, other: SequenceForm) -> None:
    sequences = await opened()
    for form in (one, other, other):
        await sequences.save(ADMIN, form)
    listed = await sequences.list(ADMIN)
    assert isinstance(listed, SequenceList)
    assert len(listed.sequences) == 2
