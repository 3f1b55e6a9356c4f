"""Postponing: what is planned moves to later, because it may not or should not leave now."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.domain.calendar import Calendar
from bot.domain.delivery import Delivery
from bot.domain.enrolment import Enrolment, with_delivery
from bot.domain.planning import Schedule, moved_behind
from bot.domain.quota import placed
from bot.domain.schedule import after_return


def wait_for_window(
    enrolment: Enrolment, number: int, schedule: Schedule, now: datetime
) -> Enrolment:
    """Return the enrolment whose email `number` came up outside its send window: it leaves when the
    window opens, the later ones behind it.
    """
    current = enrolment.current
    if current is None or current.number != number:
        return enrolment
    held = replace(current, reason="It waits until emails may leave again.")
    return _moved(enrolment, held, schedule.opening(current, now), schedule)


def postpone(enrolment: Enrolment, back: date, schedule: Schedule) -> Enrolment:
    """Return the enrolment of somebody who is away and back on `back` (G8): their next email leaves
    on the working day after it at the earliest. An email that may have left already stays.
    """
    current = enrolment.current
    if current is None or current.doubt_since:
        return enrolment
    due = after_return(back, current.due, schedule.window, schedule.calendar)
    if due == current.due:
        return enrolment
    away = f"They are away until about {back:%a %d %b}."
    told = replace(current, reason=away) if enrolment.may_send else current
    return _moved(enrolment, told, due, schedule)


def no_earlier(enrolment: Enrolment, now: datetime) -> Enrolment:
    """Return the enrolment whose next email, should it be late already, is due now."""
    current = enrolment.current
    if current is None or current.due >= now:
        return enrolment
    return with_delivery(enrolment, replace(current, due=now))


def off_full_day(
    enrolment: Enrolment, day: date, schedule: Schedule, calendar: Calendar
) -> Enrolment:
    """Return the enrolment whose first email with a place on `day`, which is full, leaves on the
    next one its window allows (G6); where the next email has its place on a later day already, that
    one leaves then. `calendar` says when a day begins. The later ones stay behind.
    """
    taken = next(
        (each for each in enrolment.deliveries if each.waiting and each.place == day), None
    )
    if taken is None:
        return _on_its_day(enrolment, day, schedule, calendar)
    morning = calendar.first_at(datetime.combine(day + timedelta(days=1), time()))
    told = replace(taken, reason="The day it was planned for is full.", place=None)
    return placed(
        _moved(enrolment, told, schedule.opening(taken, morning), schedule), calendar.day_of
    )


def _on_its_day(
    enrolment: Enrolment, day: date, schedule: Schedule, calendar: Calendar
) -> Enrolment:
    """The pace was foretold to carry it beyond `day`; it came up earlier, and finds no room."""
    current = enrolment.current
    if current is None or current.place is None or current.place <= day:
        return enrolment
    morning = calendar.first_at(datetime.combine(current.place, time()))
    due = max(current.due, schedule.opening(current, morning))
    return placed(_moved(enrolment, current, due, schedule), calendar.day_of)


def _moved(enrolment: Enrolment, changed: Delivery, due: datetime, schedule: Schedule) -> Enrolment:
    before = tuple(each for each in enrolment.deliveries if each.number < changed.number)
    later = tuple(each for each in enrolment.deliveries if each.number > changed.number)
    behind = moved_behind(later, schedule, due)
    return replace(enrolment, deliveries=(*before, replace(changed, due=due), *behind))
