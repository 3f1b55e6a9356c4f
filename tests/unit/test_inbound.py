"""Telling a bounce from an automatic reply from a person, and whose mail it is about."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.inbound import (
    IncomingMail,
    Kind,
    is_permanent,
    kind_of,
    message_ids,
    our_enrolment,
    read_report,
)

REPORT = b"""\
From: postmaster@contoso.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.contoso.example

Final-Recipient: rfc822;Eve@nowhere.example
Action: failed
Status: 5.1.10

--b
Content-Type: text/rfc822-headers

Message-ID: <0123456789abcdef0123456789abcdef.1@contoso.example>
Subject: Hello

--b--
"""


def mail(**changes: object) -> IncomingMail:
    values: dict[str, object] = {
        "id": "1",
        "internet_message_id": "<r@x>",
        "conversation_id": "c",
        "from_address": "ana@x.example",
        "from_name": "Ana",
        "subject": "Re: Hello",
        "received_at": datetime(2026, 11, 23, tzinfo=UTC),
    }
    return IncomingMail(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, Kind.HUMAN),
        ({"message_class": "REPORT.IPM.Note.NDR"}, Kind.BOUNCE),
        ({"headers": {"Content-Type": "multipart/report; boundary=x"}}, Kind.BOUNCE),
        ({"headers": {"X-Failed-Recipients": "a@x"}}, Kind.BOUNCE),
        ({"headers": {"Auto-Submitted": "auto-replied"}}, Kind.AUTO_REPLY),
        ({"headers": {"Auto-Submitted": "no"}}, Kind.HUMAN),
        ({"headers": {"X-Autoreply": "yes"}}, Kind.AUTO_REPLY),
        ({"message_class": "IPM.Note.Rules.OofTemplate.Microsoft"}, Kind.AUTO_REPLY),
        ({"subject": "Automatische Antwort: Hallo"}, Kind.AUTO_REPLY),
        # A request to others, seen on ordinary replies: no proof of anything (MS-OXCMAIL).
        ({"headers": {"X-Auto-Response-Suppress": "All"}}, Kind.HUMAN),
    ],
)
def test_kinds(changes: dict[str, object], kind: Kind) -> None:
    assert kind_of(mail(**changes)) is kind


def test_a_bounce_that_says_auto_replied_is_a_bounce() -> None:
    assert kind_of(
        mail(message_class="REPORT.IPM.Note.NDR", headers={"Auto-Submitted": "auto-replied"})
    ) is Kind.BOUNCE  # fmt: skip


def test_a_report_names_our_email_the_address_and_the_code() -> None:
    report = read_report(REPORT)
    assert report.original_message_id == "<0123456789abcdef0123456789abcdef.1@contoso.example>"
    assert report.recipients == ("eve@nowhere.example",)
    assert report.status == "5.1.10"
    assert is_permanent(report)
    assert not is_permanent(read_report(REPORT.replace(b"5.1.10", b"4.4.7")))


@given(st.binary(max_size=400))
def test_no_report_raises(data: bytes) -> None:
    read_report(data)
    read_report(REPORT[: len(data)] + data)


def test_our_ids_name_enrolment_and_email() -> None:
    identity = "0123456789abcdef0123456789abcdef"
    assert our_enrolment(f"<{identity}.2@contoso.example>") == (identity, 2)
    assert our_enrolment("<somebody@else.example>") is None


def test_ids_in_references() -> None:
    assert message_ids("<a@x>\r\n <b@y> junk <c d>") == ("<a@x>", "<b@y>")
