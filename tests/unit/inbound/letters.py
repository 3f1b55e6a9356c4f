"""Messages of invented people, made for reading."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

ANA = "Ana Example <ana@customer.example>"
OURS = "<0123456789abcdef0123456789abcdef.1@contoso.example>"
FOOTER = """\
Unsubscribe
You get this email because Contoso asks people it works with for feedback.
Contoso, 1 Example Street, Exampletown
Privacy: https://contoso.example/privacy
No more emails from Contoso: https://mailroom.example/optout/abc"""


def letter(
    text: str,
    *,
    subject: str = "Re: A question",
    sender: str = ANA,
    at: datetime | None = None,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    **named: str,
) -> bytes:
    """Return a message that answers our email; `headers` and `named` have
    underscores for hyphens."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "Owner <owner@contoso.example>"
    message["Subject"] = subject
    message["Message-ID"] = "<one@customer.example>"
    message["In-Reply-To"] = OURS
    if at is not None:
        message["Date"] = format_datetime(at)
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, value in {**named, **(headers or {})}.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    return message.as_bytes()


def report(fields: Mapping[str, str], *, said: str = "", kind: str = "delivery-status") -> bytes:
    """Return a report on delivery (RFC 3464) about our email to Eve."""
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return (
        "From: Mail Delivery System <mailer-daemon@mx.example>\n"
        "To: owner@contoso.example\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n'
        f"\n--b\nContent-Type: text/plain\n\n{said}\n"
        f"--b\nContent-Type: message/{kind}\n\nReporting-MTA: dns; mx.example\n\n{lines}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {OURS}\n"
        "To: eve@nowhere.example\nSubject: A question\n\n--b--\n"
    ).encode()
