"""Telling a bounce from an automatic reply from a person, and whose mail it is about."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.inbound import IncomingMail, Kind, kind_of, message_ids, our_enrolment
from bot.domain.reports import failed_recipients, is_bounce, is_permanent, read_report

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


def reported(kind: str) -> dict[str, object]:
    return {"headers": {"Content-Type": f"multipart/report; report-type={kind}; boundary=x"}}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, Kind.HUMAN),
        ({"message_class": "REPORT.IPM.Note.NDR"}, Kind.BOUNCE),
        ({"headers": {"Content-Type": "multipart/report; boundary=x"}}, Kind.BOUNCE),
        ({"headers": {"X-Failed-Recipients": "a@x"}}, Kind.BOUNCE),
        (reported("delivery-status"), Kind.BOUNCE),
        (reported('"Delivery-Status"'), Kind.BOUNCE),
        (reported("disposition-notification"), Kind.AUTO_REPLY),
        (reported("feedback-report"), Kind.AUTO_REPLY),
        (reported("tlsrpt"), Kind.AUTO_REPLY),
        # Receipts and delay notices, as Exchange classes them, whatever their headers.
        ({"message_class": "REPORT.IPM.Note.IPNRN"}, Kind.AUTO_REPLY),
        ({"message_class": "REPORT.IPM.Note.IPNNRN"}, Kind.AUTO_REPLY),
        ({"message_class": "Report.IPM.Note.DR", **reported("delivery-status")}, Kind.AUTO_REPLY),
        ({"message_class": "REPORT.IPM.Note.Delayed.DR"}, Kind.AUTO_REPLY),
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


PLAIN = mail()
NDR = mail(message_class="REPORT.IPM.Note.NDR")
EXIM = mail(headers={"X-Failed-Recipients": "Eve@Nowhere.example, <bo@nowhere.example>"})


def fields(*lines: bytes) -> bytes:
    return REPORT.replace(b"Action: failed\nStatus: 5.1.10", b"\n".join(lines))


@pytest.mark.parametrize(
    ("mime", "failed"),
    [
        (REPORT, True),
        (fields(b"Action: delayed", b"Status: 4.4.7"), False),
        (fields(b"Action: delivered", b"Status: 2.0.0"), False),
        (fields(b"Action: Relayed (to a foreign system)", b"Status: 2.1.9"), False),
        (fields(b"Action: expanded"), False),
        (fields(b"Action: failed", b"Status: 2.0.0"), False),
        (fields(b"Action: failed", b"Status: 4.2.2"), True),
        (fields(b"Action: failed"), True),
        (fields(b"Status: 5.1.1 (unknown)"), True),
        (fields(b"X-Nothing: said"), False),
    ],
)
def test_only_a_delivery_that_failed_is_a_bounce(mime: bytes, failed: bool) -> None:
    for carrier in (PLAIN, NDR, EXIM):
        assert is_bounce(carrier, read_report(mime)) is failed


@pytest.mark.parametrize(("carrier", "bounced"), [(PLAIN, False), (NDR, True), (EXIM, True)])
def test_without_a_delivery_status_others_have_to_say_so(
    carrier: IncomingMail, bounced: bool
) -> None:
    bare = REPORT.replace(b"message/delivery-status", b"text/plain")
    assert is_bounce(carrier, read_report(bare)) is bounced


def test_one_recipient_in_many_that_failed_is_the_one_told_of() -> None:
    one = b"Final-Recipient: rfc822;ana@x.example\nAction: delivered\nStatus: 2.0.0\n\n"
    report = read_report(REPORT.replace(b"Final-Recipient", one + b"Final-Recipient"))
    assert report.recipients == ("eve@nowhere.example",)
    assert report.status == "5.1.10"
    assert is_bounce(PLAIN, report)


def test_whom_a_bounce_is_about() -> None:
    nothing = read_report(b"")
    assert failed_recipients(PLAIN, read_report(REPORT)) == ("eve@nowhere.example",)
    assert failed_recipients(PLAIN, nothing) == ()
    assert failed_recipients(EXIM, nothing) == ("eve@nowhere.example", "bo@nowhere.example")


def test_a_report_inside_a_returned_mail_says_nothing_about_this_one() -> None:
    inner = REPORT.replace(b'"b"', b'"c"').replace(b"--b", b"--c")
    outer = fields(b"Action: delayed", b"Status: 4.4.7").replace(
        b"text/rfc822-headers\n\n", b"message/rfc822\n\n" + inner
    )
    assert not is_bounce(PLAIN, read_report(outer))


DEEP = 3000


@pytest.mark.parametrize(
    "mime",
    [
        b"Content-Type: message/rfc822\n\n" * DEEP,
        b"".join(
            b'Content-Type: multipart/report; boundary="%d"\n\n--%d\n' % (depth, depth)
            for depth in range(DEEP)
        ),
        b"Content-Type: message/delivery-status\n\n" * DEEP,
    ],
)
def test_mime_within_mime_without_end_is_read_as_saying_nothing(mime: bytes) -> None:
    report = read_report(mime)
    assert (report.recipients, report.status) == ((), "")
    assert is_bounce(NDR, report)


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
