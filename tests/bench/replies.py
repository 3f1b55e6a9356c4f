"""The reply of somebody the bench has written to, as Graph tells of it and as it is on the wire."""

from email.message import EmailMessage

from tests.bench.letters import TEXT

_NOBODY = "0" * 32
_SAID = "Thank you, it went well. Could we talk about it on Thursday? I am free after two.\n"
_HEADERS = [
    {"name": "Received", "value": f"from mx{number}.customer.example by mx.contoso.example"}
    for number in range(6)
] + [
    {"name": f"X-MS-Exchange-Organization-{name}", "value": "0" * 60}
    for name in ("SCL", "AuthSource", "AuthAs", "Network-Message-Id", "MessageDirectionality")
]


def reply_to(enrolment_id: str) -> dict[str, object]:
    """Return what Graph tells of the reply to somebody's first email."""
    return {
        "id": f"reply-{enrolment_id}",
        "internetMessageId": f"<{enrolment_id}@customer.example>",
        "conversationId": f"conversation-of-{enrolment_id}",
        "from": {"emailAddress": {"name": "Ana Example", "address": "p@customer.example"}},
        "subject": "Re: How did your autumn project go?",
        "receivedDateTime": "2026-11-23T09:01:00Z",
        "internetMessageHeaders": _HEADERS,
        "singleValueExtendedProperties": [
            {"id": "String 0x1a", "value": "IPM.Note"},
            {"id": "String 0x1042", "value": f"<{enrolment_id}.1@contoso.example>"},
        ],
    }


def mime_of(enrolment_id: str) -> bytes:
    """Return it as RFC 5322 text: a few lines above all of ours, as text and HTML."""
    return _MIME.replace(_NOBODY.encode(), enrolment_id.encode())


def _written() -> bytes:
    message = EmailMessage()
    message["From"] = "Ana Example <p@customer.example>"
    message["To"] = "Lee Harbor <lee@contoso.example>"
    message["Subject"] = "Re: How did your autumn project go?"
    message["Date"] = "Mon, 23 Nov 2026 09:01:00 +0000"
    message["Message-ID"] = f"<{_NOBODY}@customer.example>"
    message["In-Reply-To"] = f"<{_NOBODY}.1@contoso.example>"
    quoted = f"On Mon, 23 Nov 2026 at 09:00, Lee Harbor wrote:\n> {TEXT}\n"
    message.set_content(f"{_SAID}\n{quoted}")
    html = f"<p>{_SAID}</p><div class='gmail_quote'><blockquote>{TEXT}</blockquote></div>"
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


_MIME = _written()
