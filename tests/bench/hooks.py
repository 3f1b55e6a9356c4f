"""What Graph posts in the bench: notifications of a subscription on every mailbox of it."""

import base64
import hashlib
from collections.abc import Iterator, Sequence

import orjson

from tests.bench.letters import TENANT

MAILBOXES = 300
_VARIANTS = 500
_HEAD = (
    b"POST /graph/notifications HTTP/1.1\r\nHost: mailroom.test\r\n"
    b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
)


def state_of(number: int) -> str:
    """Return the clientState of a subscription: 43 characters, as ours are."""
    return base64.urlsafe_b64encode(_digest(f"state {number}")).decode().rstrip("=")


def subscription_of(number: int) -> str:
    """Return the id of a subscription, a GUID as Graph's are."""
    text = _digest(f"subscription {number}").hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))


def posts(many: int, each: int) -> Iterator[bytes]:
    """Give so many POSTs of so many notifications each, two in a row of each subscription, as they
    are on the wire. They are made beforehand, in fewer variants: who posts shall not be measured.
    """
    made = [_post(number, each) for number in range(min(many, _VARIANTS))]
    return (made[number % len(made)] for number in range(many))


def told_of(messages: Sequence[tuple[int, str]]) -> bytes:
    """Return the body of a POST: of each message, in the mailbox of which number it came."""
    return orjson.dumps({"value": [_notification(*each) for each in messages]})


def _post(number: int, each: int) -> bytes:
    numbers = range(number * each, (number + 1) * each)
    body = told_of([(at // 2 % MAILBOXES, _message(at)) for at in numbers])
    return _HEAD % len(body) + body


def _message(number: int) -> str:
    digest = _digest(f"message {number}") + _digest(f"folder {number // 2}")[:1]
    return "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A" + base64.urlsafe_b64encode(digest).decode()


def _notification(of: int, message: str) -> dict[str, object]:
    """Ids as long as in real life (change-notifications-delivery-webhooks)."""
    resource = f"Users/{subscription_of(-of - 1)}/Messages/{message}"
    return {
        "subscriptionId": subscription_of(of),
        "subscriptionExpirationDateTime": "2026-11-29T18:23:45.9356913+00:00",
        "clientState": state_of(of),
        "changeType": "created",
        "resource": resource,
        "tenantId": TENANT,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": resource,
            "@odata.etag": 'W/"CQAAABYAAADkrWGo7bouTKlsgTZMr9KwAAAUWRHf"',
            "id": message,
        },
    }


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
