"""Tokens with which the channel shows the bot who is calling, and the ways they can be wrong.

"Authenticate requests from the Bot Connector service to your bot"
(rest-api/bot-framework-rest-connector-authentication): issuer, audience, `serviceurl`, RS256, keys
with endorsements, five minutes of skew. Their lifetime runs on real time.
"""

import time
from typing import Any, Literal, get_args

import jwt

from bot.sandbox.keys import SigningKey

ISSUER = "https://api.botframework.com"
CHANNEL = "msteams"
_LIFETIME = 3600

TokenFault = Literal[
    "none",
    "missing",
    "garbage",
    "expired",
    "not_yet_valid",
    "wrong_issuer",
    "wrong_audience",
    "wrong_service_url",
    "forged",
    "unknown_kid",
    "alg_none",
    "not_endorsed",
]
TOKEN_FAULTS: tuple[str, ...] = get_args(TokenFault)


class ChannelTokens:
    """Signs as the channel does. The second key is published, but endorsed for web chat only."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._other_channel = key.alias(f"{key.kid}-webchat")
        self._forger: SigningKey | None = None

    def published(self) -> list[dict[str, Any]]:
        """Return the keys of `/v1/.well-known/keys`."""
        return [self._key.jwk([CHANNEL]), self._other_channel.jwk(["webchat"])]

    def header(self, app_id: str, service_url: str, fault: TokenFault = "none") -> str | None:
        """Return the Authorization header for the bot `app_id`; None where it is left out."""
        if fault == "missing":
            return None
        if fault == "garbage":
            return "Bearer not-a-token"
        claims = _claims(app_id, service_url, fault)
        if fault == "alg_none":
            bare = jwt.encode(claims, "", algorithm="none", headers={"kid": self._key.kid})
            return f"Bearer {bare}"
        return f"Bearer {self._signer(fault).sign(claims)}"

    def _signer(self, fault: TokenFault) -> SigningKey:
        if fault == "unknown_kid":
            return self._key.alias("a-key-nobody-published")
        if fault == "not_endorsed":
            return self._other_channel
        if fault == "forged":
            self._forger = self._forger or SigningKey.generate(self._key.kid)
            return self._forger
        return self._key


def _claims(app_id: str, service_url: str, fault: TokenFault) -> dict[str, Any]:
    now = int(time.time())
    shift = {"expired": -2 * _LIFETIME, "not_yet_valid": _LIFETIME}.get(fault, 0)
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": app_id,
        "serviceurl": service_url,
        "nbf": now + shift,
        "exp": now + shift + _LIFETIME,
    }
    wrong = {
        "wrong_issuer": {"iss": "https://sts.windows.net/another-tenant/"},
        "wrong_audience": {"aud": "another-app"},
        "wrong_service_url": {"serviceurl": "https://elsewhere.example/teams"},
    }
    return {**claims, **wrong.get(fault, {})}
