"""Reports on delivery: whether it failed, for whom, of which mail, and whose fault it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.inbound import message_ids, our_enrolment
from bot.domain.inbound.kinds import Kind, MailReading, sender_is_blocked
from bot.domain.inbound.reader import read_mime
from tests.unit.inbound.letters import OURS, letter, report

EVE = "eve@nowhere.example"
FAILED = {"Final-Recipient": f"rfc822; {EVE}", "Action": "failed", "Status": "5.1.10"}
BOUNCES = (Kind.BOUNCE_HARD, Kind.BOUNCE_SOFT, Kind.SENDER_BLOCK)


def diagnosed(status: str, words: str) -> bytes:
    return report(FAILED | {"Status": status, "Diagnostic-Code": f"smtp; 550 {words}"})


def test_a_report_names_our_email_the_address_and_the_code() -> None:
    reading = read_mime(report(FAILED | {"Final-Recipient": "rfc822;Eve@Nowhere.example"}))
    assert reading.original_message_id == OURS
    assert reading.recipients == (EVE,)
    assert (reading.status, reading.kind) == ("5.1.10", Kind.BOUNCE_HARD)
    assert reading.reported_by == "mailer-daemon@mx.example"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Action": "delayed", "Status": "4.4.7"}, Kind.DELAY),
        ({"Action": "delayed", "Status": "5.7.1"}, Kind.DELAY),
        ({"Action": "Delayed", "Status": "5.1.1"}, Kind.DELAY),
        ({"Action": "delivered", "Status": "2.0.0"}, Kind.UNRELATED),
        ({"Action": "Relayed (to a foreign system)", "Status": "2.1.9"}, Kind.UNRELATED),
        ({"Action": "expanded"}, Kind.UNRELATED),
        ({"Action": "failed", "Status": "2.0.0"}, Kind.UNRELATED),
        ({"Action": "failed", "Status": "4.2.2"}, Kind.BOUNCE_SOFT),
        ({"Action": "failed"}, Kind.BOUNCE_HARD),
        ({"Status": "5.1.1 (unknown)"}, Kind.BOUNCE_HARD),
    ],
)
def test_only_a_delivery_that_failed_is_a_bounce(fields: dict[str, str], kind: Kind) -> None:
    mime = report({"Final-Recipient": f"rfc822; {EVE}"} | fields)
    for message_class in ("", "REPORT.IPM.Note.NDR"):
        assert read_mime(mime, message_class=message_class).kind is kind


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "user unknown", Kind.BOUNCE_HARD),
        ("5.1.2", "host unknown", Kind.BOUNCE_HARD),
        ("5.1.3", "bad syntax", Kind.BOUNCE_HARD),
        ("5.1.10", "RESOLVER.ADR.RecipientNotFound", Kind.BOUNCE_HARD),
        ("5.4.310", "DNS domain does not exist", Kind.BOUNCE_HARD),
        ("5.0.0", "no such user here", Kind.BOUNCE_HARD),
        ("5.5.0", "Requested action not taken: mailbox unavailable", Kind.BOUNCE_HARD),
        ("5.1.1", "mailbox full", Kind.BOUNCE_SOFT),
        ("5.1.1", "max message size exceeded", Kind.BOUNCE_SOFT),
        ("5.1.1", "refused due to recipient preferences", Kind.BOUNCE_SOFT),
        ("5.2.2", "mailbox full", Kind.BOUNCE_SOFT),
        ("5.2.0", "Unknown user eve", Kind.BOUNCE_SOFT),
        ("5.4.316", "Message expired, connection refused", Kind.BOUNCE_SOFT),
        ("4.4.7", "message expired", Kind.BOUNCE_SOFT),
        ("5.3.4", "message too big", Kind.BOUNCE_SOFT),
        ("5.0.0", "listed at a blocklist", Kind.BOUNCE_SOFT),
        ("5.7.1", "user unknown", Kind.SENDER_BLOCK),
        ("5.7.26", "unauthenticated mail", Kind.SENDER_BLOCK),
        ("5.7.509", "does not pass DMARC", Kind.SENDER_BLOCK),
        ("5.1.8", "bad outbound sender", Kind.SENDER_BLOCK),
        ("5.1.90", "daily limit", Kind.SENDER_BLOCK),
        ("5.2.2", "Submission quota exceeded", Kind.SENDER_BLOCK),
    ],
)
def test_whose_fault_it_is(status: str, words: str, kind: Kind) -> None:
    reading = read_mime(diagnosed(status, words))
    assert (reading.kind, reading.status) == (kind, status), reading.why


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        # The other side's own code says more than the relay's.
        ({"Status": "5.0.0", "Diagnostic-Code": "smtp; 550 5.1.1 unknown"}, "5.1.1"),
        ({"Status": "4.4.7", "Diagnostic-Code": "smtp; 450 4.7.1 later"}, "4.7.1"),
        ({"Status": "5.0.0", "Diagnostic-Code": "smtp; 553 no (#5.7.1)"}, "5.7.1"),
        ({"Status": "5.7.1", "Diagnostic-Code": "smtp; 553 Invalid recipient"}, "5.7.1"),
        ({"Status": "4.4.7", "Diagnostic-Code": "smtp; 554 4.4.7 old <421 4.4.2 lost>"}, "4.4.2"),
        ({"Status": "5.5.0", "Diagnostic-Code": "smtp; 554 at 192.0.2.5, 5.10.20.30"}, "5.5.0"),
        ({"Diagnostic-Code": "smtp; 550-5.1.1 The email account 550 5.1.1 that"}, "5.1.1"),
    ],
)
def test_the_code_that_says_most(fields: dict[str, str], status: str) -> None:
    told = {"Final-Recipient": f"rfc822; {EVE}", "Action": "failed"}
    assert read_mime(report(told | fields)).status == status


def test_one_recipient_in_many_that_failed_is_the_one_told_of() -> None:
    one = b"Final-Recipient: rfc822;ana@x.example\nAction: delivered\nStatus: 2.0.0\n\n"
    reading = read_mime(report(FAILED).replace(b"Final-Recipient", one + b"Final-Recipient"))
    assert (reading.recipients, reading.status) == ((EVE,), "5.1.10")


def test_a_report_inside_a_returned_mail_says_nothing_about_this_one() -> None:
    inner = report(FAILED).replace(b'"b"', b'"c"').replace(b"--b", b"--c")
    outer = report({"Final-Recipient": f"rfc822; {EVE}", "Action": "delayed", "Status": "4.4.7"})
    nested = outer.replace(b"text/rfc822-headers\n\n", b"message/rfc822\n\n" + inner)
    assert read_mime(nested).kind is Kind.DELAY


def test_a_bounce_that_says_auto_replied_is_a_bounce() -> None:
    said = b"Auto-Submitted: auto-replied\nReturn-Path: <>\n" + report(FAILED)
    assert read_mime(said).kind is Kind.BOUNCE_HARD


def test_what_came_through_a_mailing_list_has_to_be_whole() -> None:
    part = report({"Final-Recipient": f"rfc822; {EVE}", "Action": "failed"})
    assert read_mime(b"List-Id: <talk.example>\n" + part).kind not in BOUNCES


@pytest.mark.parametrize(
    ("message_class", "kind"),
    [
        ("REPORT.IPM.Note.NDR", Kind.BOUNCE_HARD),
        ("Report.IPM.Note.DR", Kind.UNRELATED),
        ("REPORT.IPM.Note.Delayed.DR", Kind.DELAY),
        ("REPORT.IPM.Note.IPNRN", Kind.READ_RECEIPT),
        ("REPORT.IPM.Note.IPNNRN", Kind.READ_RECEIPT),
    ],
)
def test_exchanges_class_where_the_report_lost_its_fields(message_class: str, kind: Kind) -> None:
    text = (
        f"Delivery has failed to these recipients or groups:\n\n{EVE}<mailto:{EVE}>\n"
        "The email address you entered couldn't be found.\n\n"
        "Diagnostic information for administrators:\n\nGenerating server: AM0.example\n\n"
        f"{EVE}\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n\n"
        f"Original message headers:\n\nMessage-ID: {OURS}\n"
    )
    sender = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.example>"
    mime = letter(text, subject="Undeliverable: A question", sender=sender)
    reading = read_mime(mime, message_class=message_class)
    assert (reading.kind, reading.original_message_id) == (kind, OURS)
    if kind is Kind.BOUNCE_HARD:
        assert (reading.status, reading.recipients) == ("5.1.10", [EVE])
        # Without its class the notice still says it in words.
        assert read_mime(mime).kind is kind


@pytest.mark.parametrize(
    ("status", "words", "blocked"),
    [
        *((code, "blocked", True) for code in ("5.1.8", "5.1.90", "5.7.232", "5.7.233")),
        *((code, "blocked", True) for code in ("5.7.501", "5.7.502", "5.7.503", "5.7.705")),
        ("5.7.708", "blocked", True),
        ("5.2.2", "Submission quota exceeded", True),
        ("5.2.2", "mailbox full", False),
        ("5.7.1", "blocked", False),
        ("5.7.509", "blocked", False),
        ("5.1.1", "user unknown", False),
    ],
)
def test_the_blocks_of_the_mailbox_itself(status: str, words: str, blocked: bool) -> None:
    assert sender_is_blocked(read_mime(diagnosed(status, words))) is blocked


def test_a_reply_blocks_nobody() -> None:
    assert not sender_is_blocked(MailReading(kind=Kind.HUMAN_REPLY, why="", status="5.1.8"))


def test_our_ids_name_enrolment_and_email() -> None:
    identity = "0123456789abcdef0123456789abcdef"
    assert our_enrolment(f"<{identity}.2@contoso.example>") == (identity, 2)
    assert our_enrolment("<somebody@else.example>") is None


def test_ids_in_references() -> None:
    assert message_ids("<a@x>\r\n <b@y> junk <c d>") == ("<a@x>", "<b@y>")


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
    reading = read_mime(mime)
    assert (reading.status, tuple(reading.recipients)) == ("", ())


def test_many_boundaries_over_many_lines_take_no_time() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (depth, depth)
        for depth in range(600)
    )
    begun = time.thread_time()
    read_mime(nested + b"x\n" * 10_000)
    assert time.thread_time() - begun < 0.3


@given(st.binary(max_size=400))
def test_no_report_raises(data: bytes) -> None:
    read_mime(data)
    read_mime(report(FAILED)[: len(data)] + data)
