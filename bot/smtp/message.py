"""An email as MIME (RFC 5322), built by the standard library; headers no text can break out of.

Control characters never reach a header: what people typed is put on one line first, addresses, ids
and links are refused unless they are plainly what they claim to be.
"""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

from bot.domain.inbound import message_ids
from bot.domain.participant import is_address
from bot.domain.sender import RelayMail, is_link

# Line ends, other controls, and marks that turn the reading direction.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_AS_IS = ("message-id", "in-reply-to", "references", "list-unsubscribe")
_ENCODING = "quoted-printable"


class _Policy(EmailPolicy):
    """SMTP's rules, and headers of ids or links folded at their spaces only: the library would fold
    a long one by turning it into encoded words, which no reader of these headers decodes.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() not in _AS_IS:
            return bytes(super().fold_binary(name, value))
        parts = value.replace(" ", f"{self.linesep} ")
        return f"{name}: {parts}{self.linesep}".encode("ascii")


_POLICY = _Policy(linesep="\r\n")


def to_mime(relayed: RelayMail, at: datetime) -> bytes:
    """Return the email as it goes over the wire, unsigned, in ASCII.

    Raises:
        ValueError: an address, an id or the link is none.
    """
    mail, sender = relayed.mail, relayed.sender
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(sender.name, sender.address)
    message["To"] = _address(mail.to_name, mail.to_address)
    if sender.reply_to:
        message["Reply-To"] = _address("", sender.reply_to)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = at
    message["Message-ID"] = _id(mail.message_id)
    if mail.references:
        message["In-Reply-To"] = _id(mail.references[-1])
        message["References"] = " ".join(map(_id, mail.references))
    if mail.unsubscribe:
        # RFC 8058: one HTTPS link, and the word that it takes a POST.
        message["List-Unsubscribe"] = f"<{_link(mail.unsubscribe)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _write(message, _sendable(mail.text), _sendable(mail.html))
    return message.as_bytes()


def _write(message: EmailMessage, text: str, html: str) -> None:
    if not html:
        message.set_content(text, cte=_ENCODING)
        return
    if not text:
        message.set_content(html, subtype="html", cte=_ENCODING)
        return
    message.set_content(text, cte=_ENCODING)
    message.add_alternative(html, subtype="html", cte=_ENCODING)


def _address(name: str, address: str) -> Address:
    if not is_address(address):
        raise ValueError(f"{address!r} is no address")
    return Address(display_name=_one_line(name), addr_spec=address)


def _id(text: str) -> str:
    if message_ids(text) != (text,) or not text.isascii() or not text.isprintable():
        raise ValueError(f"{text!r} is no message id")
    return text


def _link(text: str) -> str:
    if not is_link(text):
        raise ValueError(f"{text!r} is no link")
    return text


def _one_line(text: str) -> str:
    return " ".join(_UNSEEN.sub(" ", text).split())


def _sendable(text: str) -> str:
    """Return a text without halves of characters, which cannot be written in any encoding."""
    return text.encode(errors="replace").decode()
