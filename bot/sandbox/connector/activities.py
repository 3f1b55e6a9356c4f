"""Activities in the shape in which Teams sends them.

Samples: msteams-platform/bots/how-to/conversations/subscribe-to-conversation-events (installation,
members), channel-and-group-conversations (mentions), get-teams-context (channelData),
task-modules-and-cards/cards/universal-actions-for-adaptive-cards (invoke).
"""

import html
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.connector.conversations import Place
from bot.sandbox.connector.roster import Channel, Roster
from bot.sandbox.directory import User

_LOCALE = "en-US"
TIME_ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Activities:
    """Builds what Teams sends to the bot. `service_url` goes into each."""

    roster: Roster
    service_url: str

    def message(
        self, user: User, place: Place, message_id: str, text: str, now: datetime
    ) -> dict[str, Any]:
        """Return a typed message. Among others the bot is mentioned, or it would not be told."""
        entities: list[dict[str, Any]] = [_client_info()]
        shown = html.escape(text)
        if place.conversation.owner is None:
            mention = f"<at>{self.roster.bot_name}</at>"
            text = text if mention in text else f"{mention} {text}"
            shown = text.replace(
                mention,
                '<span itemscope itemtype="http://schema.skype.com/Mention" itemid="0">'
                f"{html.escape(self.roster.bot_name)}</span>",
            )
            bot = {"id": self.roster.bot_id, "name": self.roster.bot_name}
            entities.insert(0, {"type": "mention", "mentioned": bot, "text": mention})
        return {
            **self._envelope(user, place, now),
            "type": "message",
            "id": message_id,
            "text": text,
            "textFormat": "plain",
            # Teams adds the rich form of every typed message.
            "attachments": [{"contentType": "text/html", "content": f"<p>{shown}</p>"}],
            "entities": entities,
        }

    def submit(
        self, user: User, place: Place, message_id: str, *, value: Any, reply_to: str, now: datetime
    ) -> dict[str, Any]:
        """Return what Action.Submit sends: a message without text (cards-actions)."""
        return {
            **self._envelope(user, place, now),
            "type": "message",
            "id": message_id,
            "value": value,
            "replyToId": reply_to,
            "entities": [_client_info()],
        }

    def card_action(
        self, user: User, place: Place, action: dict[str, Any], reply_to: str, now: datetime
    ) -> dict[str, Any]:
        """Return what Action.Execute sends when a person presses it."""
        activity = {
            **self._envelope(user, place, now),
            "type": "invoke",
            "id": f"f:{uuid.uuid4()}",
            "name": "adaptiveCard/action",
            "value": {"action": action, "trigger": "manual"},
            "replyToId": reply_to,
            "entities": [_client_info()],
        }
        activity["channelData"]["source"] = {"name": "message"}
        return activity

    def installation(self, user: User, place: Place, action: str, now: datetime) -> dict[str, Any]:
        """Return `installationUpdate`; `action` is add or remove."""
        activity = {
            **self._envelope(user, place, now),
            "type": "installationUpdate",
            "id": f"f:{uuid.uuid4()}",
            "action": action,
            "entities": [{"type": "clientInfo", "locale": _LOCALE}],
        }
        activity["channelData"]["source"] = {"name": "message"}
        if place.conversation.channel is not None:
            selected = {"id": place.conversation.channel.id}
            activity["channelData"]["settings"] = {"selectedChannel": selected}
        return activity

    def membership(self, user: User, place: Place, change: str, now: datetime) -> dict[str, Any]:
        """Return `conversationUpdate`; `change` is membersAdded or membersRemoved.

        A personal chat names the bot and the person, a team or group chat the bot only.
        """
        members: list[dict[str, Any]] = [{"id": self.roster.bot_id}]
        activity = {
            **self._envelope(user, place, now),
            "type": "conversationUpdate",
            "id": f"f:{uuid.uuid4()}",
            change: members,
        }
        if place.conversation.owner is not None:
            members.append({"id": self.roster.user_id(user), "aadObjectId": user.oid})
        elif place.conversation.channel is not None:
            ended = {"membersAdded": "teamMemberAdded", "membersRemoved": "teamMemberRemoved"}
            activity["channelData"]["eventType"] = ended[change]
        return activity

    def _envelope(self, user: User, place: Place, now: datetime) -> dict[str, Any]:
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
        conversation: dict[str, Any] = {
            "id": place.id,
            "conversationType": place.conversation.kind,
            "tenantId": self.roster.tenant_id,
        }
        if place.conversation.owner is None:
            conversation |= {"isGroup": True, "name": place.conversation.name}
        return {
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "timestamp": stamp,
            "localTimestamp": stamp,
            "localTimezone": TIME_ZONE,
            "locale": _LOCALE,
            "from": {
                "id": self.roster.user_id(user),
                "name": user.name,
                "aadObjectId": user.oid,
            },
            "recipient": {"id": self.roster.bot_id, "name": self.roster.bot_name},
            "conversation": conversation,
            "channelData": self._channel_data(place.conversation.channel),
        }

    def _channel_data(self, channel: Channel | None) -> dict[str, Any]:
        tenant = {"id": self.roster.tenant_id}
        if channel is None:
            return {"tenant": tenant}
        team = self.roster.team
        return {
            "teamsChannelId": channel.id,
            "teamsTeamId": team.id,
            "channel": {"id": channel.id, "name": channel.name},
            "team": {"id": team.id, "name": team.name, "aadGroupId": team.group_id},
            "tenant": tenant,
        }


def _client_info() -> dict[str, Any]:
    return {
        "type": "clientInfo",
        "locale": _LOCALE,
        "country": "US",
        "platform": "Web",
        "timezone": TIME_ZONE,
    }
