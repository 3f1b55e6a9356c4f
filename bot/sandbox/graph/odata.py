"""Query options of the mail routes, and how they choose and page messages.

graph/query-parameters; graph/api/user-list-messages: pages of 10, at most 1000. Unknown options are
400.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.graph.errors import GraphError, bad_request
from bot.sandbox.graph.filters import Clause, parse_expand, parse_filter
from bot.sandbox.graph.mailbox import Item
from bot.sandbox.graph.render import known_property

DEFAULT_PAGE = 10
_LARGEST_PAGE = 1000
_LIST_OPTIONS = {"$select", "$top", "$skip", "$orderby", "$filter", "$expand", "$skiptoken"}
_PLACE = {"$skip", "$skiptoken"}
_ORDER = re.compile(r"(receivedDateTime|sentDateTime)(?: (asc|desc))?")


@dataclass(frozen=True)
class Order:
    """One key to sort by."""

    field: str
    descending: bool


@dataclass(frozen=True)
class ListQuery:
    """A parsed query on a collection of messages."""

    select: Sequence[str] | None
    expand: Sequence[str]
    clauses: Sequence[Clause]
    order: Sequence[Order]
    top: int
    skip: int

    def apply(self, items: Iterable[Item]) -> tuple[Sequence[Item], bool]:
        """Return one page of `items`, newest first unless ordered otherwise, and whether more
        follow.
        """
        chosen = [item for item in items if all(clause.holds(item) for clause in self.clauses)]
        for order in reversed(self.order or (Order("receivedDateTime", descending=True),)):
            chosen.sort(key=_sort_key(order.field), reverse=order.descending)
        end = self.skip + self.top
        return chosen[self.skip : end], self.top > 0 and len(chosen) > end

    def next_options(self, options: Mapping[str, str]) -> dict[str, str]:
        """Return the query of the following page; where it starts is opaque, as it is in Graph."""
        kept = {name: value for name, value in options.items() if name not in _PLACE}
        token = base64.urlsafe_b64encode(f"skip:{self.skip + self.top}".encode()).decode()
        return {**kept, "$skiptoken": token}


def parse_list(options: Mapping[str, str]) -> ListQuery:
    """Return the query of a list of messages.

    Raises:
        GraphError: it has an option, or a form of one, that the sandbox does not know.
    """
    _only_known(options, _LIST_OPTIONS)
    clauses = parse_filter(options["$filter"]) if "$filter" in options else ()
    order = _parse_order(options["$orderby"]) if "$orderby" in options else ()
    if clauses:
        _check_efficient(clauses, order)
    skip = _number(options, "$skip", 0)
    if "$skiptoken" in options:
        skip = _parse_token(options["$skiptoken"])
    return ListQuery(
        select=parse_select(options),
        expand=parse_expand(options["$expand"]) if "$expand" in options else (),
        clauses=clauses,
        order=order,
        top=_number(options, "$top", DEFAULT_PAGE, _LARGEST_PAGE),
        skip=skip,
    )


def parse_item(options: Mapping[str, str]) -> tuple[Sequence[str] | None, Sequence[str]]:
    """Return what a query on one message selects and expands.

    Raises:
        GraphError: it has an option, or a form of one, that the sandbox does not know.
    """
    _only_known(options, {"$select", "$expand"})
    expand = parse_expand(options["$expand"]) if "$expand" in options else ()
    return parse_select(options), expand


def parse_select(options: Mapping[str, str]) -> Sequence[str] | None:
    """Return the properties of a message that `$select` names, or None where it is absent.

    Raises:
        GraphError: it names one that messages do not have.
    """
    names = select_names(options)
    return None if names is None else [known_property(name) for name in names]


def select_names(options: Mapping[str, str]) -> Sequence[str] | None:
    """Return the names in `$select` as they stand, or None where it is absent."""
    text = options.get("$select")
    return None if text is None else [name.strip() for name in text.split(",")]


def no_options(options: Mapping[str, str]) -> None:
    """Refuse every query option.

    Raises:
        GraphError: there is one.
    """
    _only_known(options, set())


def only_select(options: Mapping[str, str]) -> Sequence[str] | None:
    """Return the names in `$select`, refusing every other option.

    Raises:
        GraphError: there is another option.
    """
    _only_known(options, {"$select"})
    return select_names(options)


def _only_known(options: Mapping[str, str], known: set[str]) -> None:
    if unknown := sorted(set(options) - known):
        raise bad_request(f"The query specified in the URI is not valid: '{unknown[0]}'.")


def _number(options: Mapping[str, str], name: str, default: int, most: int | None = None) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not text.isdecimal() or (most is not None and int(text) > most):
        limit = "" if most is None else f" and less than or equal to {most}"
        raise bad_request(
            f"Invalid value '{text}' for {name} query option found. The {name} query option "
            f"requires an integer value greater than or equal to 0{limit}."
        )
    return int(text)


def _parse_order(text: str) -> Sequence[Order]:
    found = [_ORDER.fullmatch(part.strip()) for part in text.split(",")]
    if not all(found):
        raise bad_request(f"The query specified in the URI is not valid: '$orderby={text}'.")
    return [Order(key.group(1), key.group(2) == "desc") for key in found if key]


def _check_efficient(clauses: Sequence[Clause], order: Sequence[Order]) -> None:
    """graph/api/user-list-messages, "Using filter and orderby in the same query": what is ordered
    by must be filtered by, first and in the same order; if not, the request fails.
    """
    filtered = list(dict.fromkeys(clause.field for clause in clauses))
    ordered = [key.field for key in order]
    if filtered[: len(ordered)] != ordered:
        raise bad_request(
            "The restriction or sort order is too complex for this operation.", "InefficientFilter"
        )


def _parse_token(token: str) -> int:
    try:
        name, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _bad_token() from error
    if name != "skip" or not number.isdecimal():
        raise _bad_token()
    return int(number)


def _bad_token() -> GraphError:
    return bad_request("The skip token is not valid.")


def _sort_key(field: str) -> Callable[[Item], datetime]:
    if field == "receivedDateTime":
        return lambda item: item.received
    return lambda item: item.sent
