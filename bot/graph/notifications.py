"""Change notifications as Graph posts them (changeNotificationCollection resource). Unknown fields
are passed over; what is no notification at all is an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.domain.errors import MailroomError
from bot.domain.records import Told


class NotANotificationError(MailroomError):
    """The body is no collection of change notifications."""


@dataclass(slots=True)
class _Said:
    """What the notifications of one subscription say, as it is gathered."""

    message_ids: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    count: int = 0


def parse(body: bytes) -> Sequence[Told]:
    """Return what one POST tells, by subscription and the clientState it came with.

    Raises:
        NotANotificationError: the body is not JSON, or not of that shape.
    """
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotANotificationError("not JSON") from error
    items = told.get("value") if isinstance(told, dict) else None
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise NotANotificationError("no list of notifications")
    said: dict[tuple[str, str, str], _Said] = {}
    for each in items:
        of = _text(each, "subscriptionId"), _text(each, "clientState"), _text(each, "tenantId")
        known = said.get(of)
        if known is None:
            known = said[of] = _Said()
        _gather(known, each)
    return [_told(of, known) for of, known in said.items()]


def _gather(said: _Said, each: Mapping[str, Any]) -> None:
    said.count += 1
    resource, event = each.get("resourceData"), _text(each, "lifecycleEvent")
    message_id = _text(resource, "id") if isinstance(resource, dict) else ""
    if event:
        said.events.append(event)
    elif message_id:
        said.message_ids.append(message_id)


def _told(of: tuple[str, str, str], said: _Said) -> Told:
    subscription_id, client_state, tenant_id = of
    return Told(
        subscription_id=subscription_id,
        client_state=client_state,
        tenant_id=tenant_id,
        message_ids=tuple(said.message_ids),
        events=tuple(said.events),
        count=said.count,
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
