"""Sending, up to where the request would be written: what fails before has not left."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from bot.domain.calendar import PLAIN
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.participant import Participant
from bot.domain.schedule import AT_ONCE
from bot.domain.sequence import Email, Sequence
from bot.services.conversations import Conversations
from bot.services.organisations import Organisations
from bot.services.sending import Sending
from bot.services.suppressions import Suppressions
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Change = Callable[[Sequence], Sequence]


@dataclass
class HandClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


def shortened(sequence: Sequence) -> Sequence:
    return replace(sequence, emails=())


def of_a_field_nobody_has(sequence: Sequence) -> Sequence:
    email = Email(subject="Hi", body="Dear {{Team}}", delay=AT_ONCE)
    return replace(sequence, emails=(email, *sequence.emails[1:]))


def as_it_was(sequence: Sequence) -> Sequence:
    return sequence


@pytest.mark.parametrize(
    ("change", "served"),
    [(shortened, "t1"), (of_a_field_nobody_has, "t1"), (as_it_was, "another tenant")],
)
async def test_an_email_that_cannot_be_put_together_is_not_in_doubt(
    change: Change, served: str
) -> None:
    clock = HandClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    person = Participant(address="ana@customer.example", fields={})
    due = enrol(
        samples.BATCH,
        person,
        samples.sequence(),
        calendar=PLAIN,
        domain="contoso.example",
        start=NOW,
    )
    for record in (samples.mailbox(), change(samples.sequence()), due):
        await store.records.save(record, at=NOW)
    organisations = Organisations([samples.organisation(served)])
    sending = Sending(
        records=store.records,
        queue=store.sends,
        jobs=store.jobs,
        mail=cast(Any, None),  # it never comes so far
        relaying=cast(Any, None),
        composing=samples.composing(organisations),
        conversations=Conversations(store.records, organisations, clock),
        suppressions=Suppressions(store.records, organisations, clock),
        organisations=organisations,
        former=cast(Any, None),  # nothing has moved
        clock=clock,
    )
    (taken,) = await sending.claim(10)
    await sending.handle(taken)
    known = await later(store, due)
    assert known.deliveries[0].doubt_since is None
    assert known.deliveries[0].submissions == 0
    assert "put together" in known.deliveries[0].reason
    clock.moment += timedelta(minutes=1)
    (again,) = await sending.claim(10)
    assert not again.claim.recovered


async def later(store: MemoryStore, due: Enrolment) -> Enrolment:
    (known,) = await store.records.enrolments("m1", [due.id])
    return known
