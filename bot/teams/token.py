"""The bot's own token for the Connector: one, in memory, fetched in a thread ahead of its end.

botbuilder would make a new msal application and fetch a new token in every turn, on the event loop.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from botframework.connector.auth import AppCredentials, ServiceClientCredentialsFactory

from bot.domain.errors import ConfigurationError, TransientError

SCOPE = "https://api.botframework.com"
_AHEAD = 600.0
_LAST_MOMENT = 60.0
_REFUSED = ("invalid_client", "unauthorized_client", "invalid_request", "invalid_scope")


class BotToken:
    """The token. `msal_app` is a ready msal.ConfidentialClientApplication (its cache is used)."""

    def __init__(self, msal_app: Any, now: Callable[[], float] = time.monotonic) -> None:
        self._msal_app = msal_app
        self._now = now
        self._value = ""
        self._ends = 0.0
        self._lock = asyncio.Lock()

    @property
    def value(self) -> str:
        """The token as it stands: a memory read. `ensure` first."""
        return self._value

    async def ensure(self) -> None:
        """Have a token that holds for a minute more.

        Raises:
            TransientError: none can be had now; a refused secret is mended by the operator.
        """
        try:
            await self._renew(_LAST_MOMENT)
        except ConfigurationError as error:
            raise TransientError(str(error)) from error

    async def keep_fresh(self) -> None:
        """Renew ahead of the end, so that nobody waits for it.

        Raises:
            TransientError: none can be had now.
            ConfigurationError: Microsoft refuses this app's id or secret.
        """
        await self._renew(_AHEAD)

    async def _renew(self, margin: float) -> None:
        if self._ends - self._now() > margin:
            return
        async with self._lock:
            if self._ends - self._now() > margin:  # somebody else did, while we waited
                return
            asked = self._now()
            self._value, lifetime = await asyncio.to_thread(self._acquire)
            self._ends = asked + lifetime

    def _acquire(self) -> tuple[str, float]:
        """Return a token and how many seconds it holds."""
        try:
            answer = self._msal_app.acquire_token_for_client([f"{SCOPE}/.default"])
            if "access_token" in answer:
                return str(answer["access_token"]), float(answer.get("expires_in", 0))
            code = str(answer.get("error", "unknown"))
        except Exception as error:
            # msal lets its own service errors through beside those of requests, and whatever an
            # odd answer breaks in it. Of the fault only its kind is told: its text may quote us.
            kind = type(error).__name__
            raise TransientError(f"the bot's token cannot be fetched: {kind}") from None
        if code in _REFUSED:
            raise ConfigurationError(
                f"Microsoft refuses the bot's sign-in ({code}). "
                "Check MAILROOM_APP_ID, MAILROOM_APP_SECRET and MAILROOM_TENANT_ID."
            )
        raise TransientError(f"the bot's token cannot be fetched ({code})")


class BotCredentials(AppCredentials):  # type: ignore[misc]
    """botbuilder's credentials over our token. Never fetches anything."""

    def __init__(self, app_id: str, token: BotToken) -> None:
        super().__init__(app_id=app_id, oauth_scope=SCOPE)
        self._token = token

    def get_access_token(self, force_refresh: bool = False) -> str:
        """Return the token in memory."""
        if not self._token.value:
            raise TransientError("the bot has no token yet")
        return self._token.value


class BotCredentialsFactory(ServiceClientCredentialsFactory):  # type: ignore[misc]
    """Gives out the one credentials object. Authentication cannot be switched off."""

    def __init__(self, app_id: str, token: BotToken) -> None:
        self._app_id = app_id
        self._credentials = BotCredentials(app_id, token)

    async def is_valid_app_id(self, app_id: str) -> bool:
        """Whether a token's audience is this bot."""
        return app_id == self._app_id

    async def is_authentication_disabled(self) -> bool:
        """Never."""
        return False

    async def create_credentials(
        self, app_id: str, oauth_scope: str, login_endpoint: str, validate_authority: bool
    ) -> BotCredentials:
        """Return the one credentials object."""
        return self._credentials
