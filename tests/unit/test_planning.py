"""Planning in a window: at enrolment, after a late email, a closed window, an absence."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.calendar import PLAIN, Calendar
from bot.domain.delivery import Outcome, SendReport
from bot.domain.distribution import wrong_zones
from bot.domain.enrolment import Enrolment, StopReason, enrol, stop
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.postponing import postpone, wait_for_window
from bot.domain.schedule import WORKING_HOURS, Delay, Unit
from bot.domain.sequence import Sequence
from bot.domain.submission import after_send
from tests.contract import samples

BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"))
WORKING = replace(
    samples.sequence(),
    emails=tuple(
        replace(email, delay=Delay(number=number, unit=Unit.WORKING_DAYS))
        for email, number in zip(samples.sequence().emails, (0, 2), strict=True)
    ),
    window=WORKING_HOURS,
)
THEIRS = replace(WORKING, window=replace(WORKING_HOURS, recipients_time=True))
# A Thursday, after hours in Berlin.
START = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
FRIDAY, TUESDAY = (datetime(2026, 11, 27, 8, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC))
SPREAD = timedelta(minutes=10)
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)


def person(zone: str = "") -> Participant:
    fields = {"First Name": "Ana", "Last Name": "Abel"} | ({"Time Zone": zone} if zone else {})
    return Participant(address="ana@customer.example", fields=fields)


def planned(sequence: Sequence = WORKING, zone: str = "") -> Enrolment:
    return enrol(samples.BATCH, person(zone), sequence, calendar=BERLIN, domain="x", start=START)


def dues(enrolment: Enrolment) -> list[datetime]:
    return [each.due for each in enrolment.deliveries]


def test_every_email_is_planned_into_the_window() -> None:
    first, second = dues(planned())
    assert first == FRIDAY
    assert TUESDAY <= second < TUESDAY + SPREAD
    assert dues(planned()) == [first, second]


def test_follow_ups_are_spread_over_the_first_minutes_of_the_window() -> None:
    people = [Participant(address=f"p{n}@customer.example", fields={}) for n in range(20)]
    made = [
        enrol(samples.BATCH, each, WORKING, calendar=BERLIN, domain="x", start=START)
        for each in people
    ]
    assert {each.deliveries[0].due for each in made} == {FRIDAY}
    assert len({each.deliveries[1].due for each in made}) == 20


def test_a_late_email_moves_the_later_ones_by_the_window_too() -> None:
    schedule = schedule_of(WORKING, person(), BERLIN)
    late = FRIDAY + timedelta(hours=7)
    after = after_send(planned(), 1, ACCEPTED, schedule, late)
    begin = TUESDAY + timedelta(hours=7)
    assert begin <= after.deliveries[1].due < begin + SPREAD


def test_an_email_that_comes_up_outside_waits_for_the_window_and_the_later_ones_behind() -> None:
    schedule = schedule_of(WORKING, person(), BERLIN)
    saturday = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
    monday = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    assert not schedule.is_open(saturday)
    waiting = wait_for_window(planned(), 1, schedule, saturday)
    assert "waits until emails may leave" in waiting.deliveries[0].reason
    first, second = dues(waiting)
    assert first == monday
    assert monday + timedelta(days=2) <= second < monday + timedelta(days=2) + SPREAD
    sent = after_send(waiting, 1, ACCEPTED, schedule, FRIDAY)
    assert sent.deliveries[0].reason == ""
    assert wait_for_window(sent, 1, schedule, saturday) is sent


def test_somebody_away_is_left_alone_until_the_working_day_after_they_are_back() -> None:
    schedule = schedule_of(WORKING, person(), BERLIN)
    sent = after_send(planned(), 1, ACCEPTED, schedule, FRIDAY)
    back = postpone(sent, date(2026, 12, 11), schedule)  # a Friday
    (due,) = [each.due for each in back.deliveries if each.waiting]
    assert due.date() == date(2026, 12, 14)
    assert schedule.is_open(due)
    assert postpone(back, date(2026, 12, 10), schedule) is back
    stopped = stop(sent, StopReason.REPLIED, 1, FRIDAY)
    assert postpone(stopped, date(2026, 12, 11), schedule) is stopped


def test_an_email_that_may_have_left_is_not_moved_by_a_leave() -> None:
    schedule = schedule_of(WORKING, person(), BERLIN)
    doubtful = after_send(planned(), 1, SendReport(outcome=Outcome.UNKNOWN), schedule, FRIDAY)
    assert postpone(doubtful, date(2026, 12, 11), schedule) is doubtful


@pytest.mark.parametrize(
    ("sequence", "zone", "hour"),
    [
        (THEIRS, "Asia/Kolkata", 3.5),
        (THEIRS, " America/New_York ", -6),
        (THEIRS, "", 8),
        (WORKING, "Asia/Kolkata", 8),
    ],
)
def test_the_window_goes_by_the_participants_clock_where_it_says_so(
    sequence: Sequence, zone: str, hour: float
) -> None:
    first = planned(sequence, zone).deliveries[0].due
    assert first == datetime(2026, 11, 27, tzinfo=UTC) + timedelta(hours=hour)


@pytest.mark.parametrize("column", ["Time Zone", "time zone", "TimeZone", "Timezone"])
def test_the_column_of_time_zones_is_known_however_it_is_spelt(column: str) -> None:
    somebody = replace(person(), fields={column: "Asia/Kolkata"})
    assert schedule_of(THEIRS, somebody, BERLIN).calendar.zone.key == "Asia/Kolkata"
    other = replace(person(), fields={"Zone": "Asia/Kolkata"})
    assert schedule_of(THEIRS, other, BERLIN).calendar == BERLIN


def test_a_time_zone_that_is_none_is_refused_by_name_where_it_counts() -> None:
    people = [person("Europe/Berln"), person("Asia/Kolkata"), person()]
    assert wrong_zones(THEIRS, people) == (
        "Ana Abel has the time zone “Europe/Berln”, which is none. "
        "Write it like Europe/Berlin, or leave it empty.",
    )
    assert wrong_zones(WORKING, people) == ()
    assert schedule_of(THEIRS, people[0], PLAIN).calendar == PLAIN
