"""What the login host hands out and takes back: authorization codes and refresh tokens."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.sandbox.entra.errors import EntraError
from bot.sandbox.entra.scopes import Scopes

# "Authorization codes are short lived, typically they expire after about 10 minutes"
# (v2-oauth2-auth-code-flow); reference-error-codes puts the limit at "5 mins to 10 mins" (70008).
CODE_SECONDS = 300
# Default inactivity limit of refresh tokens (entra/identity-platform/refresh-tokens).
REFRESH_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True)
class Authorization:
    """What a code stands for."""

    oid: str
    client_id: str
    redirect_uri: str
    scopes: Scopes
    nonce: str | None
    code_challenge: str | None
    issued_at: float = 0.0
    is_redeemed: bool = False


@dataclass(frozen=True)
class RefreshToken:
    """What a refresh token stands for; `generation` is void once sessions are revoked."""

    oid: str
    client_id: str
    generation: int
    issued_at: float


class Codes:
    """Authorization codes: one use each, five minutes."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._issued: dict[str, Authorization] = {}

    def issue(self, authorization: Authorization) -> str:
        """Return a fresh code for `authorization`."""
        code = f"1.{secrets.token_urlsafe(48)}"
        self._issued[code] = replace(authorization, issued_at=self._now())
        return code

    def look_up(self, code: str) -> Authorization:
        """Return what `code` stands for, without using it up.

        Raises:
            EntraError: unknown (AADSTS9002313), used (AADSTS54005) or expired (AADSTS70008).
        """
        found = self._issued.get(code)
        if found is None:
            text = "Invalid request. Request is malformed or invalid."
            raise EntraError("invalid_grant", 9002313, text)
        if found.is_redeemed:
            text = (
                "OAuth2 Authorization code was already redeemed, please retry with a new valid "
                "code or use an existing refresh token."
            )
            raise EntraError("invalid_grant", 54005, text)
        if self._now() - found.issued_at > CODE_SECONDS:
            text = "The provided authorization code or refresh token has expired due to inactivity."
            raise EntraError("invalid_grant", 70008, text)
        return found

    def redeem(self, code: str) -> None:
        """Mark `code` as used."""
        self._issued[code] = replace(self._issued[code], is_redeemed=True)


class RefreshTokens:
    """Refresh tokens. A new one at every use; the old ones stay valid.

    "Refresh tokens replace themselves with a fresh token upon every use. The Microsoft identity
    platform doesn't revoke old refresh tokens" (entra/identity-platform/refresh-tokens).
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._issued: dict[str, RefreshToken] = {}

    def issue(self, oid: str, client_id: str, generation: int) -> str:
        """Return a fresh refresh token."""
        token = f"1.{secrets.token_urlsafe(96)}"
        self._issued[token] = RefreshToken(oid, client_id, generation, self._now())
        return token

    def look_up(self, token: str, generation_of: Callable[[str], int]) -> RefreshToken:
        """Return what `token` stands for; `generation_of` tells a user's present generation.

        Raises:
            EntraError: unknown (AADSTS9002313), revoked (AADSTS50173), idle (AADSTS700082).
        """
        found = self._issued.get(token)
        if found is None:
            text = "Invalid request. Request is malformed or invalid."
            raise EntraError("invalid_grant", 9002313, text)
        if generation_of(found.oid) != found.generation:
            text = (
                "The provided grant has expired due to it being revoked, a fresh auth token is "
                "needed. The user might have changed or reset their password."
            )
            raise EntraError("invalid_grant", 50173, text, suberror="bad_token")
        if self._now() - found.issued_at > REFRESH_SECONDS:
            text = "The refresh token has expired due to inactivity."
            raise EntraError("invalid_grant", 700082, text)
        return found
