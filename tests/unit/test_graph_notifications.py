"""Change notifications as Graph posts them: believed by nobody yet, read without a fault."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.graph.notifications import NotANotificationError, parse

CHANGE = {
    "id": "lsgTZMr9KwAAA",
    "subscriptionId": "0fc0d6db-0073-42e5-a186-853da75fb308",
    "subscriptionExpirationDateTime": "2026-11-29T18:23:45.9356913Z",
    "clientState": "state",
    "changeType": "created",
    "resource": "Users/{id}/Messages/AAMk",
    "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
    "resourceData": {
        "@odata.type": "#Microsoft.Graph.Message",
        "@odata.id": "Users/{id}/Messages/AAMk",
        "@odata.etag": 'W/"CQAAABYAAADkrWGo7bouTKlsgTZMr9KwAAAUWRHf"',
        "id": "AAMk",
    },
}
LIFECYCLE = {
    "lifecycleEvent": "reauthorizationRequired",
    "subscriptionId": "0fc0d6db-0073-42e5-a186-853da75fb308",
    "resource": "me/mailFolders('Inbox')/messages",
    "clientState": "state",
    "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
}


def posted(*items: object) -> bytes:
    return json.dumps({"value": list(items)}).encode()


def test_one_post_carries_several_for_anybody() -> None:
    of = "0fc0d6db-0073-42e5-a186-853da75fb308", "state", "84bd8158-6d4d-4958-8b9f-9d6445542f95"
    assert parse(posted(CHANGE, LIFECYCLE)) == [
        (*of, "AAMk", ""),
        (*of, "", "reauthorizationRequired"),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"value": 1}', b'{"value": [1]}', b"\xff", b"{}", b"null", b"[" * 5000]
)
def test_what_is_no_notification(body: bytes) -> None:
    with pytest.raises(NotANotificationError):
        parse(body)


def test_an_empty_post_tells_nothing() -> None:
    assert parse(posted()) == []


@settings(deadline=None)  # a busy machine is no finding
@given(
    st.dictionaries(
        st.sampled_from([*CHANGE, "lifecycleEvent"]),
        st.none() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=2),
    )
)
def test_fields_of_the_wrong_kind_say_nothing(fields: dict[str, object]) -> None:
    ((_, client_state, _, message_id, _),) = parse(posted(fields))
    state = fields.get("clientState")
    assert client_state == (state if isinstance(state, str) else "")
    assert message_id == ""


@settings(deadline=None)  # a busy machine is no finding
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        parse(body)
    except NotANotificationError:
        return
