"""When somebody away is back: the day an automatic reply names, read by the words beside it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.domain.inbound import date_words as words
from bot.domain.inbound.date_forms import Day, days_in, valid
from bot.domain.inbound.opened import Opened
from bot.domain.inbound.wording import any_of, folded_all, one_line

_BACK, _UNTIL, _FROM = map(folded_all, (words.BACK, words.UNTIL, words.FROM))
_BACK_AFTER, _UNTIL_AFTER = map(folded_all, (words.BACK_AFTER, words.UNTIL_AFTER))
_AWAY, _TOMORROW = folded_all(words.AWAY), folded_all(words.TOMORROW)
_WEEKDAYS = tuple(map(folded_all, words.WEEKDAYS))
_FURTHEST = timedelta(days=400)
_JUST_OVER = timedelta(days=45)
_BEFORE, _AFTER = 60, 24
_CLAUSE = re.compile(r"[!?;\n]|\.\s(?=\D)")
# Words between "until" and the day: "until and including Monday the 3rd".
_FILLING = frozenset({
    "the", "and", "including", "inclusive", "on", "to", "dem", "den", "der", "zum", "am",
    "einschliesslich", "inklusive", "inkl", "le", "el", "il", "la", "l", "dia", "del", "giorno",
    "o", "de", "om", "op", "w", "we", "v", "ve", "dnia", "dne", "mit", "con", "incl", "och", "med",
    "og", "с", "в", "на", "en", "a",
})  # fmt: skip
_WEEKDAY = re.compile(r"^\s?\([^()]{1,12}\)")
_MOST_DAYS = 12
_AMERICAN = (-4, -5, -6, -7, -8, -9, -10)


def return_date(opened: Opened, text: str) -> tuple[date | None, str]:
    """Return the day on which the writer is back, or until which they are away, and one sentence on
    what decided. A day past, or more than 400 days ahead of the message's own date, is none.
    """
    if opened.date is None:
        return None, "It has no date to count from."
    today = opened.date.date()
    said = f"{one_line(opened.subject)} . {_lines(text)}"
    american = _american(opened, said)
    named = days_in(said)[:_MOST_DAYS]
    found = [(_role(said, day), _chosen(day, today, american)) for day in named]
    for role, name in (("back", "back on"), ("until", "away until")):
        days = [each for each_role, each in found if each_role == role and each is not None]
        if days:
            chosen = days[0] if role == "back" else max(days)
            return chosen, f"Read as {name} {chosen}{_how(named, american)}."
    near = _near(said, today)
    return (near, f"Read as back on {near}.") if near else (None, "It names no day to come.")


def _lines(text: str) -> str:
    return "\n".join(one_line(line) for line in text.splitlines())


def _role(said: str, day: Day) -> str:
    """Return what the words beside a day make of it: back, until, from or nothing."""
    before = _CLAUSE.split(said[max(0, day.start - _BEFORE) : day.start])[-1]
    after = _WEEKDAY.sub("", _CLAUSE.split(said[day.end : day.end + _AFTER])[0], count=1)
    if any(after.startswith(each) or f" {each}" in after[:20] for each in _UNTIL_AFTER):
        return "until"
    if any_of(after, _BACK_AFTER) and not any_of(before + after, ("nicht", "not ", "niet ")):
        return "back"
    close = _without_filling(before)
    to = _ends(close, _UNTIL) and (close[-1:] != "-" or _ends_range(close))
    if to and not any_of(before, _BACK):
        return "until"
    if any(_word_in(before, each) for each in _BACK):
        away = any_of(before, _AWAY) and _ends(
            close, ("ab", "a partir du", "a partir del", "vanaf")
        )
        return "from" if away else "back"
    if to or day.ranged:
        return "until"
    return "from" if _ends(close, _FROM) else ""


def _ends_range(before: str) -> bool:
    """Return whether a dash stands behind a day, not behind a word."""
    return any(each.isdigit() for each in before[-12:])


def _without_filling(before: str) -> str:
    """Return what stands before a day without the weekday and the small words right before it."""
    words_before = before.rstrip(" ,.:(").split(" ")
    weekdays = [name for names in _WEEKDAYS for name in names]
    while len(words_before) > 1 and not _ends(" ".join(words_before), _UNTIL):
        last = words_before[-1].strip(",.:()")
        if last and last not in _FILLING and last not in weekdays:
            break
        words_before.pop()
    return " ".join(words_before).rstrip(" ,.:(")


def _ends(text: str, listed: Sequence[str]) -> bool:
    return any(
        text.endswith(each) and not (text[: -len(each)] or " ")[-1].isalpha()
        if each[:1].isascii()
        else text.endswith(each)
        for each in listed
    )


def _word_in(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    at = text.find(word)
    return at >= 0 and not (at and text[at - 1].isalpha())


def _chosen(day: Day, today: date, american: bool | None) -> date | None:
    """Return the day as a date: of what it may be, what is to come."""
    if not day.swapped:
        return _dated(day, today)
    other = replace(day, day=day.month, month=day.day)
    first, second = (other, day) if american else (day, other)
    likely, else_ = _dated(first, today), _dated(second, today)
    if american is None and likely and else_:
        return min(likely, else_)
    return likely or else_


def _dated(day: Day, today: date) -> date | None:
    years = [day.year] if day.year else [today.year - 1, today.year, today.year + 1]
    dates = [each for each in (valid(year, day.month, day.day) for year in years) if each]
    if not day.year and any(today - _JUST_OVER <= each < today for each in dates):
        return None  # an old one nobody took away: not next year's
    return next((each for each in dates if today <= each <= today + _FURTHEST), None)


def _american(opened: Opened, said: str) -> bool | None:
    """Return whether 12/01 is in December: None where nothing tells."""
    language = opened.header("content-language") or opened.header("accept-language")
    if language:
        return language.startswith(("en-us", "en-ph"))
    if not any_of(f" {said} ", words.ENGLISH):
        return False
    if opened.sender.endswith((".uk", ".au", ".nz", ".ie", ".in", ".za", ".eu")):
        return False
    offset = opened.date.utcoffset() if opened.date else None
    hours = int(offset.total_seconds() // 3600) if offset else 0
    return True if hours in _AMERICAN else None if hours == 0 else False


def _how(named: Sequence[Day], american: bool | None) -> str:
    if not any(each.swapped for each in named):
        return ""
    return ", the nearer way" if american is None else f", {'month' if american else 'day'} first"


def _near(said: str, today: date) -> date | None:
    """Return a day named by its weekday alone, or tomorrow."""
    if any_of(said, _TOMORROW) and any(_word_in(said, each) for each in (*_BACK, *_UNTIL[:3])):
        return today + timedelta(days=1)
    for weekday, names in enumerate(_WEEKDAYS):
        for name in names:
            at = said.find(name)
            if at < 0 or (at and said[at - 1].isalpha() and name.isascii()):
                continue
            day = Day(start=at, end=at + len(name), day=1, month=1)
            if _role(said, day) in ("back", "until"):
                ahead = (weekday - today.weekday() - 1) % 7 + 1
                return today + timedelta(days=ahead)
    return None
