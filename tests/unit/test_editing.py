"""Following an edit: what has left stays, what has not goes by the sequence as it is now (G4)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar
from bot.domain.delivery import Outcome, SendReport
from bot.domain.edit_reach import Reach, changed_texts, edit_problems, effect_of, reach
from bot.domain.editing import edit_for, edited, followed, is_same, subject_now, written_as
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, enrol, stop
from bot.domain.holding import hold, revived
from bot.domain.participant import Participant
from bot.domain.planning import schedule_of
from bot.domain.postponing import postpone
from bot.domain.quota import placed
from bot.domain.route import Route
from bot.domain.schedule import ANY_TIME, WORKING_HOURS, Delay, SendWindow, Unit
from bot.domain.sequence import Email, Sequence
from bot.domain.submission import after_send
from tests.contract import samples

CALENDAR = Calendar(zone=ZoneInfo("Europe/Berlin"))
# A Monday, ten in the morning in Berlin.
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
PERSON = Participant(address="ana@customer.example", fields={})


def email(name: str, days: int = 0) -> Email:
    return Email(subject=name, body=f"The text of {name}", delay=Delay(number=days))


THREE = replace(samples.sequence(), emails=(email("One"), email("Two", 3), email("Three", 4)))


def changed(known: Sequence = THREE, **changes: object) -> Sequence:
    return edited(known, replace(known, **changes))  # type: ignore[arg-type]


def enrolled(sequence: Sequence = THREE, sent: int = 0) -> Enrolment:
    """Somebody who has got the first emails, each at its time."""
    made = enrol(
        samples.BATCH, PERSON, sequence, calendar=CALENDAR, domain="c.example", start=START
    )
    schedule = schedule_of(sequence, PERSON, CALENDAR)
    made = placed(made, CALENDAR.day_of)
    for number in range(1, sent + 1):
        made = after_send(made, number, ACCEPTED, schedule, made.deliveries[number - 1].due)
    return placed(made, CALENDAR.day_of)


def after(known: Enrolment, sequence: Sequence, now: datetime = START + HOUR) -> Enrolment:
    return followed(known, edit_for(known, sequence, START, CALENDAR), now)


def dues(known: Enrolment) -> list[timedelta]:
    return [each.due - START for each in known.deliveries]


def subjects(known: Enrolment) -> list[str]:
    return [each.subject for each in known.deliveries]


def test_a_new_text_moves_nothing_and_is_of_what_has_not_left() -> None:
    known = enrolled(replace(THREE, threading=False), sent=1)
    emails = tuple(replace(each, subject=f"New {each.subject}") for each in THREE.emails)
    there = after(known, changed(threading=False, emails=emails))
    assert subjects(there) == ["One", "New Two", "New Three"]
    assert dues(there) == dues(known)
    assert [each.place for each in there.deliveries] == [each.place for each in known.deliveries]
    assert after(there, changed(threading=False, emails=emails)) is there


def test_a_thread_goes_on_under_the_subject_its_first_email_left_with() -> None:
    emails = (email("Another"), *THREE.emails[1:])
    there = after(enrolled(sent=1), changed(emails=emails))
    assert subjects(there) == ["One", "Re: One", "Re: One"]
    assert subject_now(there, changed(emails=emails), 2) == "Re: One"
    waiting = after(enrolled(), changed(emails=emails), START - HOUR)
    assert subjects(waiting) == ["Another", "Re: Another", "Re: Another"]
    alone = replace(waiting, deliveries=waiting.deliveries[1:2])  # as a test of it is sent
    assert subject_now(alone, changed(emails=emails), 2) == "Re: Another"


def test_an_email_under_way_when_it_was_edited_is_noted_as_it_left() -> None:
    """Composed by the old version, followed meanwhile, then settled."""
    emails = (email("Another"), *THREE.emails[1:])
    new = changed(emails=emails)
    known = after(enrolled(), new, START - HOUR)
    left = after_send(
        written_as(known, THREE, 1), 1, ACCEPTED, schedule_of(THREE, PERSON, CALENDAR), START
    )
    assert left.deliveries[0].subject == "One"
    assert subjects(after(left, new)) == ["One", "Re: One", "Re: One"]
    assert written_as(known, replace(THREE, emails=()), 1) is known


@pytest.mark.parametrize(
    ("two", "three", "days"),
    [(1, 4, [0, 1, 5]), (5, 4, [0, 5, 9]), (3, 1, [0, 3, 4]), (3, 4, [0, 3, 7])],
)
def test_a_changed_delay_moves_what_has_not_left(two: int, three: int, days: list[int]) -> None:
    known = enrolled(sent=1)
    emails = (THREE.emails[0], email("Two", two), email("Three", three))
    there = after(known, changed(emails=emails))
    assert dues(there) == [each * DAY for each in days]
    moved = placed(there, CALENDAR.day_of)
    assert [each.place for each in moved.deliveries] == [
        CALENDAR.day_of(each.due) for each in there.deliveries
    ]
    assert after(moved, changed(emails=emails), START + 2 * HOUR) is moved


def test_nothing_moves_to_earlier_than_now_and_what_is_due_may_be_on_its_way() -> None:
    emails = (THREE.emails[0], email("Two", 1), email("Three", 1))
    there = after(enrolled(sent=1), changed(emails=emails), START + 2 * DAY)
    assert dues(there) == [timedelta(0), 2 * DAY, 3 * DAY]
    due = enrolled()
    late = after(due, changed(emails=emails), START)
    assert late.deliveries[0] == due.deliveries[0]
    assert dues(late) == [timedelta(0), DAY, 2 * DAY]


def test_of_one_that_was_stopped_nothing_is_on_its_way_however_late_it_is() -> None:
    known, late = enrolled(sent=1), START + 30 * DAY
    plan = schedule_of(THREE, PERSON, CALENDAR)
    back = revived(known, plan, late)
    edit = edit_for(back, changed(emails=THREE.emails[:1]), late, CALENDAR)
    assert followed(back, edit, late).current is not None  # of anybody else it may be
    gone = followed(back, edit, late, revived=True)
    assert (gone.state, gone.current) == (EnrolmentState.FINISHED, None)
    same = edit_for(back, THREE, late, CALENDAR)
    assert dues(followed(back, same, late, revived=True)) == dues(back)


def test_an_absence_is_not_forgotten() -> None:
    known = enrolled(sent=1)
    away = postpone(known, date(2026, 12, 3), schedule_of(THREE, PERSON, CALENDAR))
    emails = (THREE.emails[0], email("Two", 1), email("Three", 1))
    there = after(away, changed(emails=emails))
    assert there.deliveries[1].due == away.deliveries[1].due > START + 10 * DAY
    assert there.deliveries[2].due == away.deliveries[1].due + DAY


def test_edits_before_the_last_one_is_followed_are_caught_up_with() -> None:
    """Planned by the first version, edited twice: the plan of the first was still a plan."""
    second = changed(emails=(THREE.emails[0], email("Two", 6), email("Three", 4)))
    third = changed(second, emails=(THREE.emails[0], email("Two", 2), email("Three", 4)))
    assert dues(after(enrolled(sent=1), third)) == [timedelta(0), 2 * DAY, 6 * DAY]


def test_a_window_moves_what_lies_outside_and_lets_go_of_what_waited_for_it() -> None:
    sunday = SendWindow(days=(6,))
    there = after(enrolled(sent=1), changed(window=sunday))
    assert [CALENDAR.local(each.due).weekday() for each in there.deliveries[1:]] == [6, 6]
    narrow = replace(THREE, window=sunday)
    back = after(enrolled(narrow), edited(narrow, replace(narrow, window=ANY_TIME)), START)
    assert dues(back) == [timedelta(0), 3 * DAY, 7 * DAY]


def test_an_email_more_is_planned_behind_the_last_one() -> None:
    longer = changed(emails=(*THREE.emails, email("Four", 2)))
    known = enrolled(sent=1)
    there = after(known, longer)
    assert dues(there) == [timedelta(0), 3 * DAY, 7 * DAY, 9 * DAY]
    added = there.deliveries[3]
    assert added.message_id == f"<{known.id}.4@c.example>"
    assert (added.key, added.cancelled, added.waiting) == (f"{known.id}.4", False, True)
    finished = enrolled(sent=3)
    assert finished.state is EnrolmentState.FINISHED
    assert after(finished, longer) is finished


def test_an_email_taken_out_is_called_off_and_can_come_back() -> None:
    shorter = changed(emails=THREE.emails[:2])
    known = enrolled(sent=1)
    there = after(known, shorter)
    assert [each.waiting for each in there.deliveries] == [False, True, False]
    assert there.deliveries[2].reason == "It was taken out of the sequence."
    again = after(there, changed(shorter, emails=THREE.emails))
    assert dues(again) == dues(known)
    assert [each.waiting for each in again.deliveries] == [False, True, True]
    at_its_end = after(enrolled(sent=2), shorter, START + 4 * DAY)
    assert at_its_end.state is EnrolmentState.FINISHED


def test_what_comes_from_another_sender_gives_its_place_back() -> None:
    emails = (*THREE.emails[:2], replace(THREE.emails[2], from_platform=True))
    there = placed(after(enrolled(sent=1), changed(emails=emails)), CALENDAR.day_of)
    assert there.deliveries[2].route is Route.PLATFORM
    assert there.deliveries[2].place is None
    back = placed(
        after(there, changed(changed(emails=emails), emails=THREE.emails)), CALENDAR.day_of
    )
    assert back.deliveries[2].place == CALENDAR.day_of(START + 7 * DAY)


def test_who_has_come_to_an_end_or_is_in_doubt_is_left_alone() -> None:
    shorter = changed(emails=(THREE.emails[0], email("Two", 1)))
    answered = stop(enrolled(sent=1), StopReason.REPLIED, 1, START)
    assert after(answered, shorter) is answered
    schedule = schedule_of(THREE, PERSON, CALENDAR)
    doubtful = after_send(enrolled(), 1, SendReport(outcome=Outcome.UNKNOWN), schedule, START)
    assert after(doubtful, shorter).deliveries[0] == doubtful.deliveries[0]


def test_who_is_held_follows_too() -> None:
    held = hold(enrolled(sent=1), "Paused by Ada.")
    there = after(held, changed(emails=(THREE.emails[0], email("New", 1), email("Three", 4))))
    assert there.state is EnrolmentState.HELD
    assert dues(there) == [timedelta(0), DAY, 5 * DAY]


waits = st.builds(
    Delay, number=st.integers(1, 5), unit=st.sampled_from((Unit.DAYS, Unit.WORKING_DAYS))
)
windows = st.sampled_from((ANY_TIME, WORKING_HOURS, SendWindow(days=(1, 3), from_hour=13)))
sequences = st.builds(
    lambda delays, window, threading: replace(
        THREE,
        emails=(
            THREE.emails[0],
            *(Email(subject=f"S{n}", body="b", delay=each) for n, each in enumerate(delays)),
        ),
        window=window,
        threading=threading,
    ),
    st.lists(waits, max_size=4),
    windows,
    st.booleans(),
)


@given(sequences, sequences, st.integers(0, 4), st.integers(0, 20), st.integers(0, 60))
def test_whatever_is_edited_what_has_left_stays_and_the_rest_is_planned_in_order(
    known: Sequence, written: Sequence, sent: int, days: int, minutes: int
) -> None:
    assume(sent <= len(known.emails))
    there = enrolled(known, sent)
    now = there.deliveries[sent - 1].due if sent else START
    now += timedelta(days=days, minutes=minutes)
    new = edited(known, written)
    schedule = schedule_of(new, PERSON, CALENDAR)
    found = after(there, new, now)
    assert found.deliveries[:sent] == there.deliveries[:sent]
    before = found.deliveries[sent - 1].sent_at if sent else START
    assert before is not None
    was = {each.number: each.due for each in there.deliveries}
    for each in found.deliveries[sent:]:
        if not each.waiting:
            assert each.number > len(new.emails)
        elif was.get(each.number, now + HOUR) <= now:
            assert each.due == was[each.number]
            before = each.due
        else:
            assert each.due >= max(now, schedule.slot(each, before))
            assert schedule.is_open(each.due)
            before = each.due
    if there.is_open:
        waiting = [each.number for each in found.deliveries if each.waiting]
        late = [n for n, at in was.items() if sent < n and at <= now]
        assert set(waiting) == set(range(sent + 1, len(new.emails) + 1)) | set(late)
        assert after(found, new, now) is found
    else:
        assert found is there


def test_whom_an_edit_reaches_is_counted_by_email() -> None:
    now = START + HOUR
    people = [enrolled(sent=1), enrolled(sent=2), hold(enrolled(), "Paused.")]
    assert reach(people, 4, now) == Reach(people=3, emails=(1, 2, 3, 3), got=2)
    assert reach([enrolled()], 3, now) == Reach(people=1, emails=(1, 1, 1), got=1)
    assert reach([enrolled(sent=3)], 3, now) == Reach(emails=(0, 0, 0))


def test_what_somebody_has_got_stays_and_keeps_its_place() -> None:
    got = Reach(people=1, got=2)
    one, two, three = THREE.emails
    assert edit_problems(THREE, changed(emails=(one, two)), got) == ()
    assert edit_problems(THREE, changed(emails=(one, replace(two, body="New"))), got) == ()
    (short,) = edit_problems(THREE, changed(emails=(one,)), got)
    assert "has got email 2 already" in short
    moved = edit_problems(THREE, changed(emails=(one, replace(three, delay=two.delay))), got)
    assert moved == (
        "Email 2 has left to somebody already, so it keeps its place. "
        "It cannot say what email 3 said.",
    )
    assert edit_problems(THREE, changed(emails=(one, two, one)), got) == ()
    assert edit_problems(THREE, changed(emails=(three, one)), Reach(people=1)) == ()


def test_what_an_edit_does_is_told_before() -> None:
    new = changed(emails=(THREE.emails[0], email("New", 1), THREE.emails[2]))
    texts = changed_texts(THREE, new)
    assert texts == {2}
    people = [enrolled(sent=1), enrolled(sent=1), enrolled(sent=2)]
    changes = [(each, placed(after(each, new), CALENDAR.day_of)) for each in people]
    tuesday, saturday = date(2026, 11, 24), date(2026, 11, 28)
    effect = effect_of(changes, texts, 3, lambda _, day: 1 if day == tuesday else 100)
    assert (effect.people, effect.texts, effect.moved) == (2, (0, 2, 0), 4)
    assert effect.full == ((tuesday, 1),)
    assert effect_of(changes, texts, 3, lambda _, day: 0).full == ((tuesday, 2), (saturday, 2))


def test_saved_as_it_was_it_is_the_same() -> None:
    assert is_same(THREE, replace(THREE, id="", tenant_id="", rev=7))
    assert not is_same(THREE, replace(THREE, window=WORKING_HOURS))
    assert changed().version == THREE.version + 1
    assert changed().former == ()
