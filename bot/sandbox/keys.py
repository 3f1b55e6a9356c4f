"""Keys that sign tokens, and the JWK form in which verifiers fetch them.

One file per key, kept across restarts: botbuilder caches the channel's keys for 24 h in the process
(`JwtTokenExtractor.metadataCache`), so a key that changed with every start would lock the bot out.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.tls import write_private

_ALGORITHM = "RS256"


class InvalidTokenError(ValueError):
    """The token is not one this key vouches for, or not for this audience, or not now."""


class SigningKey:
    """An RSA key with its `kid`: signs claims, checks its own tokens."""

    def __init__(self, private_key: rsa.RSAPrivateKey, kid: str | None = None) -> None:
        self._private = private_key
        self._public = private_key.public_key()
        self.kid = kid or _thumbprint(self._public)

    @classmethod
    def generate(cls, kid: str | None = None) -> "SigningKey":
        """Return a new key that lives in memory only."""
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048), kid)

    @classmethod
    def load_or_create(cls, path: Path) -> "SigningKey":
        """Return the key kept in `path`; make it (mode 0600) where the file is missing.

        Raises:
            ValueError: the file holds something else than an RSA key.
        """
        if not path.exists():
            key = cls.generate()
            path.parent.mkdir(parents=True, exist_ok=True)
            write_private(path, key.pem())
            return key
        return cls.from_pem(path.read_bytes())

    @classmethod
    def from_pem(cls, pem: bytes, kid: str | None = None) -> "SigningKey":
        """Return the key of an unencrypted PKCS 8 file.

        Raises:
            ValueError: it holds something else than an RSA key.
        """
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise ValueError("this is not an RSA key")
        return cls(private, kid)

    def alias(self, kid: str) -> "SigningKey":
        """Return the same key under another `kid`, to be published beside the first."""
        return SigningKey(self._private, kid)

    def __reduce__(self) -> tuple[Any, ...]:
        return SigningKey.from_pem, (self.pem(), self.kid)

    def sign(self, claims: Mapping[str, Any], headers: Mapping[str, Any] | None = None) -> str:
        """Return `claims` as a signed JWT; `headers` come over `kid`, `x5t` and the like."""
        header = {"kid": self.kid, "x5t": self.kid, **(headers or {})}
        return jwt.encode(dict(claims), self._private, algorithm=_ALGORITHM, headers=header)

    def verify(self, token: str, *, audience: str | Sequence[str]) -> dict[str, Any]:
        """Return the claims of `token`.

        Raises:
            InvalidTokenError: forged, malformed, expired, not valid yet, or for another audience.
        """
        try:
            if jwt.get_unverified_header(token).get("kid") != self.kid:
                raise InvalidTokenError("signed with a key that is not published")
            return jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
                audience=[audience] if isinstance(audience, str) else list(audience),
                options={"require": ["exp", "aud", "iss"]},
            )
        except jwt.PyJWTError as error:
            raise InvalidTokenError(str(error)) from error

    def jwk(self, endorsements: Sequence[str] | None = None) -> dict[str, Any]:
        """Return the public half; `endorsements` is the Bot Framework's list of channels."""
        numbers = self._public.public_numbers()
        entry: dict[str, Any] = {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
        }
        if endorsements is not None:
            entry["endorsements"] = list(endorsements)
        return entry

    def pem(self) -> bytes:
        """Return the private key, unencrypted, in PKCS 8."""
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def _thumbprint(public_key: rsa.RSAPublicKey) -> str:
    encoded = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.urlsafe_b64encode(hashlib.sha256(encoded).digest()[:20]).rstrip(b"=").decode()


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
