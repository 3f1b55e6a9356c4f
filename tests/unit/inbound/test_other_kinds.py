"""Complaints, receipts, answers to meeting requests, challenges, and mail that is none of ours."""

from datetime import UTC, datetime

import pytest

from bot.domain.inbound import IncomingMail
from bot.domain.inbound.kinds import Kind
from bot.domain.inbound.reader import may_be_report, read_fields, read_mime
from tests.unit.inbound.letters import OURS, letter, report

RETURNED = f"Message-ID: {OURS}\nTo: eve@nowhere.example\nSubject: A question\n"


def feedback(named: str) -> bytes:
    return report({"Feedback-Type": named, "Version": "1"}, kind="feedback-report")


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("abuse", Kind.COMPLAINT),
        ("fraud", Kind.COMPLAINT),
        ("other", Kind.COMPLAINT),
        ("opt-out", Kind.OPT_OUT),
        ("not-spam", Kind.UNRELATED),
        ("auth-failure", Kind.UNRELATED),
    ],
)
def test_feedback_reports(named: str, kind: Kind) -> None:
    reading = read_mime(feedback(named))
    assert (reading.kind, reading.original_message_id) == (kind, OURS)


def test_outlook_com_passes_complaints_on_in_a_form_of_its_own() -> None:
    mime = (
        "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n'
        f"X-HmXmrOriginalRecipient: eve@nowhere.example\n{RETURNED}\nHello\n--b--\n"
    ).encode()
    assert read_mime(mime).kind is Kind.COMPLAINT


def test_a_read_receipt_names_the_mail_that_was_read() -> None:
    fields = {
        "Final-Recipient": "rfc822; eve@nowhere.example",
        "Original-Message-ID": OURS,
        "Disposition": "manual-action/MDN-sent-manually; displayed",
    }
    reading = read_mime(report(fields, kind="disposition-notification"))
    assert (reading.kind, reading.original_message_id) == (Kind.READ_RECEIPT, OURS)


def test_a_deleted_receipt_is_no_opt_out_and_no_bounce() -> None:
    fields = {"Disposition": "automatic-action/MDN-sent-automatically; deleted"}
    assert read_mime(report(fields, kind="disposition-notification")).kind is Kind.READ_RECEIPT


CALENDAR = (
    f"From: ana@customer.example\nSubject: {{}}: A question\nIn-Reply-To: {OURS}\n"
    'Content-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain\n\n\n'
    "--b\nContent-Type: text/calendar; charset=utf-8; method={}\n\nBEGIN:VCALENDAR\n--b--\n"
)


@pytest.mark.parametrize(
    ("subject", "method", "kind"),
    [
        ("Accepted", "REPLY", Kind.CALENDAR_RESPONSE),
        ("Declined", "reply", Kind.CALENDAR_RESPONSE),
        ("New time proposed", "COUNTER", Kind.CALENDAR_RESPONSE),
        # A meeting request is a person's wish to talk.
        ("Invitation", "REQUEST", Kind.HUMAN_REPLY),
    ],
)
def test_answers_to_meeting_requests(subject: str, method: str, kind: Kind) -> None:
    assert read_mime(CALENDAR.format(subject, method).encode()).kind is kind


@pytest.mark.parametrize("answer", ["Pos", "Neg", "Tent"])
def test_answers_to_meeting_requests_by_class(answer: str) -> None:
    message_class = f"IPM.Schedule.Meeting.Resp.{answer}"
    assert read_mime(letter("."), message_class=message_class).kind is Kind.CALENDAR_RESPONSE


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("noreply@boxbe.com", "Your message has been waitlisted."),
        ("ana@customer.example", "I'm protecting myself from receiving junk mail."),
        (
            "ana@customer.example",
            "Please click the link below to complete the verification process.",
        ),
    ],
)
def test_challenges(sender: str, text: str) -> None:
    assert read_mime(letter(text, sender=sender)).kind is Kind.CHALLENGE


def test_mail_of_nobody_we_wrote_to_is_unrelated_unless_it_answers_ours() -> None:
    def nobody(_: str) -> bool:
        return False

    fresh = letter("Unsubscribe", In_Reply_To="")
    assert read_mime(fresh, wrote_to=nobody).kind is Kind.UNRELATED
    assert read_mime(fresh).kind is Kind.OPT_OUT
    assert read_mime(letter("Gladly."), wrote_to=nobody).kind is Kind.HUMAN_REPLY


def mail(**changes: object) -> IncomingMail:
    values: dict[str, object] = {
        "id": "1",
        "internet_message_id": "<r@x>",
        "conversation_id": "c",
        "from_address": "ana@customer.example",
        "from_name": "Ana",
        "subject": "Re: Hello",
        "received_at": datetime(2026, 11, 23, tzinfo=UTC),
        "in_reply_to": (OURS,),
    }
    return IncomingMail(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "text", "kind"),
    [
        ({}, "Gladly.", Kind.HUMAN_REPLY),
        ({}, "Please unsubscribe me.", Kind.OPT_OUT),
        ({"headers": {"Auto-Submitted": "auto-replied"}}, "Away.", Kind.AUTO_REPLY),
        ({"subject": "Automatic reply: Hello"}, "Away.", Kind.AUTO_REPLY),
        ({"message_class": "IPM.Note.Rules.OofTemplate.Microsoft"}, "Away.", Kind.AUTO_REPLY),
        ({"message_class": "REPORT.IPM.Note.IPNRN"}, "", Kind.READ_RECEIPT),
        ({"message_class": "IPM.Schedule.Meeting.Resp.Pos"}, "", Kind.CALENDAR_RESPONSE),
        ({"message_class": "REPORT.IPM.Note.NDR"}, "550 5.1.10 not found", Kind.BOUNCE_HARD),
        ({"from_address": "postmaster@x.example", "subject": "Undeliverable: Hello"},
         "Delivery has failed to eve@x.example: 550 5.7.1 blocked", Kind.SENDER_BLOCK),
    ],
)  # fmt: skip
def test_graphs_fields_alone(changes: dict[str, object], text: str, kind: Kind) -> None:
    reading = read_fields(mail(**changes), text)
    assert (reading.kind, reading.original_message_id) == (kind, OURS)


def test_graphs_html_body() -> None:
    html = "<p>Please unsubscribe me.</p><blockquote>Hello</blockquote>"
    assert read_fields(mail(), html, html=True).kind is Kind.OPT_OUT


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, False),
        ({"headers": {"Content-Type": "multipart/report; report-type=x"}}, True),
        ({"headers": {"Return-Path": "<>"}}, True),
        ({"headers": {"X-Failed-Recipients": "a@x.example"}}, True),
        ({"message_class": "REPORT.IPM.Note.NDR"}, True),
        ({"from_address": "mailer-daemon@x.example"}, True),
        ({"from_address": "staff@hotmail.com"}, True),
    ],
)
def test_whose_text_is_asked_for_though_it_names_no_mail_of_ours(
    changes: dict[str, object], may: bool
) -> None:
    assert may_be_report(mail(**changes)) is may
