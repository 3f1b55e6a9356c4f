"""`$filter` on messages: the three forms the sandbox knows, joined by `and`.

Everything else is 400, never ignored: a stand-in that returned all messages for a filter it does
not understand would prove nothing about the caller.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.sandbox.graph.errors import GraphError, bad_request
from bot.sandbox.graph.mailbox import Item
from bot.sandbox.graph.properties import canonical

_TEXT = r"'((?:[^']|'')*)'"
_MESSAGE_ID = re.compile(rf"internetMessageId eq {_TEXT}")
_DATE = re.compile(r"(receivedDateTime|sentDateTime) (ge|gt|le|lt) ([0-9TZ:.+\-]+)")
# graph/api/singlevaluelegacyextendedproperty-get, second form.
_PROPERTY = re.compile(
    rf"(?i:singleValueExtendedProperties/any)\((\w+): ?\1/id eq {_TEXT} and \1/value eq {_TEXT}\)"
)
_EXPANDED = re.compile(rf"id eq {_TEXT}")
_EXPAND = re.compile(r"(?i:singleValueExtendedProperties)\(\$filter=(.*)\)")


PROPERTIES = "singleValueExtendedProperties"


@dataclass(frozen=True)
class Clause:
    """One condition on a message, and the property it is about."""

    field: str
    holds: Callable[[Item], bool]


def parse_filter(text: str) -> Sequence[Clause]:
    """Return the conditions of a `$filter`, in their order.

    Raises:
        GraphError: it is of a form the sandbox does not know.
    """
    clauses, rest = [], text.strip()
    while True:
        clause, length = _clause(rest)
        clauses.append(clause)
        rest = rest[length:]
        if not rest:
            return clauses
        if not rest.startswith(" and "):
            raise _unknown_form()
        rest = rest.removeprefix(" and ").lstrip()


def parse_expand(text: str) -> Sequence[str]:
    """Return the canonical ids of the extended properties an `$expand` names.

    Raises:
        GraphError: it asks for something else.
    """
    expand = _EXPAND.fullmatch(text.strip())
    ids = [_EXPANDED.fullmatch(part) for part in expand.group(1).split(" or ")] if expand else []
    if not ids or not all(ids):
        raise bad_request(
            "Parsing OData Select and Expand failed: only singleValueExtendedProperties($filter="
            "id eq '...' or id eq '...') is known here."
        )
    return [property_id(_unquoted(found.group(1))) for found in ids if found]


def property_id(text: str) -> str:
    """Return the canonical form of an extended property's id.

    Raises:
        GraphError: it is malformed, or not of a string property.
    """
    try:
        return canonical(text)
    except ValueError as error:
        raise bad_request(
            f"PropertyId values may only be in one of the following formats: "
            f"'String {{Guid}} Name PropertyName' or 'String 0xTag'; got '{text}'.",
            "ErrorInvalidProperty",
        ) from error


def _clause(text: str) -> tuple[Clause, int]:
    if found := _MESSAGE_ID.match(text):
        wanted = _unquoted(found.group(1))
        return Clause("internetMessageId", lambda item: item.internet_message_id == wanted), (
            found.end()
        )
    if found := _DATE.match(text):
        return _date_clause(found.group(1), found.group(2), found.group(3)), found.end()
    if found := _PROPERTY.match(text):
        id, value = property_id(_unquoted(found.group(2))), _unquoted(found.group(3)).lower()
        return (
            Clause(
                PROPERTIES,
                lambda item: item.properties.get(id, "\0").lower() == value,
            ),
            found.end(),
        )
    raise _unknown_form()


def _date_clause(field: str, operator: str, literal: str) -> Clause:
    try:
        moment = datetime.fromisoformat(literal)
    except ValueError as error:
        raise bad_request(f"Invalid filter clause: '{literal}' is no DateTimeOffset.") from error
    if moment.tzinfo is None:
        raise bad_request(f"Invalid filter clause: '{literal}' has no time zone.")
    bound = moment.astimezone(UTC)
    compare: dict[str, Callable[[datetime], bool]] = {
        "ge": lambda value: value >= bound,
        "gt": lambda value: value > bound,
        "le": lambda value: value <= bound,
        "lt": lambda value: value < bound,
    }
    holds = compare[operator]
    if field == "receivedDateTime":
        return Clause(field, lambda item: holds(item.received))
    return Clause(field, lambda item: holds(item.sent))


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def _unknown_form() -> GraphError:
    return bad_request(
        "The query filter contains one or more invalid nodes.", "ErrorInvalidUrlQueryFilter"
    )
