"""Send windows in words: what is written is read, what is read is shown, and back again."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import PLAIN, Calendar
from bot.domain.schedule import ANY_TIME, WORKING_HOURS, SendWindow
from bot.domain.views import SequenceForm
from bot.services.send_windows import filled_in, read_window, window_words

BERLIN = Calendar(
    zone=ZoneInfo("Europe/Berlin"), is_holiday=frozenset({date(2026, 12, 25)}).__contains__
)
FORM = SequenceForm(mailboxes=())


def own(days: str, begin: str = "9", end: str = "17") -> SequenceForm:
    return replace(FORM, window="own", days=days, from_hour=begin, to_hour=end)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon to Fri", (0, 1, 2, 3, 4)),
        ("mon-thu", (0, 1, 2, 3)),
        ("Monday – Wednesday", (0, 1, 2)),
        ("Tue, Thu", (1, 3)),
        ("tuesday and Thurs; sat", (1, 3, 5)),
        ("Sun to Thu", (0, 1, 2, 3, 6)),
        ("every day", (0, 1, 2, 3, 4, 5, 6)),
        (" fri ", (4,)),
    ],
)
def test_days_as_people_write_them(text: str, days: tuple[int, ...]) -> None:
    assert read_window(own(text)) == (SendWindow(days=days, from_hour=9, to_hour=17), ())


@pytest.mark.parametrize("text", ["", "T", "Mo", "Monkey", "Mon to", "Mon Tue", "0-4", "Mon,,Tue"])
def test_what_are_no_days_is_said(text: str) -> None:
    _, (problem,) = read_window(own(text))
    assert f"“{text}” are not days" in problem


@pytest.mark.parametrize(
    ("begin", "end"), [("", "17"), ("9", ""), ("17", "9"), ("9", "9"), ("9:30", "17"), ("0", "25")]
)
def test_what_are_no_hours_is_said(begin: str, end: str) -> None:
    _, problems = read_window(own("Mon", begin, end))
    assert problems == (
        "Emails may leave from one full hour to a later one: for example from 9 to 17.",
    )


def test_hours_may_have_their_minutes() -> None:
    window, _ = read_window(own("Mon", "08:00", "24:00"))
    assert (window.from_hour, window.to_hour) == (8, 24)


@pytest.mark.parametrize("form", [FORM, replace(FORM, window=""), own("Every day", "0", "24")])
def test_any_time_is_any_time(form: SequenceForm) -> None:
    assert read_window(form) == (ANY_TIME, ())


@given(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 23), st.data(), st.booleans())
def test_a_window_is_filled_in_and_read_back(
    days: set[int], begin: int, data: st.DataObject, theirs: bool
) -> None:
    end = data.draw(st.integers(begin + 1, 24))
    window = SendWindow(
        days=tuple(sorted(days)), from_hour=begin, to_hour=end, recipients_time=theirs
    )
    read, problems = read_window(filled_in(own("Fri"), window))
    assert problems == ()
    assert read == (ANY_TIME if window.is_any_time else window)


@pytest.mark.parametrize(
    ("window", "calendar", "words"),
    [
        (ANY_TIME, BERLIN, "At any time"),
        (WORKING_HOURS, BERLIN, "Mon to Fri, 9 to 17, Berlin time, not on holidays"),
        (WORKING_HOURS, PLAIN, "Mon to Fri, 9 to 17, UTC"),
        (SendWindow(days=(1, 3)), PLAIN, "Tue, Thu, all day, UTC"),
        (SendWindow(days=(5, 6), to_hour=8), PLAIN, "Sat, Sun, 0 to 8, UTC"),
        (SendWindow(days=(0, 5, 6), to_hour=8), PLAIN, "Sat to Mon, 0 to 8, UTC"),
        (
            replace(WORKING_HOURS, recipients_time=True),
            Calendar(zone=ZoneInfo("America/New_York")),
            "Mon to Fri, 9 to 17, in each person’s own time zone "
            "(where it is not known: New York time)",
        ),
    ],
)
def test_a_window_in_words(window: SendWindow, calendar: Calendar, words: str) -> None:
    assert window_words(window, calendar) == words
