"""What a channel hears is about the email that left, whatever became of its sequence since."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from bot.domain.calendar import PLAIN
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.participant import Participant
from bot.domain.records import Conversation, ConversationKind
from bot.domain.roles import Organisation
from bot.domain.schedule import AT_ONCE, Delay
from bot.domain.sequence import Email, Sequence
from bot.domain.views import Happening, View
from bot.services.announcing import Announcing, announce
from bot.services.excerpts import Excerpts
from bot.services.organisations import Organisations
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLACE = Conversation(
    id="c", tenant_id="t1", kind=ConversationKind.CHANNEL, service_url="s", announce=True
)


class StandingClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Posted:
    views: list[View] = field(default_factory=list)

    async def post(self, conversation: Conversation, view: View) -> str:
        self.views.append(view)
        return "1"


def batch(person: Participant) -> Distribution:
    return Distribution(
        id=samples.BATCH, tenant_id="t1", sequence_id="s1", sequence_version=1, mailbox_id="m1",
        title="Feedback: Autumn", people=(person,), left_out=(), created_by="a",
        created_by_name="A", created_at=NOW, state=DistributionState.RUNNING,
    )  # fmt: skip


def sequence(threading: bool) -> Sequence:
    emails = (
        Email(subject="Hi {{First Name}} of {{Org Name}}", body="1", delay=AT_ONCE),
        Email(subject="Second", body="2", delay=Delay(number=3)),
    )
    return replace(samples.sequence(), emails=emails, threading=threading)


async def told(enrolment: Enrolment, number: int, known: Sequence) -> list[View]:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    for record in (samples.mailbox(), known, enrolment, batch(enrolment.participant), PLACE):
        await store.records.save(record, at=NOW)
    organisations = Organisations([Organisation(tenant_id="t1", name="Contoso", support="s")])
    posted = Posted()
    excerpts = Excerpts(store.records, cast(Any, None), StandingClock())
    announcing = Announcing(
        store.records, cast(Any, posted), excerpts, organisations, StandingClock()
    )
    await announcing.tell(announce(enrolment, number, "replied", PLACE))
    return posted.views


@pytest.mark.parametrize(
    ("threading", "number", "subject"),
    [
        (True, 1, "Hi Ana of Contoso"),
        (True, 2, "Re: Hi Ana of Contoso"),
        (False, 2, "Second"),
    ],
)
async def test_the_subject_told_is_the_one_sent(threading: bool, number: int, subject: str) -> None:
    person = Participant(address="ana@x.example", fields={"First Name": "Ana"})
    written = sequence(threading)
    due = enrol(samples.BATCH, person, written, calendar=PLAIN, domain="contoso.example", start=NOW)
    left = replace(due, deliveries=due.deliveries[number - 1 :])
    assert samples.composing().compose(left, written, "Owner").subject == subject
    rewritten = Email(subject="Quite another", body="b", delay=AT_ONCE)
    edited = replace(written, emails=(rewritten,), threading=False)
    (view,) = await told(due, number, edited)
    assert isinstance(view, Happening)
    assert view.subject == subject


async def test_an_email_nobody_knows_is_not_told() -> None:
    due = samples.enrolment()
    assert await told(due, 9, samples.sequence()) == []
