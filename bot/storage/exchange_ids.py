"""The ids Exchange gave to emails that left, as they stand in an enrolment's record."""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

_SPECIAL = re.compile(r"[%:,|]")


def ids_of(number: int, exchange_id: str, conversation_id: str) -> str:
    """Return how the ids Exchange gave to an email are written."""
    return f"{number}={_escaped(exchange_id)}|{_escaped(conversation_id)}"


def ids_in(written: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """Give each email's number with the ids that `ids_of` wrote, divided by commas."""
    for each in written.split(",") if written else ():
        number, _, pair = each.partition("=")
        exchange_id, _, conversation_id = pair.partition("|")
        yield int(number), (_plain(exchange_id), _plain(conversation_id))


def _escaped(id: str) -> str:
    return quote(id, safe="", errors="surrogatepass") if _SPECIAL.search(id) else id


def _plain(written: str) -> str:
    return unquote(written, errors="surrogatepass") if "%" in written else written
