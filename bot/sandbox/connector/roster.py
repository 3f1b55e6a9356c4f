"""Who and what is in Teams: the people, their personal chats, one team, and where the app is."""

import base64
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from bot.sandbox.connector.errors import ConnectorError
from bot.sandbox.directory import Directory, UnknownUserError, User


@dataclass(frozen=True)
class Channel:
    """A standard channel."""

    id: str
    name: str


@dataclass(frozen=True)
class Team:
    """A team. Its id is the id of its General channel (bots/how-to/get-teams-context)."""

    id: str
    name: str
    group_id: str
    channels: tuple[Channel, ...]


class Roster:
    """The seeded workspace: everybody has a personal chat and is a member of the one team."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        general = Channel(_channel_id(directory.tenant_id, "General"), "General")
        feedback = Channel(_channel_id(directory.tenant_id, "Feedback"), "Feedback")
        group_id = str(uuid.uuid5(uuid.UUID(directory.tenant_id), "team"))
        self.team = Team(general.id, "Feedback program", group_id, (general, feedback))
        self.is_in_team = False
        self._personal: set[str] = set()

    @property
    def bot_id(self) -> str:
        """The bot's id in Teams is `28:` and its app id."""
        return f"28:{self._directory.app.app_id}"

    @property
    def bot_name(self) -> str:
        """The name under which the bot is mentioned."""
        return self._directory.app.name

    @property
    def tenant_id(self) -> str:
        """The tenant in which all of this lives."""
        return self._directory.tenant_id

    @property
    def people(self) -> list[User]:
        """Everybody."""
        return self._directory.users

    def find(self, name: str) -> User:
        """Return the user with this object id, UPN or mail address.

        Raises:
            UnknownUserError: there is none.
        """
        return self._directory.find(name)

    def user_id(self, user: User) -> str:
        """Return the user's `29:` id, which is particular to this bot."""
        digest = hashlib.sha512(f"{self.bot_id}/{user.oid}".encode()).digest()
        return f"29:1{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def chat_id(self, user: User) -> str:
        """Return the id of the personal chat between the user and the bot."""
        digest = hashlib.sha512(f"{user.oid}/{self.bot_id}".encode()).digest()
        return f"a:1{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def by_teams_id(self, teams_id: str) -> User | None:
        """Return the user with this `29:` id or object id. A UPN or mail is no address here.

        "send-proactive-messages": a conversation is created with the user's Teams id or object id.
        """
        for user in self.people:
            if teams_id in (self.user_id(user), user.oid):
                return user
        return None

    def member(self, name: str) -> User | None:
        """Return the member with this `29:` id, object id or UPN (get-teams-context)."""
        try:
            return self.by_teams_id(name) or self._directory.find(name)
        except UnknownUserError:
            return None

    def channel(self, channel_id: str) -> Channel | None:
        """Return the team's channel with this id."""
        return next((item for item in self.team.channels if item.id == channel_id), None)

    def install(self, user: User, channel: Channel | None) -> None:
        """Put the app into the user's personal scope, or into the team."""
        if channel is None:
            self._personal.add(user.oid)
        else:
            self.is_in_team = True

    def uninstall(self, user: User, channel: Channel | None) -> None:
        """Take it out again."""
        if channel is None:
            self._personal.discard(user.oid)
        else:
            self.is_in_team = False

    def reaches(self, user: User) -> bool:
        """Return whether the bot may write to the user.

        The app is installed for them, or in a team they are in (send-proactive-messages).
        """
        return self.is_in_team or user.oid in self._personal

    def has_personally(self, user: User) -> bool:
        """Return whether the user has the app, and so a chat to type into."""
        return user.oid in self._personal

    def account(self, user: User) -> dict[str, Any]:
        """Return the member as roster calls give it (get-teams-context, "Fetch the roster")."""
        given, _, surname = user.name.partition(" ")
        return {
            "id": self.user_id(user),
            "name": user.name,
            "objectId": user.oid,
            "aadObjectId": user.oid,
            "givenName": given,
            "surname": surname,
            "email": user.mail,
            "userPrincipalName": user.upn,
            "tenantId": self.tenant_id,
            "userRole": "user",
        }

    def require(self, conversation_owner: User | None) -> None:
        """Check that the bot is where it wants to write; None stands for the team.

        Raises:
            ConnectorError: 403 BotNotInConversationRoster.
        """
        is_there = self.reaches(conversation_owner) if conversation_owner else self.is_in_team
        if not is_there:
            raise ConnectorError.not_in_roster()


def _channel_id(tenant_id: str, name: str) -> str:
    return f"19:{uuid.uuid5(uuid.UUID(tenant_id), f'channel {name}').hex}@thread.tacv2"
