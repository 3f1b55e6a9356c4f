"""Send windows as people write and read them: “Mon to Fri, 9 to 17, Berlin time”."""

import re
from dataclasses import replace

from bot.domain.calendar import Calendar
from bot.domain.schedule import ANY_TIME, WORKING_HOURS, SendWindow
from bot.domain.views import SequenceForm

ANY = "any"
WORKING = "working"
OWN = "own"
RECIPIENTS = "recipients"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EVERY_DAY = "Every day"
_SPAN = re.compile(r"(\w+)(?:\s*(?:to|-|–)\s*(\w+))?")
_HOUR = re.compile(r"([01]?\d|2[0-4])(?:[:.]00)?")


def read_window(form: SequenceForm) -> tuple[SendWindow, tuple[str, ...]]:
    """Return the window a form chose, or what is wrong with it."""
    recipients_time = form.whose_time == RECIPIENTS
    if form.window == WORKING:
        return replace(WORKING_HOURS, recipients_time=recipients_time), ()
    if form.window != OWN:
        return ANY_TIME, ()
    days, problems = _read_days(form.days)
    hours = [_HOUR.fullmatch(each.strip()) for each in (form.from_hour, form.to_hour)]
    begin, end = (int(each[1]) if each else -1 for each in hours)
    if not 0 <= begin < end <= 24:
        problems += (
            "Emails may leave from one full hour to a later one: for example from 9 to 17.",
        )
    if problems:
        return ANY_TIME, problems
    window = SendWindow(days=days, from_hour=begin, to_hour=end, recipients_time=recipients_time)
    return (ANY_TIME if window.is_any_time else window), ()


def filled_in(form: SequenceForm, window: SendWindow) -> SequenceForm:
    """Return the form with a window filled in."""
    if window.is_any_time:
        return replace(form, window=ANY)
    form = replace(form, whose_time=RECIPIENTS if window.recipients_time else "")
    if replace(window, recipients_time=False) == WORKING_HOURS:
        return replace(form, window=WORKING)
    return replace(
        form,
        window=OWN,
        days=_days_words(window.days),
        from_hour=str(window.from_hour),
        to_hour=str(window.to_hour),
    )


def window_words(window: SendWindow, calendar: Calendar) -> str:
    """Return when emails may leave, in plain words."""
    if window.is_any_time:
        return "At any time"
    hours = f"{window.from_hour} to {window.to_hour}"
    if (window.from_hour, window.to_hour) == (0, 24):
        hours = "all day"
    place = place_words(calendar)
    if window.recipients_time:
        place = f"in each person’s own time zone (where it is not known: {place})"
    closed = ["not on holidays"] if calendar.has_holidays else []
    return ", ".join([_days_words(window.days), hours, place, *closed])


def place_words(calendar: Calendar) -> str:
    """Return whose time a calendar tells: “Berlin time”, “UTC”."""
    name = calendar.zone.key.rpartition("/")[2].replace("_", " ")
    return name if name == "UTC" else f"{name} time"


def _read_days(text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    if text.strip().lower() == _EVERY_DAY.lower():
        return tuple(range(7)), ()
    found: set[int] = set()
    for part in re.split(r"[,;]|\band\b", text.lower()):
        span = _SPAN.fullmatch(part.strip())
        first, last = (_day(span[1]), _day(span[2] or span[1])) if span else (-1, -1)
        if first < 0 or last < 0:
            return (), (f"“{text}” are not days. Write them like Mon to Fri, or Tue, Thu.",)
        found |= {(first + ahead) % 7 for ahead in range((last - first) % 7 + 1)}
    return tuple(sorted(found)), ()


def _day(word: str) -> int:
    """Return the day of the week somebody writes as `word`, -1 where it is none."""
    named = (number for number, day in enumerate(_DAYS) if day.startswith(word))
    return next(named, -1) if len(word) >= 3 else -1


def _days_words(days: tuple[int, ...]) -> str:
    """Return days in words: three or more in a row as a span, also over the end of the week."""
    if len(days) == 7:
        return _EVERY_DAY
    for first in days:
        row = [(first + ahead) % 7 for ahead in range(len(days))]
        if len(days) > 2 and set(row) == set(days):
            return f"{_SHORT[row[0]]} to {_SHORT[row[-1]]}"
    return ", ".join(_SHORT[day] for day in sorted(days))
