"""What `POST /me/sendMail` accepts in MIME form (graph/api/user-sendmail, graph/outlook-send-mime-
message): the body is a whole RFC 5322 message in base64, sent as text/plain.

It is always kept in Sent Items. Plain text and HTML are taken, other parts are refused. Exchange
leaves such a message more or less as it is; here it is written anew, as from JSON.
"""

import base64
import binascii
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses

from bot.sandbox.graph import properties as props
from bot.sandbox.graph.errors import bad_request
from bot.sandbox.graph.submission import Submission, check_recipients
from bot.sandbox.letters import Address

_SERVED = ("text/plain", "text/html", "multipart/alternative", "multipart/mixed")


def parse(body: bytes) -> Submission:
    """Return the submission in a sendMail body.

    Raises:
        GraphError: it is no base64, has a part that is not served here, or nobody to go to.
    """
    letter = _letter(body)
    html = letter.get_body(("html",))
    text = html or letter.get_body(("plain",))
    sender = _addresses(letter, "From")
    submission = Submission(
        subject=str(letter.get("Subject", "")),
        content_type="html" if html else "text",
        content=text.get_content() if text else "",
        importance="normal",
        sender=sender[0].address if sender else None,
        to=_addresses(letter, "To"),
        cc=_addresses(letter, "Cc"),
        bcc=_addresses(letter, "Bcc"),
        reply_to=_addresses(letter, "Reply-To"),
        internet_message_id=str(letter["Message-ID"]) if "Message-ID" in letter else None,
        headers=[
            (name, str(value)) for name, value in letter.items() if name.lower().startswith("x-")
        ],
        properties={id: str(letter[name]) for name, id in props.OF_HEADERS if name in letter},
        save_to_sent_items=True,
    )
    check_recipients(submission)
    return submission


def _letter(body: bytes) -> EmailMessage:
    try:
        raw = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as error:
        raise bad_request(
            "Invalid base64 string for MIME content.", "ErrorMimeContentInvalidBase64String"
        ) from error
    letter = BytesParser(policy=policy.default).parsebytes(raw)
    for part in letter.walk():
        if part.get_content_type() not in _SERVED or part.get_filename():
            raise bad_request(f"A part of type '{part.get_content_type()}' is not served here.")
    return letter


def _addresses(letter: EmailMessage, name: str) -> list[Address]:
    found = getaddresses([str(each) for each in letter.get_all(name, [])])
    return [Address(shown, address) for shown, address in found]
