"""Opting out: the link in every email that ends all of them, readable by us alone (G10).

The link's token names enrolment, email and home like a return path does (`verp`), and is signed: it
can be had from the email only, opens nothing but its reader's own opt-out, and never runs out.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment, StopReason, rest, with_delivery
from bot.domain.verp import Returned, home_digest

_ENROLMENT, _HOME, _SIGNATURE = 16, 6, 16
_BODY = _ENROLMENT + 1 + _HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutLinks:
    """Makes and reads the links. `secrets` are newest first: the first signs, all are believed."""

    public_url: str
    secrets: Sequence[str] = field(repr=False)

    def link(self, home: str, enrolment_id: str, number: int) -> str:
        """Return the link for the reader of one email."""
        body = bytes.fromhex(enrolment_id) + bytes([number]) + home_digest(home)
        token = base64.urlsafe_b64encode(body + _signature(self.secrets[0], body)).decode()
        return f"{self.public_url}/optout/{token}"

    def read(self, token: str) -> Returned | None:
        """Return which email a link came from; None where none of the secrets has signed it. The
        same is done for every token, whatever is wrong with it: how long it takes tells nothing.
        """
        told = _decoded(token)
        body, signature = told[:_BODY], told[_BODY:]
        signed = [hmac.compare_digest(signature, _signature(each, body)) for each in self.secrets]
        if not any(signed):
            return None
        return Returned(
            enrolment_id=body[:_ENROLMENT].hex(),
            number=body[_ENROLMENT],
            home=body[_ENROLMENT + 1 :],
        )


def opted_out(enrolment: Enrolment, number: int, now: datetime) -> Enrolment:
    """Return the enrolment of somebody who wants no more emails: nothing is sent any more, and
    email `number`, where the link was, says so (0: the link was in none of these).
    """
    told = enrolment
    for each in enrolment.deliveries:
        if each.number == number and each.status is not DeliveryStatus.OPTED_OUT:
            # It may overtake the settling of the email: then this is how we know it left.
            left = replace(each, sent_at=each.sent_at or now, cancelled=False, doubt_since=None)
            out = replace(left, status=DeliveryStatus.OPTED_OUT, reason="", answered_at=now)
            told = with_delivery(told, out)
    return rest(told, StopReason.OPTED_OUT)


def _decoded(token: str) -> bytes:
    """Return a token's bytes; zeros, which nothing signs, for what cannot be one."""
    try:
        told = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        told = b""
    return told if len(told) == _BODY + _SIGNATURE else bytes(_BODY + _SIGNATURE)


def _signature(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"opt-out:" + body, "sha256")[:_SIGNATURE]
