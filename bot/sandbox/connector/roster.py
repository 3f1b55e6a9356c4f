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
class GroupChat:
    """A chat of several people."""

    id: str
    name: str


@dataclass(frozen=True)
class Team:
    """A team. Its id is the id of its General channel (bots/how-to/get-teams-context)."""

    id: str
    name: str
    group_id: str
    channels: tuple[Channel, ...]


# Where the app can be installed: the team, a user by object id, a group chat by its id.
TEAM = "team"


class Roster:
    """The seeded workspace: everybody has a personal chat and is in the one team and group chat."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        general = Channel(_channel_id(directory.tenant_id, "General"), "General")
        feedback = Channel(_channel_id(directory.tenant_id, "Feedback"), "Feedback")
        group_id = str(uuid.uuid5(uuid.UUID(directory.tenant_id), "team"))
        self.team = Team(general.id, "Feedback program", group_id, (general, feedback))
        group_chat = _group_chat_id(directory.tenant_id, "Program team")
        self.group_chats = (GroupChat(group_chat, "Program team"),)
        self._installed: set[str] = set()

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

    def group_chat(self, chat_id: str) -> GroupChat | None:
        """Return the group chat with this id."""
        return next((item for item in self.group_chats if item.id == chat_id), None)

    def install(self, scope: str) -> None:
        """Put the app into a scope (`Conversation.scope`)."""
        self._installed.add(scope)

    def uninstall(self, scope: str) -> None:
        """Take it out again."""
        self._installed.discard(scope)

    def has_app(self, scope: str) -> bool:
        """Return whether the app is in a scope."""
        return scope in self._installed

    def reaches(self, scope: str) -> bool:
        """Return whether the bot may write there: where the app is, and to everybody who is in a
        team or group chat with it (send-proactive-messages).
        """
        if any(user.oid == scope for user in self.people):
            shared = {TEAM, *(chat.id for chat in self.group_chats)}
            return not self._installed.isdisjoint({scope, *shared})
        return scope in self._installed

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

    def require(self, scope: str) -> None:
        """Check that the bot is where it wants to write.

        Raises:
            ConnectorError: 403 BotNotInConversationRoster.
        """
        if not self.reaches(scope):
            raise ConnectorError.not_in_roster()


def _channel_id(tenant_id: str, name: str) -> str:
    return f"19:{uuid.uuid5(uuid.UUID(tenant_id), f'channel {name}').hex}@thread.tacv2"


def _group_chat_id(tenant_id: str, name: str) -> str:
    return f"19:{uuid.uuid5(uuid.UUID(tenant_id), f'group chat {name}').hex}@thread.v2"
