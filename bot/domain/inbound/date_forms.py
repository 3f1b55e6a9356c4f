"""Days as people write them, found in folded text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.domain.inbound import date_words as words
from bot.domain.inbound.wording import folded

_DAY = r"(3[01]|[12]\d|0?[1-9])"
_MARK = r"(?:st|nd|rd|th|er|re|os|as|η|\.?[ºª°o]|\.?a|-?(?:го|е|ого)|:?[ea]n?|\.)?"
_YEAR = r"(20\d\d|'?\d\d(?!\d|[:.]\d))"
_OF = r"(?:\s+(?:de|del|di|of|da|do)\s+|\s+d'|\s*)"
_NAME = r"([^\W\d_]{3,14})"
_JOIN = (
    r"\s*(?:-|to|till?|until|through|thru|bis|bis zum|au|al?|ao|tot|t/m|do|до|по|~|и"
    r"|und|and|et|y|e)\s*"
)
_MONTH, _MONTH_DAY = r"(1[0-2]|0?[1-9])", r"(3[01]|[12]\d|0?[1-9])"
_YMD = rf"(?<!\d)(20\d\d)\s?[-/.年년]\s?{_MONTH}\s?[-/.月월]\s?{_MONTH_DAY}(?!\d)"
_MD = rf"(?<!\d){_MONTH}\s?(?:月|월)\s?{_MONTH_DAY}\s?(?:日|일)?"
_NUMBERS = rf"(?<![\d.,:/])(?<!\d-){_DAY}([./-]){_MONTH_DAY}(?:\2{_YEAR}|\.(?!\d)|(?![\d./-]))"
_DAY_NAME = (
    rf"(?<![\d.,:/]){_DAY}{_MARK}(?:{_JOIN}{_DAY}{_MARK})?{_OF}{_NAME}\.?"
    rf"(?:,?\s+(?:de |del |of )?{_YEAR})?"
)
_NAME_DAY = (
    rf"{_NAME}\.?\s+(?:the\s+)?{_DAY}(?:st|nd|rd|th|\.)?"
    rf"(?:\s*(?:-|to|through)\s*{_DAY}(?:st|nd|rd|th)?)?(?![\d:.]\d)(?:,?\s+{_YEAR})?"
)
_FORMS = tuple(
    (form, re.compile(folded(pattern) if form in ("ymd", "md") else pattern))
    for form, pattern in (
        ("ymd", _YMD),
        ("md", _MD),
        ("num", _NUMBERS),
        ("dn", _DAY_NAME),
        ("nd", _NAME_DAY),
    )
)
_ENDINGS = ("ssa", "sta", "na", "ta", "n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day in a text: where it stands, and what it can be. `year` None where it names none;
    `swapped` where day and month could change places. `ranged`: the end of a range of days.
    """

    start: int
    end: int
    day: int
    month: int
    year: int | None = None
    swapped: bool = False
    ranged: bool = False


def _named() -> dict[str, int]:
    pairs = [(folded(each), at + 1) for at, names in enumerate(words.MONTHS) for each in names]
    return dict(reversed(pairs))


_MONTHS = _named()


def days_in(text: str) -> list[Day]:
    """Return the days a folded text names, in order; of two in the same place the longer one."""
    found: list[Day] = []
    for form, pattern in _FORMS:
        for match in pattern.finditer(text):
            found += _read(form, match)
    found.sort(key=lambda each: (each.start, -each.end))
    return list(_apart(found))


def _apart(found: list[Day]) -> Iterator[Day]:
    end = -1
    for each in found:
        if each.start >= end:
            yield each
            end = each.end


def _read(form: str, match: re.Match[str]) -> list[Day]:
    start, end = match.span()
    one = match.groups()
    if form == "ymd":
        return [Day(start=start, end=end, year=int(one[0]), month=int(one[1]), day=int(one[2]))]
    if form == "md":
        return [Day(start=start, end=end, month=int(one[0]), day=int(one[1]))]
    if form == "num":
        return _numbers(start, end, int(one[0]), int(one[2]), _year(one[3]))
    if form == "dn":
        day, last, name, year = one
    else:
        name, day, last, year = one
    month = _month(name)
    if month is None:
        return []
    number = int(last or day)
    return [Day(start=start, end=end, day=number, month=month, year=_year(year), ranged=bool(last))]


def _numbers(start: int, end: int, first: int, second: int, year: int | None) -> list[Day]:
    """First the day, unless it cannot be; dots are never the American way."""
    if second <= 12:
        swap = first <= 12 and first != second
        return [Day(start=start, end=end, day=first, month=second, year=year, swapped=swap)]
    if first <= 12:
        return [Day(start=start, end=end, day=second, month=first, year=year)]
    return []


def _month(name: str) -> int | None:
    if name in _MONTHS:
        return _MONTHS[name]
    shorter = (name.removesuffix(each) for each in _ENDINGS if name.endswith(each))
    return next((_MONTHS[each] for each in shorter if len(each) > 4 and each in _MONTHS), None)


def _year(text: str | None) -> int | None:
    if not text:
        return None
    number = int(text.lstrip("'"))
    return number if number > 99 else 2000 + number


def valid(year: int, month: int, day: int) -> date | None:
    """Return that day, None where the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
