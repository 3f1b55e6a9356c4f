"""The Bot Connector's operations, as the bot calls them. State and rules, no HTTP.

rest-api/bot-framework-rest-connector-api-reference, "Conversation operations"; Teams' own rules:
msteams-platform/bots/how-to/conversations/send-proactive-messages. What Teams makes of the
parameters of a new conversation follows "CreateConversation API Behavior", captures of April 2026
in the documents of Microsoft's Teams SDK for .NET.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.sandbox import fields
from bot.sandbox.clock import Clock
from bot.sandbox.connector import posted
from bot.sandbox.connector.conversations import BOT, Conversations, Message, Place, thread_id
from bot.sandbox.connector.errors import ConnectorError
from bot.sandbox.connector.limits import GLOBAL, READ, SEND, RateLimit
from bot.sandbox.connector.roster import Roster
from bot.sandbox.directory import User
from bot.sandbox.journal import Journal

_PARAMETERS: dict[str, type] = {
    "isGroup": bool, "bot": dict, "members": list, "topicName": str, "activity": dict,
    "channelData": dict, "tenantId": str,
}  # fmt: skip
# TeamsInfo.get_paged_members: "page size 50 to 500" (get-teams-context).
_SMALLEST_PAGE, _LARGEST_PAGE = 50, 500


class Service:
    """What a bot with a good token may do."""

    def __init__(
        self, roster: Roster, conversations: Conversations, journal: Journal, clock: Clock
    ) -> None:
        self._roster = roster
        self._conversations = conversations
        self._journal = journal
        self._clock = clock
        self._send, self._read, self._all = RateLimit(SEND), RateLimit(READ), RateLimit(GLOBAL)

    def create_conversation(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return the ids of a personal chat, or of a new thread in a channel.

        Raises:
            ConnectorError: with Teams' status and code.
        """
        # .NET reads names without regard to case, and botbuilder for Python writes `tenantID`.
        content = {"tenantId" if k == "tenantID" else k: v for k, v in parameters.items()}
        try:
            fields.check(content, optional=_PARAMETERS)
        except fields.FieldError as error:
            raise ConnectorError.bad_syntax(str(error)) from error
        self._check_tenant(content)
        bot = content.get("bot") or {}
        if bot.get("id") not in (None, self._roster.bot_id):
            raise ConnectorError.bad_argument("The bot id is not the caller's")
        if content.get("isGroup"):
            return self._create_thread(content)
        return self._open_chat(content)

    def post(self, conversation_id: str, activity: dict[str, Any]) -> str:
        """Post an activity and return its id.

        Raises:
            ConnectorError: with Teams' status and code.
        """
        place = self._place(conversation_id)
        self._throttle(self._send, place)
        return self._post(place, activity)

    def update(self, conversation_id: str, activity_id: str, activity: dict[str, Any]) -> str:
        """Replace one of the bot's own messages and return its id.

        That an update counts as a send is an inference: the table of limits does not name it.

        Raises:
            ConnectorError: with Teams' status and code.
        """
        place = self._place(conversation_id)
        self._throttle(self._send, place)
        message = self._own(place, activity_id)
        posted.check(activity)
        stored = self._stored(place, activity, activity_id, self._clock.now(), message.root)
        self._conversations.replace(message, stored)
        where = stored["conversation"]["id"]
        self._journal.write("teams.activity.updated", conversation=where, activity=activity_id)
        return activity_id

    def delete(self, conversation_id: str, activity_id: str) -> None:
        """Delete one of the bot's own messages.

        Raises:
            ConnectorError: with Teams' status and code.
        """
        place = self._place(conversation_id)
        self._throttle(self._send, place)
        self._own(place, activity_id).is_deleted = True
        self._journal.write("teams.activity.deleted", conversation=place.id, activity=activity_id)

    def members(
        self, conversation_id: str, page_size: int, start: int
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Return a page of the roster, and where the next one starts.

        Raises:
            ConnectorError: with Teams' status and code.
        """
        everybody = self._members(conversation_id)
        size = min(max(page_size, _SMALLEST_PAGE), _LARGEST_PAGE)
        page = everybody[start : start + size]
        following = start + size
        accounts = [self._roster.account(user) for user in page]
        return accounts, following if following < len(everybody) else None

    def member(self, conversation_id: str, name: str) -> dict[str, Any]:
        """Return one member, named by Teams id, object id or UPN.

        Raises:
            ConnectorError: with Teams' status and code.
        """
        everybody = self._members(conversation_id)
        found = self._roster.member(name)
        if found is None or found not in everybody:
            text = "Member not found in conversation."
            raise ConnectorError(404, "MemberNotFoundInConversation", text)
        return self._roster.account(found)

    def _check_tenant(self, content: Mapping[str, Any]) -> None:
        channel_data = content.get("channelData") or {}
        named = content.get("tenantId") or (channel_data.get("tenant") or {}).get("id")
        if named is None:
            raise ConnectorError.bad_syntax("Incorrect conversation creation parameters")
        if named != self._roster.tenant_id:
            raise ConnectorError.bad_argument("The tenant is not the bot's")

    def _open_chat(self, content: Mapping[str, Any]) -> dict[str, Any]:
        members = content.get("members") or []
        if len(members) != 1 or content.get("topicName"):
            raise ConnectorError.bad_syntax("Incorrect conversation creation parameters")
        user = self._roster.by_teams_id(str(members[0].get("id", "")))
        if user is None:
            raise ConnectorError.bad_syntax("Invalid user identity in provided tenant")
        place = self._place(self._roster.chat_id(user))
        self._throttle(self._send, place)
        if content.get("activity"):
            self._post(place, content["activity"])
        return {"id": place.id}

    def _create_thread(self, content: Mapping[str, Any]) -> dict[str, Any]:
        channel = (content.get("channelData") or {}).get("channel") or {}
        # Group chats cannot be made, and a thread is its first message.
        if not channel.get("id") or not content.get("activity") or content.get("topicName"):
            raise ConnectorError.bad_syntax("Incorrect conversation creation parameters")
        place = self._place(channel["id"])
        if place.root is not None or place.conversation.channel is None:
            raise ConnectorError.no_conversation()
        self._throttle(self._send, place)
        root = self._post(place, content["activity"])
        return {"id": thread_id(place.id, root), "activityId": root}

    def _post(self, place: Place, activity: dict[str, Any]) -> str:
        posted.check(activity)
        now, activity_id = self._clock.now(), self._conversations.next_id()
        if activity["type"] == "typing":
            return activity_id
        is_root = place.conversation.channel is not None and place.root is None
        root = activity_id if is_root else place.root
        stored = self._stored(place, activity, activity_id, now, root)
        self._conversations.add(place, BOT, stored, activity_id)
        self._journal.write(
            "teams.activity.posted",
            conversation=stored["conversation"]["id"], activity=activity_id, who=BOT,
        )  # fmt: skip
        return activity_id

    def _stored(
        self,
        place: Place,
        activity: Mapping[str, Any],
        activity_id: str,
        now: datetime,
        root: str | None,
    ) -> dict[str, Any]:
        """The activity as it stands in the conversation; Teams decides who, where and when."""
        return {
            **{name: value for name, value in activity.items() if value is not None},
            "id": activity_id,
            "timestamp": now.isoformat(),
            "from": {"id": self._roster.bot_id, "name": self._roster.bot_name},
            "conversation": {"id": thread_id(place.conversation.id, root)},
        }

    def _place(self, conversation_id: str) -> Place:
        place = self._conversations.at(conversation_id)
        self._roster.require(place.conversation.scope)
        return place

    def _own(self, place: Place, activity_id: str) -> Message:
        message = place.conversation.message(activity_id)
        if message.author != BOT:
            raise ConnectorError(403, "Forbidden", "The message is not the bot's own.")
        return message

    def _members(self, conversation_id: str) -> list[User]:
        place = self._place(conversation_id)
        self._throttle(self._read, place)
        owner = place.conversation.owner
        return [owner] if owner else self._roster.people

    def _throttle(self, limit: RateLimit, place: Place) -> None:
        """Count against the limits per thread (a channel is one) and per tenant."""
        checks = ((limit, place.conversation.id), (self._all, self._roster.tenant_id))
        waits = [wait for rate, key in checks if (wait := rate.wait(key)) is not None]
        if waits:
            raise ConnectorError.throttled(max(waits))
        for rate, key in checks:
            rate.take(key)
