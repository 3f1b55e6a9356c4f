"""What the bench puts into a store: mailboxes, each with a sequence and people to write to."""

import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta

from bot.domain.calendar import PLAIN
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.domain.participant import Participant
from bot.domain.quota import placed
from bot.domain.schedule import AT_ONCE, Delay, Unit
from bot.domain.sequence import Email, Sequence
from bot.storage.redis_store import RedisStore
from tests.bench.letters import TENANT, TEXT

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOON = Delay(number=0.01, unit=Unit.HOURS)
_BODY = f"Dear {{{{First Name}}}},\n\n{TEXT}"


async def planned(
    store: RedisStore,
    mailboxes: int,
    people: int,
    emails: int = 2,
    *,
    wait: Delay = SOON,
    first: int = 0,
) -> None:
    """Plan an email and its follow-up (or that email alone) to each of so many people of each
    mailbox, from number `first` on: all of the first are due at START, the second after a `wait`.
    """
    for number in range(first, first + mailboxes):
        mailbox_id = mailbox_named(number)
        sequence = sequence_of(mailbox_id, _emails(wait)[:emails])
        batch = _batch(number, people)
        await store.records.save(mailbox_of(mailbox_id), sequence, batch, at=START)
        made = [_enrolment(batch, each, sequence) for each in batch.people]
        for at in range(0, people, 100):
            await store.records.save(*made[at : at + 100], at=START)


async def drained(
    store: RedisStore, mailboxes: int, people: int, first: int = 0
) -> AsyncIterator[Enrolment]:
    """Give every enrolment as it is now."""
    for number in range(first, first + mailboxes):
        mailbox_id = mailbox_named(number)
        batch = _batch(number, people)
        for each in await store.records.enrolments(mailbox_id, batch.enrolment_ids):
            yield each


def mailbox_named(number: int) -> str:
    """Return the id of a mailbox, as long as in real life."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"m{number}").hex


def mailbox_of(identity: str) -> Mailbox:
    """Return a connected mailbox."""
    return Mailbox(
        id=identity,
        tenant_id=TENANT,
        address=f"{identity}@contoso.example",
        owner_name="Lee Harbor",
        owner_oid="oid",
        permission=Permission.READ_SEND,
        status=MailboxStatus.ACTIVE,
        invited_by="admin",
        invited_by_name="Admin",
        invite=1,
        invite_expires=START + timedelta(days=7),
    )


def sequence_of(mailbox_id: str, emails: tuple[Email, ...]) -> Sequence:
    """Return the sequence of a mailbox."""
    return Sequence(
        id=_sequence_named(mailbox_id),
        tenant_id=TENANT,
        program="Feedback",
        name="Autumn",
        mailbox_id=mailbox_id,
        threading=True,
        emails=emails,
        created_by="admin",
    )


def batch_of(number: int, people: Iterable[Participant]) -> Distribution:
    """Return the distribution of mailbox `number` to these people."""
    mailbox_id = mailbox_named(number)
    return Distribution(
        id=f"{number:032x}",
        tenant_id=TENANT,
        sequence_id=_sequence_named(mailbox_id),
        sequence_version=1,
        mailbox_id=mailbox_id,
        title="Feedback: Autumn",
        people=tuple(people),
        left_out=(),
        created_by="admin",
        created_by_name="Admin",
        created_at=START,
        state=DistributionState.RUNNING,
        started_at=START,
    )


def _sequence_named(mailbox_id: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_DNS, mailbox_id).hex


def _emails(wait: Delay) -> tuple[Email, ...]:
    return (
        Email(subject="How did your project go?", body=_BODY, delay=AT_ONCE),
        Email(subject="", body=_BODY, delay=wait),
    )


def _batch(number: int, people: int) -> Distribution:
    return batch_of(
        number,
        (
            Participant(address=f"p{one}@customer.example", fields={"First Name": f"Person {one}"})
            for one in range(people)
        ),
    )


def _enrolment(batch: Distribution, person: Participant, sequence: Sequence) -> Enrolment:
    made = enrol(batch.id, person, sequence, calendar=PLAIN, domain="contoso.example", start=START)
    return placed(made, PLAIN.day_of)
