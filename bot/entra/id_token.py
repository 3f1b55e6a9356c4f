"""Validating an id_token ourselves: msal checks its nonce and nothing else.

openid-connect-core 3.1.3.7; the keys and the issuer come from the tenant's discovery document.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

import jwt
import requests

from bot.domain.errors import PermanentError, TransientError

_KEYS_FOR = 24 * 3600.0
_LOOK_AGAIN = 60.0
_LEEWAY = 120


class IdTokens:
    """The keys of one Entra, remembered. Blocking: call it in a thread.

    A key nobody knows is looked for again at most every `look_again` seconds of real time.
    """

    def __init__(
        self,
        session: requests.Session,
        entra_url: str,
        app_id: str,
        *,
        look_again: float = _LOOK_AGAIN,
    ) -> None:
        self._session = session
        self._url = entra_url
        self._app_id = app_id
        self._look_again = look_again
        self._known: dict[str, tuple[float, str, Mapping[str, jwt.PyJWK]]] = {}
        self._lock = threading.Lock()

    def claims(self, token: str, tenant_id: str, nonce_hash: str) -> Mapping[str, Any]:
        """Return the claims of a token that holds: signature, issuer, audience, times, tenant.

        `nonce_hash` is the nonce claim the flow expects.

        Raises:
            PermanentError: it does not hold (code "untrusted").
            TransientError: Entra's keys cannot be fetched.
        """
        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            issuer, key = self._key(tenant_id, kid)
            claims: dict[str, Any] = jwt.decode(
                token,
                key=key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "tid", "oid", "nonce"]},
            )
        except jwt.PyJWTError as error:
            raise _untrusted(type(error).__name__) from error
        if str(claims["tid"]).lower() != tenant_id.lower():
            raise _untrusted("another tenant")
        if claims["nonce"] != nonce_hash:
            raise _untrusted("another sign-in's nonce")
        return claims

    def _key(self, tenant_id: str, kid: str) -> tuple[str, jwt.PyJWK]:
        """Return issuer and key."""
        with self._lock:
            fetched, issuer, keys = self._known.get(tenant_id, (0.0, "", {}))
            age = time.monotonic() - fetched
            if not issuer or age > _KEYS_FOR or (kid not in keys and age >= self._look_again):
                issuer, keys = self._fetch(tenant_id)
                self._known[tenant_id] = (time.monotonic(), issuer, keys)
        if kid not in keys:
            raise _untrusted("an unknown key")
        return issuer, keys[kid]

    def _fetch(self, tenant_id: str) -> tuple[str, Mapping[str, jwt.PyJWK]]:
        discovery = f"{self._url}/{tenant_id}/v2.0/.well-known/openid-configuration"
        try:
            told = self._get(discovery)
            keys = jwt.PyJWKSet.from_dict(self._get(told["jwks_uri"])).keys
            return str(told["issuer"]), {each.key_id or "": each for each in keys}
        except (requests.RequestException, ValueError, LookupError, TypeError) as error:
            raise TransientError("Entra's keys cannot be fetched") from error
        except jwt.PyJWTError as error:
            raise TransientError("Entra's keys cannot be read") from error

    def _get(self, url: str) -> dict[str, Any]:
        answer = self._session.get(url)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


def _untrusted(why: str) -> PermanentError:
    return PermanentError(f"the id_token does not hold: {why}", code="untrusted")
