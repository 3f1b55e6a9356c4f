"""Opting out: every email of the organisation to that address ends, and no other (G10)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from bot.domain.calendar import PLAIN
from bot.domain.delivery import DeliveryStatus, Outcome, SendReport
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, enrol, stop
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.inbound.reader import read_mime
from bot.domain.opt_out import OptOutLinks, opted_out
from bot.domain.participant import Participant
from bot.domain.roles import Actor
from bot.domain.submission import after_send
from bot.domain.suppression import Cause, Suppression, suppression_id
from bot.jobs import OptOut
from bot.services.answers import Answers
from bot.services.booking import Booking
from bot.services.conversations import Conversations
from bot.services.opting_out import OptingOut
from bot.services.organisations import Organisations
from bot.services.suppressions import Suppressions
from bot.storage.memory_store import MemoryStore
from tests.contract import samples
from tests.unit.inbound import letters

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LINKS = OptOutLinks(public_url="https://mailroom.example", secrets=("secret",))
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
ANA, BEN = (Participant(address=f"{name}@customer.example", fields={}) for name in ("ana", "ben"))
MANAGER = Actor(tenant_id="t1", oid="manager", name="Mia Maurer")
OTHER_BATCH = "0f105c7d2dc5453097cd4e7ae6534c08"


class StandingClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Office:
    """Ana in two mailboxes' emails, Ben in one; her first email has left from the first."""

    store: MemoryStore
    opting_out: OptingOut
    suppressions: Suppressions
    answers: Answers
    linked: Enrolment

    @property
    def token(self) -> str:
        link = LINKS.link("m1", self.linked.id, 1)
        return link.removeprefix("https://mailroom.example/optout/")

    async def known(self, mailbox_id: str, address: str) -> Enrolment:
        (found,) = await self.store.records.enrolments_by_address(mailbox_id, address)
        return found

    async def jobs(self) -> list[OptOut]:
        taken = await self.store.jobs.take(NOW, 100, timedelta(minutes=5))
        return [each.job for each in taken if isinstance(each.job, OptOut)]


def due(person: Participant, mailbox_id: str, batch: str) -> Enrolment:
    sequence = samples.sequence(mailbox_id)
    return enrol(batch, person, sequence, calendar=PLAIN, domain="contoso.example", start=NOW)


async def office(links: OptOutLinks = LINKS) -> Office:
    store = MemoryStore([Fernet.generate_key().decode()], StandingClock())
    organisations = Organisations(
        replace(samples.organisation(each), managers=frozenset({"manager"}))
        for each in ("t1", "t2")
    )
    suppressions = Suppressions(store.records, organisations, StandingClock())
    answers = Answers(
        records=store.records,
        booking=Booking(store.records, store.places, store.sends, organisations, StandingClock()),
        conversations=Conversations(store.records, organisations, StandingClock()),
        suppressions=suppressions,
        organisations=organisations,
        clock=StandingClock(),
    )
    opting_out = OptingOut(store.records, links, suppressions, answers, organisations)
    linked = after_send(due(ANA, "m1", samples.BATCH), 1, ACCEPTED, samples.schedule(), NOW)
    for each in (
        samples.mailbox("m1"),
        samples.mailbox("m2"),
        linked,
        due(ANA, "m2", OTHER_BATCH),
        due(BEN, "m2", OTHER_BATCH),
    ):
        await store.records.save(each, at=NOW)
    return Office(store, opting_out, suppressions, answers, linked)


async def test_everything_under_way_to_the_address_stops_and_nothing_else() -> None:
    there = await office()
    assert (await there.opting_out.page(there.token)).done is False
    assert (await there.opting_out.opt_out(there.token)).done is True
    (job,) = await there.jobs()
    for _ in range(2):  # told twice, it changes nothing the second time
        await there.opting_out.stop_everything(job)
        linked = await there.known("m1", ANA.address)
        assert linked.stopped_for is StopReason.OPTED_OUT
        assert [each.status for each in linked.deliveries] == ["Opted Out", "Scheduled"]
        assert [each.cancelled for each in linked.deliveries] == [False, True]
        elsewhere = await there.known("m2", ANA.address)
        assert elsewhere.stopped_for is StopReason.OPTED_OUT
        assert all(each.cancelled for each in elsewhere.deliveries)
        assert (linked.rev, elsewhere.rev) == (2, 2)
    assert (await there.known("m2", BEN.address)).state is EnrolmentState.ACTIVE
    assert (await there.opting_out.page(there.token)).done is True
    await there.opting_out.opt_out(there.token)
    assert await there.jobs() == []


async def test_one_organisation_does_not_know_of_another() -> None:
    there = await office()
    await there.opting_out.opt_out(there.token)
    assert await there.suppressions.of("t1", "Ana@Customer.example ") is not None
    assert await there.suppressions.of("t2", ANA.address) is None
    assert suppression_id("t1", ANA.address) != suppression_id("t2", ANA.address)
    kept = await there.suppressions.of("t1", ANA.address)
    assert isinstance(kept, Suppression)
    assert "ana" not in repr(kept)


async def test_a_link_of_ours_whose_email_is_forgotten_says_so() -> None:
    there = await office()
    gone = LINKS.link("m9", there.linked.id, 1).rpartition("/")[2]
    with pytest.raises(UserMistakeError, match="none of ours"):
        await there.opting_out.opt_out(gone)


async def test_a_list_is_divided_with_the_reason() -> None:
    there = await office()
    await there.suppressions.add("t1", ANA.address, Cause.BOUNCED)
    wanted, (left_out,) = await there.suppressions.divided("t1", [ANA, BEN])
    assert wanted == [BEN]
    assert left_out.why == "cannot be reached: an email came back on 23 Nov 2026"
    await there.suppressions.add("t1", ANA.address, Cause.OPTED_OUT)
    await there.suppressions.add("t1", ANA.address, Cause.BOUNCED)  # an opt-out is not outweighed
    _, (left_out,) = await there.suppressions.divided("t1", [ANA])
    assert left_out.why.startswith("opted out on 23 Nov 2026")


async def test_whoever_asks_to_be_written_to_again_is_and_nobody_else() -> None:
    there = await office()
    for address in (ANA.address, BEN.address):
        await there.suppressions.add("t1", address, Cause.OPTED_OUT)
    told = await there.suppressions.lift(MANAGER, ANA.address)
    assert told.title == "ana@customer.example can be written to again"
    assert told.lines[0] == "Before: opted out on 23 Nov 2026."
    wanted, (left_out,) = await there.suppressions.divided("t1", [ANA, BEN])
    assert (wanted, left_out.text) == ([ANA], BEN.address)
    again = await there.suppressions.lift(MANAGER, ANA.address)
    assert again.title == "Nothing keeps you from writing to ana@customer.example"


async def test_no_one_else_may_allow_it_and_no_other_organisation_has_a_part_in_it() -> None:
    there = await office()
    await there.suppressions.add("t1", ANA.address, Cause.OPTED_OUT)
    with pytest.raises(NotAllowedError):
        await there.suppressions.lift(replace(MANAGER, oid="sam"), ANA.address)
    with pytest.raises(NotAllowedError):
        await there.suppressions.lift(replace(MANAGER, tenant_id="t3"), ANA.address)
    told = await there.suppressions.lift(replace(MANAGER, tenant_id="t2"), ANA.address)
    assert told.title.startswith("Nothing keeps you")
    for typed in ("", "ana", "ana@customer.example and ben"):
        with pytest.raises(UserMistakeError, match="Say whom"):
            await there.suppressions.lift(MANAGER, typed)
    assert await there.suppressions.of("t1", ANA.address) is not None


@pytest.mark.parametrize(
    ("status", "suppressed"),
    [("5.1.1", True), ("5.1.10", True), ("5.1.8", False), ("5.1.90", False), ("5.7.1", False),
     ("4.2.2", False), ("5.2.2", False), ("", False)],
)  # fmt: skip
async def test_a_dead_address_is_written_to_no_more(status: str, suppressed: bool) -> None:
    there = await office()
    fields = {"Final-Recipient": f"rfc822; {ANA.address}", "Action": "failed"}
    report = letters.report(fields | ({"Status": status} if status else {}))
    await there.answers.act(there.linked, 1, read_mime(report))
    known = await there.suppressions.of("t1", ANA.address)
    assert (known is not None) is suppressed
    assert (await there.known("m1", ANA.address)).deliveries[0].status is DeliveryStatus.BOUNCED


def test_an_opt_out_overtakes_the_settling_of_its_email() -> None:
    planned = due(ANA, "m1", samples.BATCH)
    ended = opted_out(planned, 1, NOW)
    first, second = ended.deliveries
    assert (first.status, first.sent_at, second.cancelled) == (DeliveryStatus.OPTED_OUT, NOW, True)
    assert after_send(ended, 1, ACCEPTED, samples.schedule(), NOW) is ended


def test_no_later_word_unsays_an_opt_out_and_it_has_the_last_over_a_reply() -> None:
    sent = after_send(due(ANA, "m1", samples.BATCH), 1, ACCEPTED, samples.schedule(), NOW)
    ended = opted_out(sent, 1, NOW)
    assert stop(ended, StopReason.REPLIED, 1, NOW) is ended
    assert stop(ended, StopReason.BOUNCED, 1, NOW) is ended
    replied = stop(sent, StopReason.REPLIED, 1, NOW)
    again = opted_out(replied, 1, NOW)
    assert again.deliveries[0].status is DeliveryStatus.OPTED_OUT
    assert again.stopped_for is StopReason.REPLIED
    assert opted_out(again, 1, NOW) is again


def test_an_email_in_doubt_is_still_looked_up() -> None:
    unknown = SendReport(outcome=Outcome.UNKNOWN)
    doubtful = after_send(due(ANA, "m1", samples.BATCH), 1, unknown, samples.schedule(), NOW)
    ended = opted_out(doubtful, 0, NOW)
    assert ended.state is EnrolmentState.STOPPED
    assert [each.cancelled for each in ended.deliveries] == [False, True]
    assert ended.next_due is not None
