"""Messages, to Graph and back: what leaves carries our marks, what comes is read with care."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.delivery import OutgoingMail
from bot.graph.line import body_of
from bot.graph.message import (
    IN_REPLY_TO,
    KEY,
    REFERENCES,
    incoming,
    key_filter,
    key_of,
    sent_copy,
)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
text = st.text(max_size=40)


def mail(**changes: object) -> OutgoingMail:
    fields: dict[str, object] = {
        "to_address": "ana@customer.example",
        "to_name": "Ana",
        "subject": "Hello",
        "html": "<p>Hi</p>",
        "message_id": "<k.1@contoso.example>",
        "key": "k.1",
        "references": ("<a@x>", "<b@x>"),
    }
    return OutgoingMail(**{**fields, **changes})  # type: ignore[arg-type]


def written(outgoing: OutgoingMail) -> dict[str, Any]:
    """Return the JSON that goes over the wire."""
    told: dict[str, Any] = json.loads(body_of(outgoing))
    return told


def test_the_opt_out_goes_where_json_has_room_for_it() -> None:
    told = written(mail(references=(), unsubscribe="https://mailroom.example/optout/x"))
    assert told["message"]["singleValueExtendedProperties"] == [
        {"id": KEY, "value": "k.1"},
        {"id": "String 0x1045", "value": "<https://mailroom.example/optout/x>"},
    ]


def test_a_submission_on_the_wire() -> None:
    assert written(mail()) == {
        "message": {
            "subject": "Hello",
            "body": {"contentType": "html", "content": "<p>Hi</p>"},
            "toRecipients": [{"emailAddress": {"address": "ana@customer.example", "name": "Ana"}}],
            "internetMessageId": "<k.1@contoso.example>",
            # No internetMessageHeaders: JSON takes X- ones only, and refuses an empty list.
            "singleValueExtendedProperties": [
                {"id": KEY, "value": "k.1"},
                {"id": IN_REPLY_TO, "value": "<b@x>"},
                {"id": REFERENCES, "value": "<a@x> <b@x>"},
            ],
        },
        "saveToSentItems": True,
    }


def test_a_first_email_answers_nothing_and_a_nameless_one_names_nobody() -> None:
    message = written(mail(references=(), to_name=""))["message"]
    assert isinstance(message, dict)
    assert [each["id"] for each in message["singleValueExtendedProperties"]] == [KEY]
    assert message["toRecipients"] == [{"emailAddress": {"address": "ana@customer.example"}}]


def test_the_key_is_quoted_for_the_filter() -> None:
    assert key_filter("o'k").endswith("ep/value eq 'o''k')")


def properties(*pairs: tuple[str, str]) -> dict[str, object]:
    return {"singleValueExtendedProperties": [{"id": id, "value": value} for id, value in pairs]}


def test_ids_of_properties_come_back_in_another_spelling() -> None:
    told = properties((KEY.upper(), "k.1"), ("String 0x1042", "<b@x>"), ("string 0x1A", "IPM.Note"))
    assert key_of(told) == "k.1"
    assert incoming(told).in_reply_to == ("<b@x>",)
    assert incoming(told).message_class == "IPM.Note"


def test_a_copy_has_the_ids_exchange_gave() -> None:
    copy = sent_copy(
        {
            "internetMessageId": "<new@exchange.example>",
            "conversationId": "c",
            "sentDateTime": "2026-11-23T10:00:00.1234567Z",
        }
    )
    assert copy.internet_message_id == "<new@exchange.example>"
    assert copy.conversation_id == "c"
    assert copy.sent_at == datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)


def test_a_copy_still_in_drafts_was_sent_when_it_was_made() -> None:
    copy = sent_copy({"sentDateTime": None, "createdDateTime": "2026-11-23T10:00:00Z"})
    assert copy.sent_at == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_message_that_arrived() -> None:
    told = incoming(
        {
            "id": "AAMk",
            "internetMessageId": "<r@customer.example>",
            "conversationId": "c",
            "from": {"emailAddress": {"address": "Ana@Customer.example", "name": "Ana"}},
            "subject": "Re: Hello",
            "receivedDateTime": "2026-11-23T10:00:00Z",
            "webLink": "https://outlook.office365.com/owa/?ItemID=AAMk",
            "internetMessageHeaders": [
                {"name": "In-Reply-To", "value": "<k.2@contoso.example>"},
                {"name": "References", "value": "<k.1@contoso.example> <k.2@contoso.example>"},
                {"name": "Auto-Submitted", "value": "no"},
            ],
        }
    )
    assert told.from_address == "ana@customer.example"
    assert told.in_reply_to == ("<k.2@contoso.example>",)
    assert told.references == ("<k.1@contoso.example>", "<k.2@contoso.example>")
    assert told.received_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert told.headers["Auto-Submitted"] == "no"
    assert told.web_link == "https://outlook.office365.com/owa/?ItemID=AAMk"


def test_properties_go_before_headers_unless_they_name_nothing() -> None:
    headers = {"internetMessageHeaders": [{"name": "in-reply-to", "value": "<header@x>"}]}
    assert incoming({**headers, **properties((IN_REPLY_TO, "<property@x>"))}).in_reply_to == (
        "<property@x>",
    )
    assert incoming({**headers, **properties((IN_REPLY_TO, "unreadable"))}).in_reply_to == (
        "<header@x>",
    )


@pytest.mark.parametrize(
    "when", ["", "soon", "2026-11-23", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59", None, 7]
)
def test_a_time_nobody_can_read_is_long_ago(when: object) -> None:
    assert incoming({"receivedDateTime": when}).received_at == NEVER


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
NAMES = ["id", "from", "subject", "internetMessageHeaders", "singleValueExtendedProperties",
         "receivedDateTime", "sentDateTime"]  # fmt: skip


@settings(deadline=None)  # a busy machine is no finding
@given(st.dictionaries(st.sampled_from(NAMES), json_values))
def test_whatever_graph_leaves_out_or_bends_is_read_without_a_fault(
    told: dict[str, object],
) -> None:
    assert incoming(told).id == (told.get("id") if isinstance(told.get("id"), str) else "")
    assert sent_copy(told).internet_message_id == ""
    assert key_of(told) == ""


@settings(deadline=None)  # a busy machine is no finding
@given(key=text, message_id=text, references=st.lists(text.filter(bool), max_size=4))
def test_our_key_comes_back_from_what_was_written(
    key: str, message_id: str, references: list[str]
) -> None:
    message = written(mail(key=key, message_id=message_id, references=references))["message"]
    assert isinstance(message, dict)
    assert key_of(message) == key
