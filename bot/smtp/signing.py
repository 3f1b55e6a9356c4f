"""DKIM (RFC 6376): an email signed with an organisation's own key, and how such keys are made."""

import asyncio
import base64
import email

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.domain.sender import Signing
from bot.ports import DkimKey

_BITS = 2048
# From twice: a second one put in later breaks the signature (RFC 6376, 8.15). List-Unsubscribe and
# -Post must be covered (RFC 8058, 4).
_SIGNED = (
    "From", "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    "List-Unsubscribe", "List-Unsubscribe-Post",
)  # fmt: skip


def signed(mime: bytes, signing: Signing) -> bytes:
    """Return the email with its signature in front: rsa-sha256, relaxed/relaxed.

    Raises:
        ValueError: the key is none.
    """
    there = {name.lower() for name in email.message_from_bytes(mime)}
    names = [each.encode() for each in _SIGNED if each.lower() in there]
    try:
        signature: bytes = dkim.sign(
            mime,
            signing.selector.encode(),
            signing.domain.encode(),
            signing.private_key,
            canonicalize=(b"relaxed", b"relaxed"),
            signature_algorithm=b"rsa-sha256",
            include_headers=names,
        )
    except dkim.DKIMException as error:
        raise ValueError(f"this key cannot sign: {error}") from error
    return signature + mime


class RsaKeys:
    """ports.KeyMaker."""

    async def make(self) -> DkimKey:
        """Return a new key pair; made beside the loop, it takes a while."""
        return await asyncio.to_thread(_make)


def _make() -> DkimKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return DkimKey(
        private_key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ),
        public_key=base64.b64encode(public).decode(),
    )
