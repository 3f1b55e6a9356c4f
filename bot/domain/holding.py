"""Holding: somebody, or a broken mailbox, keeps back what has not left; and what follows (B9, G2).

What is under way at that moment may still leave: nothing here touches an email in doubt.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.enrolment import (
    LAST_WORDS,
    Enrolment,
    EnrolmentState,
    StopReason,
    rest,
    with_delivery,
)
from bot.domain.planning import Schedule, moved_behind

_NO_SHIFT = timedelta(0)


def hold(enrolment: Enrolment, reason: str) -> Enrolment:
    """Return the enrolment held back; its next email says why."""
    if enrolment.state is not EnrolmentState.ACTIVE:
        return enrolment
    held = replace(enrolment, state=EnrolmentState.HELD)
    current = enrolment.current
    return held if current is None else with_delivery(held, _saying(current, reason))


def release(
    enrolment: Enrolment, schedule: Schedule, now: datetime, shift: timedelta = _NO_SHIFT
) -> Enrolment:
    """Return the held enrolment going on: what is late leaves now, or with the whole plan moved by
    `shift`; every email stays behind the one before it, and inside its window.
    """
    if enrolment.state is not EnrolmentState.HELD:
        return enrolment
    going_on = replace(enrolment, state=EnrolmentState.ACTIVE)
    current = enrolment.current
    if current is None or current.doubt_since is None:  # what waits for a retry waits no longer
        going_on = replace(going_on, not_before=None, attempts=0)
    later = tuple(_later(each, schedule, now, shift) for each in enrolment.deliveries)
    return replace(going_on, deliveries=moved_behind(later, schedule, _last_left(enrolment, now)))


def call_off(enrolment: Enrolment) -> Enrolment:
    """Return the enrolment whose unsent emails are not wanted any more."""
    return rest(enrolment, StopReason.CALLED_OFF)


def may_try_again(enrolment: Enrolment) -> bool:
    """Return whether it stopped for an email that failed and has certainly not left. One whose
    outcome is unknown may have: that one nobody sends again by pressing a button (B10). Nor is
    anybody followed up who has answered since.
    """
    answered = any(each.status in LAST_WORDS for each in enrolment.deliveries)
    failed = _failed(enrolment)
    return enrolment.stopped_for is StopReason.FAILED and failed is not None and not answered


def try_again(enrolment: Enrolment, schedule: Schedule, now: datetime) -> Enrolment:
    """Return the failed enrolment going on with the email that failed."""
    failed = _failed(enrolment)
    if failed is None or not may_try_again(enrolment):
        return enrolment
    wanted = tuple(
        replace(each, cancelled=False, status=DeliveryStatus.SCHEDULED, reason="")
        if each.number == failed.number or each.cancelled
        else each
        for each in enrolment.deliveries
    )
    return revived(replace(enrolment, deliveries=wanted), schedule, now)


def revived(stopped: Enrolment, schedule: Schedule, now: datetime) -> Enrolment:
    """Return a stopped enrolment going on with what is waiting again, none of it before `now`."""
    later = tuple(_later(each, schedule, now, _NO_SHIFT) for each in stopped.deliveries)
    return replace(
        stopped,
        deliveries=moved_behind(later, schedule, _last_left(stopped, now)),
        state=EnrolmentState.ACTIVE,
        stopped_for=None,
        not_before=None,
        attempts=0,
    )


def _failed(enrolment: Enrolment) -> Delivery | None:
    failed = (each for each in enrolment.deliveries if each.status is DeliveryStatus.FAILED)
    return next((each for each in failed if not each.submissions), None)


def _later(delivery: Delivery, schedule: Schedule, now: datetime, shift: timedelta) -> Delivery:
    if not delivery.waiting or delivery.doubt_since:
        return delivery
    due = max(delivery.due + shift, now)
    if (shift or due == now) and not schedule.is_open(due):
        due = schedule.opening(delivery, due)
    return replace(delivery, due=due, reason="")


def _saying(delivery: Delivery, reason: str) -> Delivery:
    return delivery if delivery.doubt_since else replace(delivery, reason=reason)


def _last_left(enrolment: Enrolment, now: datetime) -> datetime:
    return max((each.sent_at for each in enrolment.deliveries if each.sent_at), default=now)
