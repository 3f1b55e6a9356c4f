"""Return paths: an address of our own for each email's bounces (VERP), readable by us alone.

A bounce comes to the address the email was sent under, whatever it says inside (RFC 5321, 4.5.5).
The local part holds 64 octets at most and may lose its case on the way (RFC 5321, 4.5.3.1.1): hence
base32 of the enrolment's id, the email's number, a digest of the enrolment's home, and a signature.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

_PREFIX = "b-"
_ENROLMENT, _HOME, _SIGNATURE = 16, 6, 10
_LENGTH = _ENROLMENT + 1 + _HOME + _SIGNATURE
_TOKEN = re.compile(rf"{_PREFIX}([a-z2-7]{{{-(-_LENGTH * 8 // 5)}}})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Which email a return path names; `home` is the digest of where its enrolment is kept."""

    enrolment_id: str
    number: int
    home: bytes


def return_path(secret: str, home: str, enrolment_id: str, number: int, domain: str) -> str:
    """Return the address under which bounces of one email come back.

    Raises:
        ValueError: the enrolment's id is none of ours.
    """
    body = bytes.fromhex(enrolment_id) + bytes([number]) + home_digest(home)
    if len(body) != _LENGTH - _SIGNATURE:
        raise ValueError(f"{enrolment_id!r} is no enrolment's id")
    token = base64.b32encode(body + _signature(secret, body)).decode().rstrip("=").lower()
    return f"{_PREFIX}{token}@{domain}"


def read_return_path(secrets: Sequence[str], address: str) -> Returned | None:
    """Return what a return path names; None where none of the secrets has signed it."""
    found = _TOKEN.match(address.strip().strip("<>"))
    if found is None:
        return None
    padded = found.group(1).upper() + "=" * (-len(found.group(1)) % 8)
    try:
        told = base64.b32decode(padded)
    except binascii.Error:
        return None
    body, signature = told[:-_SIGNATURE], told[-_SIGNATURE:]
    if not any(hmac.compare_digest(signature, _signature(each, body)) for each in secrets):
        return None
    return Returned(
        enrolment_id=body[:_ENROLMENT].hex(),
        number=body[_ENROLMENT],
        home=body[_ENROLMENT + 1 :],
    )


def home_digest(home: str) -> bytes:
    """Return the few bytes by which a home is told from the others."""
    return hashlib.sha256(home.encode()).digest()[:_HOME]


def _signature(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"return-path:" + body, "sha256")[:_SIGNATURE]
