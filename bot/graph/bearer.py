"""The token on a request to Graph, and on no other."""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.request_information import RequestInformation

from bot.domain.errors import PermanentError

_HEADER = "Authorization"
_CLAIMS = re.compile(r'claims="([^"]+)"')


def origin_of(url: str) -> tuple[str, str]:
    """Return scheme and host with port: where a token may go."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


class Bearer(AuthenticationProvider):
    """Puts one token on requests to one origin.

    `again` fetches another one for a claims challenge (claims-challenge: 401 with
    `insufficient_claims`), after which the SDK writes the refused request once more. Without it the
    same token is shown again.
    """

    def __init__(
        self,
        token: str,
        graph_url: str,
        again: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:
        self.token = token
        self._origin = origin_of(graph_url)
        self._again = again

    async def authenticate_request(
        self,
        request: RequestInformation,
        additional_authentication_context: dict[str, Any] | None = None,
    ) -> None:
        """Add the Authorization header.

        Raises:
            PermanentError: the request goes somewhere else than to Graph.
            ConsentRequiredError, TransientError: the challenge cannot be answered.
        """
        if origin_of(request.url) != self._origin:
            raise PermanentError("a request left for a host that is not Graph's")
        claims = challenge_of((additional_authentication_context or {}).get("claims"))
        if claims and self._again is not None:
            self.token = await self._again(claims)
        request.headers.remove(_HEADER)
        request.headers.add(_HEADER, f"Bearer {self.token}")


def challenge_in(header: str) -> str:
    """Return the JSON of the claims challenge in a WWW-Authenticate header, "" where there is none
    (claims-challenge).
    """
    found = _CLAIMS.search(header)
    return challenge_of(found[1]) if found else ""


def challenge_of(encoded: object) -> str:
    """Return the JSON of a claims challenge, in either base64 alphabet; "" where it is none."""
    if not isinstance(encoded, str):
        return ""
    padded = encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4)
    try:
        return base64.urlsafe_b64decode(padded.replace("+", "-").replace("/", "_")).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
