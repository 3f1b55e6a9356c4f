"""Change notifications as Graph posts them (changeNotificationCollection resource). Unknown fields
are passed over; what is no notification at all is an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bot.domain.errors import MailroomError


class NotANotificationError(MailroomError):
    """The body is no collection of change notifications."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNotification:
    """One notification, not yet believed. `lifecycle_event` is "" for a change; `change_type` and
    `message_id` are "" for a lifecycle event.
    """

    subscription_id: str
    client_state: str
    tenant_id: str
    change_type: str
    message_id: str
    lifecycle_event: str


def parse(body: bytes) -> Sequence[ChangeNotification]:
    """Return the notifications of one POST.

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
    return tuple(_notification(each) for each in items)


def _notification(told: Mapping[str, Any]) -> ChangeNotification:
    resource = told.get("resourceData")
    return ChangeNotification(
        subscription_id=_text(told, "subscriptionId"),
        client_state=_text(told, "clientState"),
        tenant_id=_text(told, "tenantId"),
        change_type=_text(told, "changeType"),
        message_id=_text(resource, "id") if isinstance(resource, dict) else "",
        lifecycle_event=_text(told, "lifecycleEvent"),
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
