"""Editing a sequence that people are on their way through (G4): what has left stays as it left, and
what has not follows the sequence as it is now.

An email that is due may be on its way already: it stays where it is planned.
"""

from collections.abc import Iterable
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.calendar import Calendar
from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState, numbered, with_delivery
from bot.domain.planning import Schedule, schedule_by, schedule_of
from bot.domain.sequence import MOST_TIMINGS, Sequence, route_of, subject_of, timing_of

_TAKEN_OUT = "It was taken out of the sequence."


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit means to one person: the sequence and its schedule as they are now, and the
    schedules by which they may have been planned before. `began` is when their first email could
    leave at the earliest.
    """

    sequence: Sequence
    schedule: Schedule
    former: tuple[Schedule, ...]
    began: datetime


def edited(known: Sequence, written: Sequence) -> Sequence:
    """Return the sequence as it is written now: the next version of what is known, which remembers
    when emails left before.
    """
    former = known.former
    if timing_of(known) != timing_of(written):
        former = (*(each for each in former if each != timing_of(known)), timing_of(known))
    return replace(
        written,
        id=known.id,
        tenant_id=known.tenant_id,
        created_by=known.created_by,
        unsettled=known.unsettled,
        homes=known.homes,
        former=former[-MOST_TIMINGS:],
        version=known.version + 1,
        rev=known.rev,
    )


def is_same(known: Sequence, written: Sequence) -> bool:
    """Return whether what is written says nothing else than what is known."""
    same = replace(edited(known, written), former=known.former, version=known.version)
    return same == known


def edit_for(enrolment: Enrolment, sequence: Sequence, began: datetime, calendar: Calendar) -> Edit:
    """Return what the edits of a sequence mean to one person; see `Edit`."""
    person = enrolment.participant
    return Edit(
        sequence=sequence,
        schedule=schedule_of(sequence, person, calendar),
        former=tuple(schedule_by(each, person, calendar) for each in sequence.former),
        began=began,
    )


def subject_now(enrolment: Enrolment, sequence: Sequence, number: int) -> str:
    """Return the subject that email `number` leaves with now, its merge fields not filled in: in a
    thread, that of the first one as it left.
    """
    first = next((each for each in enrolment.deliveries if each.number == 1), None)
    return _subject(sequence, number, first)


def written_as(enrolment: Enrolment, sequence: Sequence, number: int) -> Enrolment:
    """Return the enrolment whose email `number` left as `sequence` had it then, whatever it was
    edited to meanwhile.
    """
    if number > len(sequence.emails):
        return enrolment
    known, subject = numbered(enrolment, number), subject_now(enrolment, sequence, number)
    if known.subject == subject:
        return enrolment
    return with_delivery(enrolment, replace(known, subject=subject))


def followed(
    enrolment: Enrolment, edit: Edit, now: datetime, *, revived: bool = False
) -> Enrolment:
    """Return the enrolment by the sequence as it is now; one that follows it already comes back
    unchanged, and so does one that has come to its end.

    A changed delay or window moves what has not left, never to earlier than now. What waits longer
    than it was planned to, for whatever reason (an absence, a full day, a closed window), is not
    moved to earlier. Of one that was stopped until now (`revived`) nothing is on its way, however
    late it is.
    """
    if not enrolment.is_open:
        return enrolment
    made: list[Delivery] = []
    was = before = edit.began  # when the email before left, or was planned to; and is planned now
    for each in (*enrolment.deliveries, *_added(enrolment, edit.sequence)):
        if has_left(each) or (stays(each, now) and not revived):
            was = before = each.sent_at or each.due
            made.append(each)
        elif each.number > len(edit.sequence.emails):
            made.append(replace(each, cancelled=True, reason=_TAKEN_OUT))
        else:
            due = _due(each, edit, was, before, now)
            was, before = due if each.cancelled else each.due, due
            made.append(_rewritten(each, edit.sequence, due, made[:1]))
    changed = replace(enrolment, deliveries=tuple(made))
    if changed.current is None:
        changed = replace(changed, state=EnrolmentState.FINISHED)
    return enrolment if changed == enrolment else changed


def has_left(delivery: Delivery) -> bool:
    """Whether an email has left, or may have."""
    return delivery.status is not DeliveryStatus.SCHEDULED or delivery.doubt_since is not None


def stays(delivery: Delivery, now: datetime) -> bool:
    """Whether an email has left, or may be on its way."""
    return has_left(delivery) or (delivery.waiting and delivery.due <= now)


def _added(enrolment: Enrolment, sequence: Sequence) -> Iterable[Delivery]:
    """Return the emails that the sequence has beyond those of the enrolment, not planned yet."""
    last = enrolment.deliveries[-1]
    domain = last.message_id[:-1].partition("@")[2]
    for number in range(last.number + 1, len(sequence.emails) + 1):
        yield Delivery(
            number=number,
            key=f"{enrolment.id}.{number}",
            message_id=f"<{enrolment.id}.{number}@{domain}>",
            due=last.due,
            cancelled=True,
        )


def _due(
    delivery: Delivery, edit: Edit, was: datetime, before: datetime, now: datetime
) -> datetime:
    """Return when an email leaves now whose one before leaves at `before`, and was to leave at
    `was`.
    """
    due = edit.schedule.slot(delivery, before)
    as_planned = any(delivery.due == each.slot(delivery, was) for each in edit.former)
    if not delivery.cancelled and not as_planned:
        due = max(due, delivery.due)
    due = max(due, now)
    return due if edit.schedule.is_open(due) else edit.schedule.opening(delivery, due)


def _rewritten(
    delivery: Delivery, sequence: Sequence, due: datetime, first: Seq[Delivery]
) -> Delivery:
    """Return an email that has not left as it is written and planned now; with a place only where
    it keeps the one it had.
    """
    route = route_of(sequence, delivery.number)
    moved = due != delivery.due or route is not delivery.route or delivery.cancelled
    return replace(
        delivery,
        due=due,
        route=route,
        subject=_subject(sequence, delivery.number, first[0] if first else None),
        place=None if moved else delivery.place,
        reason="" if delivery.cancelled else delivery.reason,
        cancelled=False,
    )


def _subject(sequence: Sequence, number: int, first: Delivery | None) -> str:
    if sequence.threading and number > 1 and first is not None and first.sent_at is not None:
        return f"Re: {first.subject}"
    return subject_of(sequence, number)
