"""A store full of enrolments, with everything of the product that belongs to them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.calendar import PLAIN
from bot.domain.delivery import Delivery, Outcome, SendReport, SentCopy
from bot.domain.enrolment import Enrolment, enrol, enrolment_id, read_back
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.quota import placed
from bot.domain.schedule import AT_ONCE, Delay
from bot.domain.sequence import Email
from bot.domain.submission import after_send
from bot.storage.redis_store import RedisStore
from tests.bench.planned import START, batch_of, mailbox_named, mailbox_of, sequence_of

EMAILS = tuple(
    Email(subject="How did your project go?", body="Dear {{First Name}}", delay=each)
    for each in (AT_ONCE, Delay(number=3), Delay(number=4))
)
_FIELDS = ("First Name", "Last Name", "Company", "City", "Project")
_TOGETHER = 100
_LINES = 3


async def fill(opened: RedisStore, mailboxes: int, people: int, numbers: range) -> None:
    """Keep enrolments with five merge fields, one settled delivery with all its ids, two booked: of
    every mailbox those `numbers` of its `people`; before the first the mailbox itself, its sequence
    and the distribution to all its people.
    """
    waiting = iter(range(mailboxes))

    async def line() -> None:
        for mailbox in waiting:
            everybody = [_person(mailbox * people + number) for number in range(people)]
            if not numbers.start:
                await _begin(opened, mailbox, everybody)
            one = _enrolment(mailbox)  # planned by the rules; others only differ by who it is
            for at in range(numbers.start, numbers.stop, _TOGETHER):
                some = everybody[at : min(at + _TOGETHER, numbers.stop)]
                await opened.records.save(*(_another(one, each) for each in some), at=START)

    await asyncio.gather(*(line() for _ in range(_LINES)))


async def _begin(opened: RedisStore, mailbox: int, people: Sequence[Participant]) -> None:
    identity = mailbox_named(mailbox)
    kept = mailbox_of(identity), sequence_of(identity, EMAILS), batch_of(mailbox, people)
    await opened.records.save(*kept, at=START)


def _enrolment(mailbox: int) -> Enrolment:
    sequence, person = sequence_of(mailbox_named(mailbox), EMAILS), _person(0)
    batch = batch_of(mailbox, ()).id
    made = enrol(batch, person, sequence, calendar=PLAIN, domain="contoso.example", start=START)
    schedule = schedule_of(sequence, person, PLAIN)
    sent = after_send(made, 1, SendReport(outcome=Outcome.ACCEPTED), schedule, START)
    return placed(read_back(sent, 1, _copy(made.id)), PLAIN.day_of)


def _another(one: Enrolment, person: Participant) -> Enrolment:
    identity = enrolment_id(one.distribution_id, person)
    copy, (first, *later) = _copy(identity), one.deliveries
    left = replace(
        _named(first, identity),
        exchange_id=copy.internet_message_id,
        conversation_id=copy.conversation_id,
    )
    deliveries = (left, *(_named(each, identity) for each in later))
    return replace(one, id=identity, participant=person, deliveries=deliveries)


def _named(delivery: Delivery, identity: str) -> Delivery:
    key = f"{identity}.{delivery.number}"
    return replace(delivery, key=key, message_id=f"<{key}@contoso.example>")


def _person(number: int) -> Participant:
    return Participant(
        address=f"person.{number}@customer.example",
        fields={name: f"{name} {number}" for name in _FIELDS},
    )


def _copy(identity: str) -> SentCopy:
    """Ids as long as those of Exchange Online."""
    host = "AM0PR01MB0001.eurprd01.prod.outlook.com"
    return SentCopy(
        internet_message_id=f"<AM0PR01MB{identity[:20].upper()}@{host}>",
        conversation_id=f"AAQkAGI2TAAQA{identity}{identity[:24]}AAA=",
        sent_at=START,
    )
