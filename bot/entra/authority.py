"""The msal application, over an HTTP session that no environment variable can bend.

msal is synchronous: whoever calls it does so in a thread. It needs https, and a path after the
host.
"""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from msal.exceptions import MsalServiceError
from requests.adapters import HTTPAdapter

from bot.domain.errors import ConfigurationError, TransientError

_MICROSOFT = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
)
_TIMEOUT = 15


class _TrustAlso(HTTPAdapter):
    """Trusts an extra CA beside the system's own."""

    def __init__(self, ca_bundle: Path | None) -> None:
        self._context = ssl.create_default_context()
        if ca_bundle is not None:
            try:
                self._context.load_verify_locations(ca_bundle)
            except OSError as error:
                raise ConfigurationError(
                    f"MAILROOM_CA_BUNDLE: {ca_bundle} is no readable PEM file of certificates."
                ) from error
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Hand our trust to urllib3."""
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
        """Send with a time limit: requests has none of its own."""
        options["timeout"] = options.get("timeout") or _TIMEOUT
        return super().send(request, **options)


class Authority:
    """One Entra app in any tenant of one Entra."""

    def __init__(
        self, entra_url: str, app_id: str, app_secret: str, *, ca_bundle: Path | None
    ) -> None:
        if not app_id.strip():
            raise ConfigurationError("MAILROOM_APP_ID must not be blank.")
        if urlsplit(entra_url).scheme != "https":
            raise ConfigurationError(
                f"MAILROOM_ENTRA_URL must begin with https://, not {entra_url}"
            )
        self.app_id = app_id
        self.url = entra_url.rstrip("/")
        self._secret = app_secret
        self._known = urlsplit(entra_url).hostname in _MICROSOFT
        self.session = requests.Session()
        # REQUESTS_CA_BUNDLE would override our own trust, and proxies could read tokens.
        self.session.trust_env = False
        self.session.mount("https://", _TrustAlso(ca_bundle))

    def application(self, tenant_id: str, cache: msal.TokenCache | None = None) -> Any:
        """Return the app in a tenant. Blocking: discovery is asked for here.

        Raises:
            TransientError: Entra cannot be reached, or does not describe the tenant.
        """
        with reachable():
            try:
                return msal.ConfidentialClientApplication(
                    self.app_id,
                    client_credential=self._secret,
                    authority=f"{self.url}/{tenant_id}",
                    instance_discovery=None if self._known else False,
                    http_client=self.session,
                    token_cache=cache,
                )
            except (ValueError, KeyError, RuntimeError) as error:
                # Any 4xx of discovery, a throttled one too, and any document that is none.
                raise TransientError("Entra does not describe the tenant") from error


@contextmanager
def reachable() -> Iterator[None]:
    """Turn what msal and requests raise without an answer of Entra into ours.

    Raises:
        TransientError: a 5xx (MsalServiceError), no connection, or a page instead of JSON.
    """
    try:
        yield
    except (MsalServiceError, requests.RequestException, json.JSONDecodeError) as error:
        raise TransientError(f"Entra cannot be reached: {type(error).__name__}") from error
