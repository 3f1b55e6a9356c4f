"""Messages that were acted on count once, and a person may say of a reply that it was automatic
(B13).
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import (
    Enrolment,
    EnrolmentState,
    StopReason,
    answered_number,
    numbered,
    stop,
    with_delivery,
)
from bot.domain.heard import Reply
from bot.domain.holding import hold, revived
from bot.domain.planning import Schedule

_ON_ITS_WAY = "It goes on in a moment."


def acted_on(enrolment: Enrolment, mark: str) -> Enrolment:
    """Return the enrolment with a message noted as acted on; one noted already changes nothing."""
    if enrolment.heard.knows(mark):
        return enrolment
    return replace(enrolment, heard=enrolment.heard.with_mark(mark))


def replied(enrolment: Enrolment, reply: Reply, now: datetime) -> Enrolment:
    """Return the enrolment of somebody who replied to an email (`reply.number` 0: the last one
    sent): Responded, and nothing more is sent. One that is known already changes nothing, also
    where somebody has undone it.
    """
    if enrolment.heard.knows(reply.mark):
        return enrolment
    number = answered_number(enrolment, reply.number)
    stopped = stop(enrolment, StopReason.REPLIED, number, now)
    answered = next((each for each in stopped.deliveries if each.number == number), None)
    if answered is None or answered.status is not DeliveryStatus.RESPONDED:
        return enrolment
    return replace(stopped, heard=stopped.heard.with_reply(replace(reply, number=number)))


def undo(
    enrolment: Enrolment, mark: str, by_name: str, schedule: Schedule, now: datetime
) -> Enrolment:
    """Return the enrolment whose reply of that mark was automatic: its email is Sent again, and
    unless another reply stands the plan goes on, nothing of it earlier than now. It comes back
    held: what its distribution does decides whether it goes on.
    """
    known = next((each for each in enrolment.heard.replies if each.mark == mark), None)
    if known is None or known.undone_by:
        return enrolment
    undone = replace(known, undone_by=by_name, undone_at=now)
    kept = tuple(undone if each is known else each for each in enrolment.heard.replies)
    told = replace(enrolment, heard=replace(enrolment.heard, replies=kept))
    answered = numbered(told, known.number)
    responded = answered.status is DeliveryStatus.RESPONDED
    if responded and told.heard.standing(known.number) is None:
        sent = replace(answered, status=DeliveryStatus.SENT, answered_at=None)
        told = with_delivery(told, sent)
    if told.stopped_for is not StopReason.REPLIED or told.heard.standing():
        return told
    wanted = tuple(replace(each, cancelled=False) for each in told.deliveries)
    if not any(each.waiting for each in wanted):
        return replace(told, state=EnrolmentState.FINISHED, stopped_for=None)
    return hold(revived(replace(told, deliveries=wanted), schedule, now), _ON_ITS_WAY)
