"""Planning: when each email of one person's enrolment leaves, from the first plan to every change.

Pure decisions over deliveries. What waits to leave is moved, and only ever to later.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.calendar import Calendar, zone_named
from bot.domain.delivery import Delivery
from bot.domain.participant import Participant
from bot.domain.schedule import (
    AT_ONCE,
    NO_JITTER,
    Delay,
    Jitter,
    SendWindow,
    next_slot,
)
from bot.domain.sequence import Sequence, Timing, route_of, subject_of, timing_of

# The column of a list, however it is spelt: Time Zone, time zone, TimeZone.
_TIME_ZONE = "timezone"
# So that not everybody's follow-up leaves in the minute in which the window opens.
_JITTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When one person gets the emails of a sequence: in the calendar their window goes by. An email
    that the sequence has no more, and that nobody has called off yet, waits for nothing.
    """

    delays: tuple[Delay, ...]
    window: SendWindow
    calendar: Calendar

    def is_open(self, now: datetime) -> bool:
        """Return whether an email may leave now."""
        return self.window.is_open(now, self.calendar)

    def slot(self, delivery: Delivery, after: datetime) -> datetime:
        """Return when an email leaves whose one before left at `after`."""
        known = delivery.number <= len(self.delays)
        delay = self.delays[delivery.number - 1] if known else AT_ONCE
        return self._next(delivery, after, delay)

    def opening(self, delivery: Delivery, now: datetime) -> datetime:
        """Return when an email that is due leaves: now, or when the window opens."""
        return self._next(delivery, now, AT_ONCE)

    def _next(self, delivery: Delivery, after: datetime, delay: Delay) -> datetime:
        """Only follow-ups in a window are spread: a first email leaves when people expect it."""
        spread = delivery.number > 1 and not self.window.is_any_time
        jitter = Jitter(seed=delivery.key, most=_JITTER) if spread else NO_JITTER
        return next_slot(after, delay, self.window, self.calendar, jitter)


def schedule_of(sequence: Sequence, participant: Participant, calendar: Calendar) -> Schedule:
    """Return when `participant` gets the emails of `sequence`; `calendar` is the organisation's."""
    return schedule_by(timing_of(sequence), participant, calendar)


def schedule_by(timing: Timing, participant: Participant, calendar: Calendar) -> Schedule:
    """Return when `participant` gets emails of such a timing.

    A participant's own time zone counts where the window says so and they have one that exists.
    """
    own = zone_named(_zone_of(participant)) if timing.window.recipients_time else None
    return Schedule(
        delays=timing.delays,
        window=timing.window,
        calendar=replace(calendar, zone=own) if own else calendar,
    )


def zone_problem(sequence: Sequence, participant: Participant) -> str:
    """Return what is wrong with a participant's time zone where it counts, "" when nothing is."""
    named = _zone_of(participant)
    if not sequence.window.recipients_time or not named or zone_named(named):
        return ""
    return (
        f"{participant.name} has the time zone “{named}”, which is none. "
        "Write it like Europe/Berlin, or leave it empty."
    )


def planned(
    identity: str, sequence: Sequence, schedule: Schedule, domain: str, start: datetime
) -> tuple[Delivery, ...]:
    """Return all emails of the enrolment `identity`, each behind the one before."""
    made = tuple(
        Delivery(
            number=number,
            key=f"{identity}.{number}",
            message_id=f"<{identity}.{number}@{domain}>",
            due=start,
            subject=subject_of(sequence, number),
            route=route_of(sequence, number),
        )
        for number in range(1, len(sequence.emails) + 1)
    )
    return moved_behind(made, schedule, start)


def moved_behind(
    deliveries: tuple[Delivery, ...], schedule: Schedule, at: datetime
) -> tuple[Delivery, ...]:
    """Return the deliveries with every waiting one at least its delay behind the one before; the
    one before the first of them left at `at`. One that may have left already stays as it is.
    """
    moved, earliest = [], at
    for each in deliveries:
        if each.waiting and each.doubt_since is None:
            earliest = max(each.due, schedule.slot(each, earliest))
            moved.append(each if each.due == earliest else replace(each, due=earliest))
        else:
            moved.append(each)
    return tuple(moved)


def _zone_of(participant: Participant) -> str:
    named = participant.fields.items()
    told = (value for name, value in named if name.lower().replace(" ", "") == _TIME_ZONE)
    return next(told, "").strip()
