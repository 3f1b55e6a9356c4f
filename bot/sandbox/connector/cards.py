"""An Adaptive Card as a client sees it: which buttons can be pressed, which inputs they send.

adaptivecards.microsoft.com, "Input validation" and "Action.Execute"; where the text is silent, the
JavaScript renderer is followed: an action gathers the inputs of its card and of the cards around it
(`SubmitActionBase.internalGetReferencedInputs`), not those of a ShowCard beside it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

# Parts of an element which hold no visible element of this card.
_OPAQUE = {"data", "card", "fallback", "choices", "choices.data", "requires", "refresh", "msteams"}
_PRESSED = ("Action.Execute", "Action.Submit", "Action.OpenUrl")
# Universal actions need 1.4 ("Work with Universal Actions for Adaptive Cards").
_UNIVERSAL_SINCE = (1, 4)


class CardError(LookupError):
    """The person cannot do that with this card; the message says why."""


@dataclass(frozen=True)
class Button:
    """An action, and the inputs it sends along."""

    action: dict[str, Any]
    inputs: tuple[dict[str, Any], ...]


def find_button(cards: Iterable[dict[str, Any]], name: str) -> Button:
    """Return the button with this title; failing that, with this verb; failing that, with this id.

    Raises:
        CardError: there is none, there are several, or it is disabled.
    """
    buttons = [button for card in cards for button in _buttons(card, (), _revealed(card))]
    for key in ("title", "verb", "id"):
        found = [button for button in buttons if button.action.get(key) == name]
        if len(found) > 1:
            raise CardError(f"{len(found)} buttons have the {key} '{name}'")
        if found and found[0].action.get("isEnabled") is False:
            raise CardError(f"the button '{name}' is disabled")
        if found:
            return found[0]
    titles = [str(button.action.get("title", "")) for button in buttons]
    raise CardError(f"no button '{name}'; there are: {', '.join(titles) or 'none'}")


def _buttons(
    card: dict[str, Any], around: tuple[dict[str, Any], ...], revealed: frozenset[str]
) -> Iterator[Button]:
    parts = [card.get("body"), card.get("actions"), card.get("selectAction")]
    # Hidden inputs are sent all the same (`Container.getAllInputs` does not ask); hidden buttons
    # cannot be pressed.
    inputs = around + tuple(node for node in _nodes(parts) if node["type"].startswith("Input."))
    for node in _nodes(parts, revealed):
        kind = node["type"]
        if kind == "Action.ShowCard":
            # A card inside a card takes the version of the outermost one.
            inner = {"version": card.get("version"), **node.get("card", {})}
            yield from _buttons(inner, inputs, revealed)
        elif kind in _PRESSED and (kind != "Action.Execute" or _is_universal(card)):
            yield Button(node, () if node.get("associatedInputs") == "none" else inputs)


def _nodes(part: Any, revealed: frozenset[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield every typed object of this card; given `revealed`, the visible ones only."""
    if isinstance(part, list):
        for item in part:
            yield from _nodes(item, revealed)
    elif isinstance(part, dict):
        is_hidden = revealed is not None and part.get("isVisible") is False
        if is_hidden and part.get("id") not in (revealed or ()):
            return
        if isinstance(part.get("type"), str):
            yield part
        for name, value in part.items():
            if name not in _OPAQUE:
                yield from _nodes(value, revealed)


def _revealed(card: dict[str, Any]) -> frozenset[str]:
    """The ids that some Action.ToggleVisibility of the card can bring into view."""
    found: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") == "Action.ToggleVisibility":
                targets = part.get("targetElements", [])
                found.update(t if isinstance(t, str) else str(t["elementId"]) for t in targets)
            part = list(part.values())
        if isinstance(part, list):
            for item in part:
                walk(item)

    walk(card)
    return frozenset(found)


def _is_universal(card: dict[str, Any]) -> bool:
    major, _, minor = str(card.get("version", "1.0")).partition(".")
    return (int(major), int(minor or 0)) >= _UNIVERSAL_SINCE
