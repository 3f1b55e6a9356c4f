"""Postponing: what is planned moves to later, because it may not or should not leave now."""

from dataclasses import replace
from datetime import date, datetime

from bot.domain.delivery import Delivery
from bot.domain.enrolment import Enrolment
from bot.domain.planning import Schedule, moved_behind
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
    return enrolment if due == current.due else _moved(enrolment, current, due, schedule)


def _moved(enrolment: Enrolment, changed: Delivery, due: datetime, schedule: Schedule) -> Enrolment:
    before = tuple(each for each in enrolment.deliveries if each.number < changed.number)
    later = tuple(each for each in enrolment.deliveries if each.number > changed.number)
    behind = moved_behind(later, schedule, due)
    return replace(enrolment, deliveries=(*before, replace(changed, due=due), *behind))
