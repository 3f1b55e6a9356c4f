"""Public holidays: those of the place, and of no other."""

from datetime import date

from bot.domain.calendar import Calendar
from bot.public_holidays import public_holidays

EPIPHANY = date(2027, 1, 6)
CHRISTMAS = date(2026, 12, 25)


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    assert public_holidays("DE-BY")(EPIPHANY)
    assert not public_holidays("DE")(EPIPHANY)
    assert public_holidays("DE")(CHRISTMAS)
    assert not public_holidays("DE")(date(2026, 11, 23))


def test_no_place_has_no_holidays() -> None:
    assert not public_holidays("")(CHRISTMAS)
    assert not Calendar(is_holiday=public_holidays("")).has_holidays
    assert Calendar(is_holiday=public_holidays("DE")).has_holidays
