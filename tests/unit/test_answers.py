"""What follows from a message that was read: who hears more, when, and what the status says."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from cryptography.fernet import Fernet

from bot.domain.calendar import PLAIN
from bot.domain.delivery import DeliveryStatus, Outcome, SendReport
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, enrol, stop
from bot.domain.inbound import IncomingMail
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.participant import Participant
from bot.domain.submission import after_send
from bot.domain.suppression import Cause, outweighs
from bot.services.answers import Answers
from bot.services.booking import Booking
from bot.services.conversations import Conversations
from bot.services.organisations import Organisations
from bot.services.suppressions import Suppressions
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
ANA = Participant(address="ana@customer.example", fields={})
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
REPLY = IncomingMail(
    id="1",
    internet_message_id="<one@customer.example>",
    conversation_id="",
    from_address=ANA.address,
    from_name="",
    subject="Re: One",
    received_at=NOW,
)


class StandingClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Office:
    """Ana's first email has left, her second is planned."""

    store: MemoryStore
    answers: Answers
    suppressions: Suppressions
    enrolment: Enrolment

    async def known(self) -> Enrolment:
        (found,) = await self.store.records.enrolments("m1", [self.enrolment.id])
        return found

    async def told(self, kind: Kind, **more: object) -> Enrolment:
        """Have a message read about the first email; return what came of it, told twice."""
        reading = replace(MailReading(kind=kind, why=""), **more)  # type: ignore[arg-type]
        for _ in range(2):
            await self.answers.act(await self.known(), 1, reading, REPLY)
        return await self.known()


async def office(*, test: bool = False) -> Office:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    organisations = Organisations([samples.organisation("t1")])
    suppressions = Suppressions(store.records, organisations, StandingClock())
    answers = Answers(
        records=store.records,
        booking=Booking(store.records, store.places, store.sends, organisations, StandingClock()),
        conversations=Conversations(store.records, organisations, StandingClock()),
        suppressions=suppressions,
        organisations=organisations,
        clock=StandingClock(),
    )
    sequence = samples.sequence("m1")
    planned = enrol(
        samples.BATCH, ANA, sequence, calendar=PLAIN, domain="contoso.example", start=NOW
    )
    sent = after_send(planned, 1, ACCEPTED, samples.schedule(), NOW)
    enrolment = replace(sent, test=test)
    for each in (samples.mailbox("m1"), sequence, enrolment):
        await store.records.save(each, at=NOW)
    return Office(store, answers, suppressions, enrolment)


@pytest.mark.parametrize(
    "kind",
    [Kind.DELAY, Kind.READ_RECEIPT, Kind.CALENDAR_RESPONSE, Kind.CHALLENGE, Kind.UNRELATED,
     Kind.AUTO_REPLY],
)  # fmt: skip
async def test_what_changes_nothing(kind: Kind) -> None:
    there = await office()
    assert await there.told(kind) == await there.known()
    assert (await there.known()).rev == 1


async def test_a_bounce_of_who_has_not_given_up_changes_nothing() -> None:
    there = await office()
    known = await there.told(Kind.BOUNCE_SOFT, still_trying=True)
    assert (known.rev, known.deliveries[0].status) == (1, DeliveryStatus.SENT)


@pytest.mark.parametrize(
    ("back", "due"),
    [
        (date(2026, 12, 4), date(2026, 12, 7)),  # a Friday: Monday after
        (date(2026, 12, 7), date(2026, 12, 8)),
        (date(2026, 11, 24), date(2026, 11, 26)),  # planned for later already
    ],
)
async def test_the_next_email_leaves_on_the_working_day_after_the_return(
    back: date, due: date
) -> None:
    there = await office()
    known = await there.told(Kind.AUTO_REPLY, return_date=back)
    first, second = known.deliveries
    assert (first.status, known.state) == (DeliveryStatus.SENT, EnrolmentState.ACTIVE)
    assert second.due.date() == due


async def test_nothing_is_postponed_for_somebody_who_hears_no_more() -> None:
    there = await office()
    await there.told(Kind.HUMAN_REPLY)
    before = await there.known()
    assert await there.told(Kind.AUTO_REPLY, return_date=date(2026, 12, 4)) == before


async def test_a_postponed_email_has_its_place_on_the_day_it_leaves() -> None:
    there = await office()
    _, second = (await there.told(Kind.AUTO_REPLY, return_date=date(2026, 12, 4))).deliveries
    assert second.place == second.due.date()


@pytest.mark.parametrize(
    ("kind", "state", "suppressed"),
    [
        (Kind.BOUNCE_HARD, EnrolmentState.STOPPED, True),
        (Kind.BOUNCE_SOFT, EnrolmentState.ACTIVE, False),
        (Kind.SENDER_BLOCK, EnrolmentState.ACTIVE, False),
    ],
)
async def test_bounces(kind: Kind, state: EnrolmentState, suppressed: bool) -> None:
    there = await office()
    known = await there.told(kind, status="5.1.1")
    assert known.deliveries[0].status is DeliveryStatus.BOUNCED
    assert "(5.1.1)" in known.deliveries[0].reason
    assert known.state is state
    assert (await there.suppressions.of("t1", ANA.address) is not None) is suppressed


async def test_of_passing_bounces_the_second_in_a_row_stops() -> None:
    there = await office()
    known = await there.told(Kind.BOUNCE_SOFT, status="4.2.2")
    assert known.state is EnrolmentState.ACTIVE
    sent = after_send(known, 2, ACCEPTED, samples.schedule(), NOW)
    await there.store.records.save(sent, at=NOW)
    assert sent.state is EnrolmentState.FINISHED
    third = replace(sent.deliveries[1], number=3, status=DeliveryStatus.SCHEDULED, sent_at=None)
    going_on = replace(
        await there.known(), deliveries=(*sent.deliveries, third), state=EnrolmentState.ACTIVE
    )
    await there.store.records.save(going_on, at=NOW)
    soft = MailReading(kind=Kind.BOUNCE_SOFT, why="", status="4.2.2")
    for _ in range(2):
        await there.answers.act(await there.known(), 2, soft)
    known = await there.known()
    assert (known.state, known.stopped_for) == (EnrolmentState.STOPPED, StopReason.BOUNCED)
    assert [each.cancelled for each in known.deliveries] == [False, False, True]
    assert await there.suppressions.of("t1", ANA.address) is None


async def test_a_bounce_for_good_without_a_reason_stops_but_suppresses_nobody() -> None:
    there = await office()
    known = await there.told(Kind.BOUNCE_HARD, guessed=True)
    assert known.state is EnrolmentState.STOPPED
    assert known.deliveries[0].reason == "ana@customer.example cannot be reached."
    assert await there.suppressions.of("t1", ANA.address) is None


async def test_in_answer_to_a_test_of_ones_own_nobody_opts_out_or_complains() -> None:
    for kind in (Kind.OPT_OUT, Kind.COMPLAINT):
        there = await office(test=True)
        await there.told(kind)
        assert await there.suppressions.of("t1", ANA.address) is None


async def test_a_complaint_has_the_last_word_over_a_reply_and_a_bounce_none_over_it() -> None:
    there = await office()
    replied = stop(there.enrolment, StopReason.REPLIED, 1, NOW)
    marked = stop(replied, StopReason.COMPLAINED, 1, NOW)
    assert marked.deliveries[0].status is DeliveryStatus.MARKED_SPAM
    assert stop(marked, StopReason.COMPLAINED, 1, NOW) is marked
    assert stop(marked, StopReason.BOUNCED, 1, NOW) is marked


def test_an_opt_out_outweighs_a_complaint_and_that_a_bounce() -> None:
    rising = [Cause.BOUNCED, Cause.COMPLAINED, Cause.OPTED_OUT]
    found = [(one, two) for one in rising for two in rising if outweighs(one, two)]
    assert found == [
        (Cause.COMPLAINED, Cause.BOUNCED),
        (Cause.OPTED_OUT, Cause.BOUNCED),
        (Cause.OPTED_OUT, Cause.COMPLAINED),
    ]
