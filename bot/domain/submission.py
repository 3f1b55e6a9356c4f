"""What became of a submission: what its report makes of the enrolment (design, Sending 4)."""

from dataclasses import replace
from datetime import datetime

from bot.domain import delivery as deliveries
from bot.domain.delivery import Delivery, DeliveryStatus, Outcome, SendReport
from bot.domain.enrolment import (
    LOOKUP_GAP,
    Enrolment,
    EnrolmentState,
    fail,
    having_left,
    numbered,
    with_delivery,
)
from bot.domain.planning import Schedule
from bot.domain.route import Route
from bot.domain.schedule import retry_at


def after_send(
    enrolment: Enrolment, number: int, report: SendReport, schedule: Schedule, now: datetime
) -> Enrolment:
    """Return the enrolment after email `number` was submitted (design, Sending 4).

    An answer may have stopped the enrolment meanwhile: what has left is still told as sent, what
    has not left stays cancelled.
    """
    pending = numbered(enrolment, number)
    if pending.status is not DeliveryStatus.SCHEDULED:
        return enrolment  # its answer came first and said all there is to say
    match report.outcome:
        case Outcome.ACCEPTED:
            left = deliveries.sent(pending, now, receipt=report.detail)
            return having_left(enrolment, left, schedule, now)
        case Outcome.UNKNOWN if pending.route is not Route.MAILBOX:
            return never_known(enrolment, number)
        case Outcome.UNKNOWN:
            submitted = replace(pending, submissions=pending.submissions + 1, cancelled=False)
            doubtful = deliveries.in_doubt(submitted, now, throttled=report.throttled)
            return replace(with_delivery(enrolment, doubtful), not_before=now + LOOKUP_GAP)
        case Outcome.NOT_WRITTEN:
            wait = retry_at(now, enrolment.attempts + 1, report.retry_after)
            told = with_delivery(enrolment, replace(pending, reason=report.detail))
            return replace(told, attempts=enrolment.attempts + 1, not_before=wait)
        case Outcome.REFUSED:
            return enrolment if pending.cancelled else _refused(enrolment, pending, report)


def _refused(enrolment: Enrolment, pending: Delivery, report: SendReport) -> Enrolment:
    """Where it was not for this email's own sake, it waits with the others to be released."""
    refused = report.detail or f"Outlook refused it ({report.code})."
    if report.obstacle is None or enrolment.test:
        return fail(enrolment, pending.number, refused)
    told = with_delivery(enrolment, replace(pending, reason=refused))
    return replace(told, state=EnrolmentState.HELD)


def never_known(enrolment: Enrolment, number: int) -> Enrolment:
    """Return the enrolment whose email `number` may have left through the relay. There is nowhere
    to look, so nothing ever sends it again by itself: Failed, and a person decides (B10).
    """
    pending = numbered(enrolment, number)
    if pending.status is not DeliveryStatus.SCHEDULED:
        return enrolment
    counted = replace(pending, submissions=pending.submissions + 1, cancelled=False)
    return fail(
        with_delivery(enrolment, counted),
        number,
        "Outcome unknown: the mail server never told us whether it took this email.",
    )
