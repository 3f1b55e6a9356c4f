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
    of, state, tenant_id = get("subscriptionId"), get("clientState"), get("tenantId")
    message_id = resource.get("id") if isinstance(resource, dict) else ""
    event = get("lifecycleEvent", "")
    if type(of) is type(state) is type(tenant_id) is type(message_id) is type(event) is str:
        return of, state, tenant_id, message_id, event
    return _text(of), _text(state), _text(tenant_id), _text(message_id), _text(event)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
