"""The daily limit (A18, G6): every email of a mailbox has a place on the day of its planned slot.

A day is the calendar day in the organisation's time zone. Emails that leave by SMTP take no place.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from bot.domain.enrolment import Enrolment
from bot.domain.route import Route

MOST_A_DAY = 2500


def placed(enrolment: Enrolment, day_of: Callable[[datetime], date]) -> Enrolment:
    """Return the enrolment with a place for each email still to leave, on the day it is due; what
    has left keeps its own.
    """
    deliveries = tuple(
        replace(each, place=day_of(each.due))
        if each.waiting and each.route is Route.MAILBOX and each.doubt_since is None
        else each
        for each in enrolment.deliveries
    )
    return replace(enrolment, deliveries=deliveries)


def wanted(enrolments: Iterable[Enrolment]) -> Mapping[date, int]:
    """Return how many places on which days these enrolments take."""
    return Counter(
        each.place
        for enrolment in enrolments
        for each in enrolment.deliveries
        if each.place is not None
    )
