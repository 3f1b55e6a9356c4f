"""What an answer of Graph says of a submission, row by row (design, Sending 4)."""

from datetime import UTC, datetime

import pytest
from msgraph.generated.models.message import Message
from msgraph.generated.models.single_value_legacy_extended_property import (
    SingleValueLegacyExtendedProperty,
)

from bot.domain.delivery import Outcome
from bot.domain.errors import PermanentError, TransientError
from bot.graph.errors import error_of, report_of
from bot.graph.message import IN_REPLY_TO, KEY, REFERENCES, incoming, key_of, to_graph
from bot.graph.notifications import NotANotificationError, parse
from bot.ports import OutgoingMail


@pytest.mark.parametrize(
    ("status", "code", "retry_after", "outcome", "throttled"),
    [
        (202, "", None, Outcome.ACCEPTED, False),
        (202, "", 10.0, Outcome.ACCEPTED, False),
        (400, "ErrorInvalidRecipients", None, Outcome.REFUSED, False),
        (403, "ErrorSendAsDenied", None, Outcome.REFUSED, False),
        (404, "MailboxNotEnabledForRESTAPI", None, Outcome.REFUSED, False),
        (413, "", None, Outcome.REFUSED, False),
        (401, "InvalidAuthenticationToken", None, Outcome.NOT_WRITTEN, False),
        (408, "", None, Outcome.UNKNOWN, False),
        (429, "ApplicationThrottled", None, Outcome.UNKNOWN, False),
        (429, "ApplicationThrottled", 5.0, Outcome.UNKNOWN, True),
        (503, "ServiceUnavailable", 5.0, Outcome.UNKNOWN, True),
        (500, "ErrorInternalServerError", None, Outcome.UNKNOWN, False),
        (504, "", None, Outcome.UNKNOWN, False),
        (0, "", None, Outcome.UNKNOWN, False),
        (302, "", None, Outcome.UNKNOWN, False),
    ],
)
def test_submissions(
    status: int, code: str, retry_after: float | None, outcome: Outcome, throttled: bool
) -> None:
    report = report_of(status, code, retry_after)
    assert report.outcome is outcome
    assert report.throttled is throttled


@pytest.mark.parametrize("status", [401, 408, 429, 500, 503, 504])
def test_a_passing_fault_of_any_other_request(status: int) -> None:
    assert isinstance(error_of(status, "", 7.0), TransientError)


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_lasting_fault_of_any_other_request(status: int) -> None:
    assert isinstance(error_of(status, "Code", None), PermanentError)


MAIL = OutgoingMail(
    to_address="ana@customer.example",
    to_name="Ana",
    subject="Hello",
    html="<p>Hi</p>",
    message_id="<k.1@contoso.example>",
    key="k.1",
    references=("<a@x>", "<b@x>"),
)


def properties(message: Message) -> dict[str, str]:
    found = message.single_value_extended_properties or []
    return {each.id or "": each.value or "" for each in found}


def test_an_email_carries_our_key_our_id_and_its_thread() -> None:
    message = to_graph(MAIL)
    assert message.internet_message_id == "<k.1@contoso.example>"
    assert properties(message) == {
        KEY: "k.1",
        IN_REPLY_TO: "<b@x>",
        REFERENCES: "<a@x> <b@x>",
    }
    # JSON takes X- headers only, and an empty list is refused as a whole.
    assert message.internet_message_headers is None
    assert key_of(message) == "k.1"


def test_ids_of_properties_come_back_in_another_spelling() -> None:
    message = to_graph(MAIL)
    message.single_value_extended_properties = [
        SingleValueLegacyExtendedProperty(id=KEY.upper(), value="k.1"),
        SingleValueLegacyExtendedProperty(id="String 0x1042", value="<b@x>"),
        SingleValueLegacyExtendedProperty(id="String 0x1a", value="IPM.Note"),
    ]
    assert key_of(message) == "k.1"
    assert incoming(message).in_reply_to == ("<b@x>",)
    assert incoming(message).message_class == "IPM.Note"


def test_an_empty_message_is_read_without_a_fault() -> None:
    assert incoming(Message()).received_at == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"value": 1}', b'{"value": [1]}', b"\xff", b"{}"])
def test_what_is_no_notification(body: bytes) -> None:
    with pytest.raises(NotANotificationError):
        parse(body)


def test_a_notification_with_fields_of_the_wrong_kind_says_nothing() -> None:
    (told,) = parse(b'{"value": [{"subscriptionId": 7, "resourceData": "x", "new": true}]}')
    assert (told.subscription_id, told.message_id, told.lifecycle_event) == ("", "", "")
