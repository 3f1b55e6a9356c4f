"""Teams: the workspace, the bot's side of it and the people's side of it."""

from bot.sandbox.clock import Clock
from bot.sandbox.connector.activities import Activities
from bot.sandbox.connector.channel_tokens import ChannelTokens
from bot.sandbox.connector.client import Client
from bot.sandbox.connector.conversations import Conversations
from bot.sandbox.connector.delivery import Delivery
from bot.sandbox.connector.roster import Roster
from bot.sandbox.connector.service import Service
from bot.sandbox.directory import Directory
from bot.sandbox.journal import Journal
from bot.sandbox.keys import SigningKey


class Teams:
    """All of Teams. `service_url` is where the bot finds the Connector; `key` is the channel's own.

    `service` is what the bot calls, `client` what people do.
    """

    def __init__(
        self,
        directory: Directory,
        key: SigningKey,
        journal: Journal,
        clock: Clock,
        service_url: str,
    ) -> None:
        self._directory = directory
        self.service_url = service_url
        self.channel_tokens = ChannelTokens(key)
        self.roster = Roster(directory)
        self.conversations = Conversations(self.roster, clock.now)
        self.service = Service(self.roster, self.conversations, journal, clock)
        self.client = Client(
            self.roster,
            self.conversations,
            Activities(self.roster, service_url),
            Delivery(directory, self.channel_tokens, journal),
            journal=journal,
            clock=clock,
        )

    @property
    def bot_endpoint(self) -> str | None:
        """Where the bot listens. It is a property of the app, as in its Azure Bot resource."""
        return self._directory.app.bot_endpoint

    @bot_endpoint.setter
    def bot_endpoint(self, url: str | None) -> None:
        self._directory.app.bot_endpoint = url
