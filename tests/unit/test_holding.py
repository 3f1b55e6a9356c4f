"""Holding back and going on: nothing that may have left is touched, nothing overtakes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import holding
from bot.domain.delivery import DeliveryStatus, Outcome, SendReport
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, fail, stop
from bot.domain.submission import after_send
from tests.contract import samples

NOW = samples.NOW
LATER = NOW + timedelta(days=5)
SCHEDULE = samples.schedule()
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
REFUSED = SendReport(outcome=Outcome.REFUSED, code="ErrorX")
UNKNOWN = SendReport(outcome=Outcome.UNKNOWN)


def sent(report: SendReport, enrolment: Enrolment | None = None) -> Enrolment:
    return after_send(enrolment or samples.enrolment(), 1, report, SCHEDULE, NOW)


def test_what_is_held_is_not_due_until_it_is_released() -> None:
    held = holding.hold(sent(ACCEPTED), "Paused.")
    assert held.next_due is None
    assert held.deliveries[1].reason == "Paused."
    going_on = holding.release(held, SCHEDULE, LATER)
    assert going_on.next_due == LATER
    assert going_on.deliveries[1].reason == ""
    assert holding.hold(stop(held, StopReason.REPLIED, 1, NOW), "x").state is EnrolmentState.STOPPED


def test_what_was_not_late_keeps_its_time_and_a_shift_moves_all_of_it() -> None:
    first = sent(ACCEPTED)
    held = holding.hold(first, "Paused.")
    soon = NOW + timedelta(hours=1)
    assert holding.release(held, SCHEDULE, soon).next_due == first.next_due
    due = first.next_due
    assert due
    shifted = holding.release(held, SCHEDULE, soon, timedelta(hours=1))
    assert shifted.next_due == due + timedelta(hours=1)


def test_nothing_overtakes_the_one_before_it() -> None:
    held = holding.hold(samples.enrolment(), "Paused.")
    first, second = holding.release(held, SCHEDULE, LATER).deliveries
    assert first.due == LATER
    assert second.due == LATER + timedelta(days=3)


def test_an_email_in_doubt_is_looked_up_while_it_is_held_and_stays_as_it_is() -> None:
    doubtful = sent(UNKNOWN)
    held = holding.hold(doubtful, "Paused.")
    assert held.next_due is not None
    assert held.deliveries[0] == doubtful.deliveries[0]
    assert holding.release(held, SCHEDULE, LATER).deliveries[0] == doubtful.deliveries[0]
    off = holding.call_off(held)
    assert [each.cancelled for each in off.deliveries] == [False, True]


def test_an_email_under_way_when_it_was_held_is_told_as_sent() -> None:
    held = holding.hold(samples.enrolment(), "Paused.")
    left = sent(ACCEPTED, held)
    assert left.deliveries[0].status is DeliveryStatus.SENT
    assert left.state is EnrolmentState.HELD
    assert left.next_due is None


def test_a_reply_stops_what_is_held() -> None:
    held = holding.hold(sent(ACCEPTED), "Paused.")
    assert stop(held, StopReason.REPLIED, 1, NOW).stopped_for is StopReason.REPLIED


def test_what_was_refused_is_tried_again_with_what_comes_after_it() -> None:
    failed = sent(REFUSED)
    assert holding.may_try_again(failed)
    again = holding.try_again(failed, SCHEDULE, LATER)
    assert again.state is EnrolmentState.ACTIVE
    assert again.next_due == LATER
    assert [each.waiting for each in again.deliveries] == [True, True]


@pytest.mark.parametrize("submissions", [1, 2])
def test_what_may_have_left_is_never_tried_again(submissions: int) -> None:
    failed = sent(REFUSED)
    unknown = replace(failed.deliveries[0], submissions=submissions)
    failed = replace(failed, deliveries=(unknown, *failed.deliveries[1:]))
    assert not holding.may_try_again(failed)
    assert holding.try_again(failed, SCHEDULE, LATER) is failed


def test_who_answered_is_not_tried_again() -> None:
    assert not holding.may_try_again(stop(sent(ACCEPTED), StopReason.REPLIED, 1, NOW))


@pytest.mark.parametrize("why", [StopReason.REPLIED, StopReason.COMPLAINED])
def test_who_answered_after_an_email_failed_is_not_tried_again(why: StopReason) -> None:
    failed = fail(sent(ACCEPTED), 2, "Outlook does not accept this.")
    assert holding.may_try_again(failed)
    answered = stop(failed, why, 1, LATER)
    assert answered.stopped_for is StopReason.FAILED
    assert not holding.may_try_again(answered)
    assert holding.try_again(answered, SCHEDULE, LATER) is answered
