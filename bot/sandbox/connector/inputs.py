"""What a person fills in, checked as the client checks it before anything is sent.

adaptivecards.microsoft.com, "Input validation": isRequired, regex, maxLength, min, max; invalid
inputs keep the action from being sent. Values travel as strings, and an input left empty is not
sent at all (JavaScript renderer, `SubmitActionBase.internalPrepareForExecution`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Element = Mapping[str, Any]


class InputError(ValueError):
    """The client shows an error beside an input and sends nothing."""


def collect(inputs: Iterable[Element], given: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that the action sends; `given` comes over what the card prefills.

    Raises:
        InputError: a value is missing or invalid, or for an input that is not there.
    """
    by_id = {str(element["id"]): element for element in inputs if "id" in element}
    if unknown := sorted(set(given) - set(by_id)):
        raise InputError(f"no such input here: {', '.join(unknown)}")
    values = {
        name: _text(element, given.get(name, element.get("value")))
        for name, element in by_id.items()
    }
    problems = [
        f"{name}: {element.get('errorMessage') or problem}"
        for name, element in by_id.items()
        if (problem := _problem(element, values[name]))
    ]
    if problems:
        raise InputError("; ".join(problems))
    return {name: value for name, value in values.items() if value}


def _text(element: Element, value: Any) -> str:
    if element["type"] == "Input.Toggle":
        on, off = str(element.get("valueOn", "true")), str(element.get("valueOff", "false"))
        if isinstance(value, bool):
            return on if value else off
        return off if value is None else str(value)
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return "" if value is None else str(value)


def _problem(element: Element, value: str) -> str | None:
    kind = element["type"]
    if not value or (kind == "Input.Toggle" and value != str(element.get("valueOn", "true"))):
        return "a value is required" if element.get("isRequired") else None
    check = _CHECKS.get(kind)
    return check(element, value) if check else f"this sandbox does not know {kind}"


def _text_problem(element: Element, value: str) -> str | None:
    if len(value) > int(element.get("maxLength") or len(value)):
        return f"longer than {element['maxLength']}"
    # JavaScript's RegExp.test finds a match anywhere; authors anchor their patterns themselves.
    if element.get("regex") and not re.search(str(element["regex"]), value):
        return "does not match"
    return None


def _number_problem(element: Element, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "not a number"
    return _range_problem(element, number, float)


def _moment_problem(element: Element, value: str) -> str | None:
    pattern = r"\d{4}-\d\d-\d\d" if element["type"] == "Input.Date" else r"\d\d:\d\d"
    if not re.fullmatch(pattern, value):
        return "not in the form the client sends"
    return _range_problem(element, value, str)


def _range_problem(element: Element, value: Any, read: Any) -> str | None:
    if element.get("min") is not None and value < read(element["min"]):
        return f"less than {element['min']}"
    if element.get("max") is not None and value > read(element["max"]):
        return f"more than {element['max']}"
    return None


def _choice_problem(element: Element, value: str) -> str | None:
    if element.get("choices.data"):
        return None  # a people picker or a type-ahead: the values are not in the card
    known = {str(choice["value"]) for choice in element.get("choices", [])}
    chosen = value.split(",") if element.get("isMultiSelect") else [value]
    wrong = [item for item in chosen if item not in known]
    return f"no such choice: {', '.join(wrong)}" if wrong else None


def _toggle_problem(element: Element, value: str) -> str | None:
    return None


_CHECKS = {
    "Input.Text": _text_problem,
    "Input.Number": _number_problem,
    "Input.Date": _moment_problem,
    "Input.Time": _moment_problem,
    "Input.ChoiceSet": _choice_problem,
    "Input.Toggle": _toggle_problem,
}
