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
from bot.domain.opt_out import opted_out
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
    known = enrolment.heard.reply(mark)
    if known is None or known.undone_by:
        return enrolment
    undone = replace(known, undone_by=by_name, undone_at=now)
    told = replace(enrolment, heard=enrolment.heard.with_changed(undone))
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


def said_out(enrolment: Enrolment, mark: str, by_name: str, at: datetime) -> Enrolment:
    """Return the enrolment of somebody who opts out in the reply of that mark, as `by_name` said:
    its email is Opted Out, and nothing more is sent. Said again, or where the email says something
    graver, it changes nothing.
    """
    known = enrolment.heard.reply(mark)
    if known is None or known.out_by:
        return enrolment
    answered = numbered(enrolment, known.number)
    if answered.status not in (DeliveryStatus.RESPONDED, DeliveryStatus.SENT):
        return enrolment
    noted = enrolment.heard.with_changed(replace(known, out_by=by_name, out_at=at))
    return opted_out(replace(enrolment, heard=noted), known.number, at)


def unsaid(enrolment: Enrolment, mark: str) -> Enrolment:
    """Return the enrolment where that was taken back: its email is again what it was before. What
    was stopped stays so.
    """
    known = enrolment.heard.reply(mark)
    if known is None or not known.out_by:
        return enrolment
    told = replace(
        enrolment, heard=enrolment.heard.with_changed(replace(known, out_by="", out_at=None))
    )
    answered = numbered(told, known.number)
    if answered.status is not DeliveryStatus.OPTED_OUT:
        return told
    reply = told.heard.standing(known.number)
    status = DeliveryStatus.RESPONDED if reply else DeliveryStatus.SENT
    before = replace(answered, status=status, answered_at=reply.at if reply else None)
    return with_delivery(told, before)


def taken(enrolment: Enrolment, mark: str, by_name: str, by_oid: str) -> Enrolment:
    """Return the enrolment whose reply of that mark somebody takes care of, in place of whoever did
    so far; with "" for both of them, nobody.
    """
    known = enrolment.heard.reply(mark)
    if known is None or known.taken_oid == by_oid:
        return enrolment
    now = replace(known, taken_by=by_name, taken_oid=by_oid)
    return replace(enrolment, heard=enrolment.heard.with_changed(now))
