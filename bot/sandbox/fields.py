"""Reading of JSON objects: every field is known and of the right type, or all is refused."""

import json
from collections.abc import Mapping
from typing import Any


class FieldError(ValueError):
    """A field is unknown, missing, or of the wrong type; the message names it."""


def parse(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in `raw`; an empty body is an empty object.

    Raises:
        FieldError: not JSON, or not an object.
    """
    try:
        content = json.loads(raw or b"{}")
    except ValueError as error:
        raise FieldError("the body is not JSON") from error
    if not isinstance(content, dict):
        raise FieldError("the body is not a JSON object")
    return content


def check(
    content: Mapping[str, Any],
    *,
    required: Mapping[str, type] | None = None,
    optional: Mapping[str, type] | None = None,
) -> None:
    """Refuse what is not described. `null` counts as absent.

    Raises:
        FieldError: names every unknown field, the first missing one, or the first of a wrong type.
    """
    required, optional = required or {}, optional or {}
    known = {**required, **optional}
    if unknown := sorted(set(content) - set(known)):
        raise FieldError(f"unknown: {', '.join(unknown)}")
    for name in required:
        if content.get(name) is None:
            raise FieldError(f"missing: {name}")
    for name, kind in known.items():
        value = content.get(name)
        if value is not None and not isinstance(value, kind):
            raise FieldError(f"{name}: expected {kind.__name__}")
