"""Change notifications as Graph posts them (changeNotificationCollection resource). Unknown fields
are passed over; what is no notification at all is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bot.domain.errors import MailroomError
from bot.domain.records import Told


class NotANotificationError(MailroomError):
    """The body is no collection of change notifications."""


def parse(body: bytes) -> Sequence[Told]:
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
    return [_told(each) for each in items]


def _told(notification: Mapping[str, Any]) -> Told:
    get, resource = notification.get, notification.get("resourceData")
    subscription_id, client_state, tenant_id, message_id, event = [
        each if isinstance(each, str) else ""
        for each in (
            get("subscriptionId"),
            get("clientState"),
            get("tenantId"),
            resource.get("id") if isinstance(resource, dict) else "",
            get("lifecycleEvent"),
        )
    ]
    return subscription_id, client_state, tenant_id, message_id, event
