"""Our line to Teams: botbuilder's adapter with our authentication, token, keys and pace."""

import asyncio
from typing import Any

import structlog
from botbuilder.integration.aiohttp import CloudAdapter

from bot.domain.errors import TransientError
from bot.teams.afterwards import Afterwards
from bot.teams.authentication import ChannelSettings, StrictAuth
from bot.teams.pace import Pace
from bot.teams.token import BotToken

_log = structlog.get_logger(__name__)
_ROUND = 60.0


class TeamsLink:
    """What both sides share: answering (TeamsAdapter) and posting unasked (TeamsChat).

    `msal_app` is a ready msal.ConfidentialClientApplication for the bot's app id and secret, which
    speaks to `settings.login_url`. Nothing goes over the network before `warm_up`.
    """

    def __init__(self, settings: ChannelSettings, msal_app: Any) -> None:
        self.settings = settings
        self.token = BotToken(msal_app)
        self.pace = Pace()
        self.afterwards = Afterwards()
        self._authentication = StrictAuth(settings, self.token)
        self.cloud: Any = CloudAdapter(self._authentication)

    async def warm_up(self) -> None:
        """Fetch token and keys before the first message comes.

        What cannot be reached now is fetched later.

        Raises:
            ConfigurationError: Microsoft refuses the app's id or secret.
        """
        for name, fetch in (
            ("token", self.token.keep_fresh),
            ("keys", self._authentication.keys.refresh),
        ):
            try:
                await fetch()
            except TransientError as error:
                _log.warning("teams.not_warm", what=name, error=str(error))

    async def keep_fresh(self) -> None:
        """Renew token and keys ahead of their end. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(_ROUND)
            for name, renew in (
                ("token", self.token.keep_fresh),
                ("keys", self._authentication.keys.keep_fresh),
            ):
                try:
                    await renew()
                except Exception as error:  # nothing here may end the program
                    _log.warning("teams.not_fresh", what=name, error=str(error))
