"""Public holidays of a country or a part of it: the only place that knows the library for them."""

from collections.abc import Callable
from datetime import date

from holidays import country_holidays

from bot.domain.calendar import no_holiday


def public_holidays(place: str) -> Callable[[date], bool]:
    """Return which days are holidays in `place`, a country's ISO 3166-1 code or, of a part of it,
    ISO 3166-2 (DE, DE-BY); "" knows none.

    Raises:
        ValueError: nobody knows the holidays of such a place; in words.
    """
    if not place:
        return no_holiday
    country, _, part = place.partition("-")
    try:
        return country_holidays(country, subdiv=part or None).__contains__
    except NotImplementedError:
        raise ValueError(
            f"“{place}” is no country or part of one whose holidays are known: "
            "write it like DE or DE-BY, or leave it empty"
        ) from None
