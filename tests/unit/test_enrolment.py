"""An enrolment's decisions: what is sent, what is stopped, what is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import PLAIN
from bot.domain.delivery import DeliveryStatus, Outcome, SendReport, SentCopy
from bot.domain.doubt import after_lookup, recovered
from bot.domain.enrolment import (
    Enrolment,
    EnrolmentState,
    StopReason,
    enrol,
    read_back,
    stop,
)
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.schedule import AT_ONCE, Delay
from bot.domain.sequence import Email, Sequence
from bot.domain.submission import after_send

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SEQUENCE = Sequence(
    id="s",
    tenant_id="t",
    program="Feedback",
    name="Autumn",
    mailbox_id="m",
    threading=True,
    emails=(
        Email(subject="One", body="1", delay=AT_ONCE),
        Email(subject="Two", body="2", delay=Delay(number=3)),
        Email(subject="Three", body="3", delay=Delay(number=4)),
    ),
    created_by="admin",
)
PERSON = Participant(address="ana@customer.example", fields={"First Name": "Ana"})
SCHEDULE = schedule_of(SEQUENCE, PERSON, PLAIN)
BATCH = "7f105c7d2dc5453097cd4e7ae6534c07"
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
UNKNOWN = SendReport(outcome=Outcome.UNKNOWN)


def planned() -> Enrolment:
    return enrol(BATCH, PERSON, SEQUENCE, calendar=PLAIN, domain="contoso.example", start=START)


def statuses(enrolment: Enrolment) -> list[str]:
    return ["cancelled" if each.cancelled else each.status.value for each in enrolment.deliveries]


def test_the_same_person_in_the_same_distribution_gets_the_same_ids() -> None:
    assert planned() == planned()
    other = enrol(
        BATCH,
        replace(PERSON, address="b@x.example"),
        SEQUENCE,
        calendar=PLAIN,
        domain="x",
        start=START,
    )
    assert not set(other.message_ids) & set(planned().message_ids)


def test_all_emails_are_planned_at_the_start() -> None:
    assert [each.due for each in planned().deliveries] == [START, START + 3 * DAY, START + 7 * DAY]


def test_an_accepted_email_is_sent_and_the_next_one_waits() -> None:
    after = after_send(planned(), 1, ACCEPTED, SCHEDULE, START)
    assert statuses(after) == ["Sent", "Scheduled", "Scheduled"]
    assert after.next_due == START + 3 * DAY


def test_a_late_email_pushes_the_later_ones_back() -> None:
    late = START + 2 * DAY
    after = after_send(planned(), 1, ACCEPTED, SCHEDULE, late)
    assert [each.due for each in after.deliveries[1:]] == [late + 3 * DAY, late + 7 * DAY]


def test_the_last_email_finishes_the_enrolment() -> None:
    enrolment = planned()
    for number in (1, 2, 3):
        enrolment = after_send(enrolment, number, ACCEPTED, SCHEDULE, START + number * 4 * DAY)
    assert enrolment.state is EnrolmentState.FINISHED
    assert enrolment.next_due is None


def test_a_refused_email_fails_and_ends_the_enrolment() -> None:
    refused = SendReport(outcome=Outcome.REFUSED, code="ErrorInvalidRecipients", detail="No.")
    after = after_send(planned(), 1, refused, SCHEDULE, START)
    assert statuses(after) == ["Failed", "cancelled", "cancelled"]
    assert after.next_due is None
    assert after.deliveries[0].reason == "No."


def test_a_request_never_written_is_tried_again_later_and_does_not_count() -> None:
    after = after_send(
        planned(), 1, SendReport(outcome=Outcome.NOT_WRITTEN, retry_after=90), SCHEDULE, START
    )
    assert after.deliveries[0].submissions == 0
    assert after.next_due == START + timedelta(seconds=90)


def test_an_unknown_outcome_is_looked_up_never_resent_at_once() -> None:
    after = after_send(planned(), 1, UNKNOWN, SCHEDULE, START)
    assert after.deliveries[0].doubt_since == START
    assert after.next_due is not None
    assert after.next_due > START


def test_a_copy_found_settles_the_doubt() -> None:
    doubtful = after_send(planned(), 1, UNKNOWN, SCHEDULE, START)
    copy = SentCopy(internet_message_id="<x@e>", conversation_id="c", sent_at=START + DAY)
    after = after_lookup(doubtful, 1, copy, SCHEDULE, START + DAY)
    assert statuses(after)[0] == "Sent"
    assert after.deliveries[0].exchange_id == "<x@e>"
    assert "<x@e>" in after.message_ids


def looked_up_until_settled(enrolment: Enrolment, now: datetime) -> tuple[Enrolment, datetime, int]:
    lookups = 0
    while enrolment.deliveries[0].doubt_since is not None:
        assert enrolment.next_due is not None
        now = max(now, enrolment.next_due)
        enrolment = after_lookup(enrolment, 1, None, SCHEDULE, now)
        lookups += 1
    return enrolment, now, lookups


def test_absent_over_the_whole_grace_allows_one_resend_then_a_person_decides() -> None:
    doubtful = after_send(planned(), 1, UNKNOWN, SCHEDULE, START)
    again, now, lookups = looked_up_until_settled(doubtful, START)
    assert lookups >= 3
    assert now - START >= timedelta(minutes=15)
    assert again.deliveries[0].submissions == 1
    twice = after_send(again, 1, UNKNOWN, SCHEDULE, now)
    given_up, _, _ = looked_up_until_settled(twice, now)
    assert statuses(given_up) == ["Failed", "cancelled", "cancelled"]
    assert "unknown" in given_up.deliveries[0].reason.lower()


def test_throttling_shortens_the_grace_but_not_the_number_of_lookups() -> None:
    throttled = SendReport(outcome=Outcome.UNKNOWN, throttled=True)
    doubtful = after_send(planned(), 1, throttled, SCHEDULE, START)
    _, now, lookups = looked_up_until_settled(doubtful, START)
    assert lookups >= 3
    assert timedelta(minutes=1) <= now - START < timedelta(minutes=5)


def test_a_sender_that_vanished_leaves_a_doubt() -> None:
    after = recovered(planned(), 1, START)
    assert after.deliveries[0].doubt_since == START
    assert after.deliveries[0].submissions == 1
    assert recovered(after, 1, START + DAY) is after


def test_a_reply_stops_everything_that_has_not_left() -> None:
    sent = after_send(planned(), 1, ACCEPTED, SCHEDULE, START)
    after = stop(sent, StopReason.REPLIED, 1, START + DAY)
    assert statuses(after) == ["Responded", "cancelled", "cancelled"]
    assert after.next_due is None


def test_the_same_reply_told_twice_changes_nothing() -> None:
    sent = after_send(planned(), 1, ACCEPTED, SCHEDULE, START)
    once = stop(sent, StopReason.REPLIED, 1, START + DAY)
    assert stop(once, StopReason.REPLIED, 1, START + 2 * DAY) is once


def test_a_reply_that_overtakes_the_settling_loses_nothing() -> None:
    stopped = stop(planned(), StopReason.REPLIED, 1, START)
    assert after_send(stopped, 1, ACCEPTED, SCHEDULE, START) is stopped
    assert statuses(stopped) == ["Responded", "cancelled", "cancelled"]


def test_an_email_under_way_when_a_reply_stops_is_told_as_sent() -> None:
    sent = after_send(planned(), 1, ACCEPTED, SCHEDULE, START)
    stopped = stop(sent, StopReason.REPLIED, 1, START + 3 * DAY)
    after = after_send(stopped, 2, ACCEPTED, SCHEDULE, START + 3 * DAY)
    assert statuses(after) == ["Responded", "Sent", "cancelled"]
    assert after.next_due is None


def test_an_email_in_doubt_when_a_reply_stops_is_looked_up_but_never_resent() -> None:
    doubtful = after_send(planned(), 1, UNKNOWN, SCHEDULE, START)
    stopped = replace(doubtful, state=EnrolmentState.STOPPED)
    settled, _, _ = looked_up_until_settled(stopped, START)
    assert statuses(settled)[0] == "cancelled"
    assert settled.next_due is None


def test_a_passing_bounce_is_told_and_the_next_email_still_goes() -> None:
    sent = after_send(planned(), 1, ACCEPTED, SCHEDULE, START)
    after = stop(sent, StopReason.BOUNCED, 1, START, reason="Full.", for_good=False)
    assert statuses(after) == ["Bounced", "Scheduled", "Scheduled"]
    assert after.next_due == START + 3 * DAY


def bounced(enrolment: Enrolment, number: int, *, for_good: bool = False) -> Enrolment:
    return stop(enrolment, StopReason.BOUNCED, number, START, reason="No.", for_good=for_good)


def all_sent(emails: int) -> Enrolment:
    enrolment = planned()
    for number in range(1, emails + 1):
        enrolment = after_send(enrolment, number, ACCEPTED, SCHEDULE, START + number * 4 * DAY)
    return enrolment


def test_a_bounce_for_good_after_a_passing_one_stops() -> None:
    passing = bounced(all_sent(1), 1)
    after = stop(passing, StopReason.BOUNCED, 1, START, reason="Gone.")
    assert statuses(after) == ["Bounced", "cancelled", "cancelled"]
    assert after.stopped_for is StopReason.BOUNCED
    assert after.deliveries[0].reason == "Gone."
    assert bounced(after, 1, for_good=True) is after
    assert bounced(after, 1) is after


def test_the_same_passing_bounce_told_twice_is_one() -> None:
    once = bounced(all_sent(1), 1)
    assert bounced(once, 1) is once


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_second_passing_bounce_in_a_row_stops(order: tuple[int, int]) -> None:
    enrolment = all_sent(2)
    for number in order:
        enrolment = bounced(enrolment, number)
    assert statuses(enrolment) == ["Bounced", "Bounced", "cancelled"]
    assert enrolment.state is EnrolmentState.STOPPED


def test_two_passing_bounces_with_an_email_that_went_through_between_do_not_stop() -> None:
    four = replace(SEQUENCE, emails=(*SEQUENCE.emails, SEQUENCE.emails[-1]))
    enrolment = enrol(BATCH, PERSON, four, calendar=PLAIN, domain="contoso.example", start=START)
    for number in (1, 2, 3):
        enrolment = after_send(
            enrolment, number, ACCEPTED, schedule_of(four, PERSON, PLAIN), START + number * 4 * DAY
        )
    enrolment = bounced(bounced(enrolment, 1), 3)
    assert statuses(enrolment) == ["Bounced", "Sent", "Bounced", "Scheduled"]
    assert enrolment.state is EnrolmentState.ACTIVE


def test_ids_read_back_twice_change_nothing() -> None:
    sent = after_send(planned(), 1, ACCEPTED, SCHEDULE, START)
    copy = SentCopy(internet_message_id="<x@e>", conversation_id="c", sent_at=START)
    once = read_back(sent, 1, copy)
    assert once.deliveries[0].exchange_id == "<x@e>"
    assert read_back(once, 1, copy) is once


outcomes = st.sampled_from(["accepted", "unknown", "not_written", "found", "absent", "reply"])


@given(st.lists(outcomes, max_size=40))
def test_whatever_happens_no_email_is_submitted_more_than_twice_nor_after_a_stop(
    happenings: list[str],
) -> None:
    enrolment, now, submissions = planned(), START, dict.fromkeys((1, 2, 3), 0)
    for happening in happenings:
        current = enrolment.current
        if happening == "reply":
            enrolment = stop(enrolment, StopReason.REPLIED, 1, now)
            continue
        if enrolment.next_due is None or current is None:
            break
        now = max(now, enrolment.next_due)
        if current.doubt_since is not None:
            copy = SentCopy(internet_message_id="<x@e>", conversation_id="", sent_at=now)
            found = copy if happening in ("accepted", "found") else None
            enrolment = after_lookup(enrolment, current.number, found, SCHEDULE, now)
            continue
        assert enrolment.state is EnrolmentState.ACTIVE
        report = {"accepted": ACCEPTED, "unknown": UNKNOWN}.get(
            happening, SendReport(outcome=Outcome.NOT_WRITTEN)
        )
        submissions[current.number] += report.outcome is not Outcome.NOT_WRITTEN
        enrolment = after_send(enrolment, current.number, report, SCHEDULE, now)
    assert max(submissions.values()) <= 2
    assert all(each.status in DeliveryStatus for each in enrolment.deliveries)
