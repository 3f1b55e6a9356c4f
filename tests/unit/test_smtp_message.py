"""The email as MIME: whatever is put into it, it stays one email to one person."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import OutgoingMail
from bot.domain.sender import RelayMail, Sender
from bot.smtp.message import to_mime

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LINK = "https://mailroom.example/out/" + "t" * 400
MAIL = RelayMail(
    mail=OutgoingMail(
        to_address="ana@customer.example",
        to_name="Ána Müller, Dr.",
        subject="Grüße von uns – wie war’s?",
        html="<p>Grüße</p>",
        text="Grüße",
        message_id="<0123456789abcdef0123456789abcdef.2@contoso.example>",
        key="k.2",
        references=(
            "<0123456789abcdef0123456789abcdef.1@contoso.example>",
            "<" + "A" * 120 + "@DB9PR04MB8234.eurprd04.prod.outlook.com>",
        ),
        unsubscribe=LINK,
    ),
    sender=Sender(
        address="olga@contoso.example", name="Olga Ødegård", reply_to="o@contoso.example"
    ),
    return_path="b-x@mail.example",
)
HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
]  # fmt: skip


def read(mime: bytes) -> EmailMessage:
    told = email.message_from_bytes(mime, policy=email.policy.default)
    assert isinstance(told, EmailMessage)
    return told


def test_it_says_everything_it_was_told() -> None:
    mime = to_mime(MAIL, NOW)
    assert mime.isascii()
    assert max(len(line) for line in mime.split(b"\r\n")) <= 998
    assert b"\n" not in mime.replace(b"\r\n", b"")
    told = read(mime)
    assert told.keys() == HEADERS
    assert told["Subject"] == MAIL.mail.subject
    assert told["From"].addresses[0].display_name == "Olga Ødegård"
    assert told["To"].addresses[0].display_name == "Ána Müller, Dr."
    assert told["To"].addresses[0].addr_spec == "ana@customer.example"
    assert told["Reply-To"] == "o@contoso.example"
    body = told.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Grüße"
    html = told.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>Grüße</p>"


def test_ids_and_links_are_never_encoded_however_long() -> None:
    raw = to_mime(MAIL, NOW).replace(b"\r\n ", b" ")
    assert f"\r\nReferences: {' '.join(MAIL.mail.references)}\r\n".encode() in raw
    assert f"\r\nIn-Reply-To: {MAIL.mail.references[-1]}\r\n".encode() in raw
    assert f"\r\nMessage-ID: {MAIL.mail.message_id}\r\n".encode() in raw
    assert f"\r\nList-Unsubscribe: <{LINK}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_an_email_without_html_is_plain() -> None:
    plain = replace(MAIL, mail=replace(MAIL.mail, html="", unsubscribe=""))
    told = read(to_mime(plain, NOW))
    assert told.get_content_type() == "text/plain"
    assert "List-Unsubscribe" not in told
    assert "List-Unsubscribe-Post" not in told


@given(
    subject=st.text(max_size=400),
    name=st.text(max_size=120),
    sender=st.text(max_size=120),
    text=st.text(st.characters(), min_size=1, max_size=2000),
)
def test_nothing_typed_can_add_a_header_or_a_recipient(
    subject: str, name: str, sender: str, text: str
) -> None:
    mail = replace(MAIL.mail, subject=subject, to_name=name, text=text, html=f"<p>{text}</p>")
    mime = to_mime(replace(MAIL, mail=mail, sender=replace(MAIL.sender, name=sender)), NOW)
    told = read(mime)
    assert told.keys() == HEADERS
    assert [each.addr_spec for each in told["To"].addresses] == ["ana@customer.example"]
    assert [each.addr_spec for each in told["From"].addresses] == ["olga@contoso.example"]
    assert len(list(told.walk())) == 3
    assert mime.isascii()
    assert max(len(line) for line in mime.split(b"\r\n")) <= 998


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])
def test_a_line_end_in_a_subject_or_name_is_a_space(mark: str) -> None:
    wicked = f"Hello{mark}Bcc: thief@evil.example{mark}{mark}Body"
    mail = replace(MAIL.mail, subject=wicked, to_name=wicked)
    told = read(to_mime(replace(MAIL, mail=mail), NOW))
    assert told["Subject"] == "Hello Bcc: thief@evil.example Body"
    assert "Bcc" not in told


@pytest.mark.parametrize(
    "wrong",
    [
        replace(MAIL, mail=replace(MAIL.mail, to_address="a@x.example\r\nBcc: t@evil.example")),
        replace(MAIL, mail=replace(MAIL.mail, to_address="a@x.example, t@evil.example")),
        replace(MAIL, mail=replace(MAIL.mail, message_id="<a@b>\r\nBcc: t@evil.example")),
        replace(MAIL, mail=replace(MAIL.mail, references=("<a@b> <c@d>",))),
        replace(MAIL, mail=replace(MAIL.mail, references=("<ä@b>",))),
        replace(MAIL, sender=replace(MAIL.sender, reply_to="x\r\n@contoso.example")),
        replace(
            MAIL, mail=replace(MAIL.mail, unsubscribe="https://x.example/>\r\nBcc: t@evil.example")
        ),
        replace(MAIL, mail=replace(MAIL.mail, unsubscribe="javascript:alert(1)")),
    ],
)
def test_an_address_an_id_or_a_link_that_is_none_is_refused(wrong: RelayMail) -> None:
    with pytest.raises(ValueError, match="is no"):
        to_mime(wrong, NOW)
