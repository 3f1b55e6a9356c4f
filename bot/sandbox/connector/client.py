"""The Teams client: what people do to the bot, and what they see of its answers.

The only HTTP here is the call to the bot's messaging endpoint.
"""

import copy
from dataclasses import dataclass
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.connector import inputs, posted
from bot.sandbox.connector.activities import Activities
from bot.sandbox.connector.cards import CardError, find_button
from bot.sandbox.connector.channel_tokens import TokenFault
from bot.sandbox.connector.conversations import Conversations, Message, Place
from bot.sandbox.connector.delivery import Answer, Delivery, NotPossibleError
from bot.sandbox.connector.errors import ConnectorError
from bot.sandbox.connector.roster import Roster
from bot.sandbox.directory import User
from bot.sandbox.journal import Journal

_CARD_RESPONSE = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True)
class Said:
    """A message that was sent: the thread it is in, and what the bot posted while it answered."""

    status: int
    conversation: str
    activities: list[dict[str, Any]]


class Client:
    """Acts for the people of the tenant."""

    def __init__(
        self,
        roster: Roster,
        conversations: Conversations,
        activities: Activities,
        delivery: Delivery,
        *,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._roster = roster
        self._conversations = conversations
        self._activities = activities
        self._delivery = delivery
        self._journal = journal
        self._clock = clock

    async def install(self, user: User, shared: str | None) -> list[int]:
        """Add the app, for oneself or (`shared`, its id) to a channel's team or a group chat, and
        return the statuses of the two events.

        Raises:
            NotPossibleError: there is no such place, or the bot has no endpoint.
        """
        place = self._scope(user, shared)
        self._roster.install(place.conversation.scope)
        return await self._announce(user, place, "add", "membersAdded")

    async def uninstall(self, user: User, shared: str | None) -> list[int]:
        """Remove the app again and return the statuses of the two events.

        Raises:
            NotPossibleError: there is no such channel, or the bot has no endpoint.
        """
        place = self._scope(user, shared)
        self._roster.uninstall(place.conversation.scope)
        return await self._announce(user, place, "remove", "membersRemoved")

    async def say(
        self, user: User, conversation_id: str | None, text: str, message_id: str | None = None
    ) -> Said:
        """Send a typed message; without a conversation, in the personal chat.

        `message_id` is for a message that has one already, in the window it was typed in.

        Raises:
            NotPossibleError: the app is not there, or it is somebody else's chat.
        """
        place = self._place(user, conversation_id)
        before = self._conversations.position
        message_id = message_id or self._conversations.next_id()
        thread = place
        if place.conversation.channel is not None and place.root is None:
            thread = Place(place.conversation, message_id)
        activity = self._activities.message(user, thread, message_id, text, self._clock.now())
        self._conversations.add(thread, user.oid, activity, message_id)
        answer = await self._delivery.send(activity)
        return Said(answer.status, thread.id, self._conversations.posted_since(before, thread))

    async def press(
        self, user: User, conversation_id: str, activity_id: str, button: str, given: dict[str, Any]
    ) -> Answer:
        """Press a button of the card as it stands for this person, and show what comes back.

        Raises:
            NotPossibleError: no such message, card or button; inputs that the client refuses.
        """
        place = self._place(user, conversation_id)
        try:
            message = place.conversation.message(activity_id)
            found = find_button(_shown(message, user), button)
            values = inputs.collect(found.inputs, given)
        except (ConnectorError, CardError, inputs.InputError) as error:
            raise NotPossibleError(str(error)) from error
        action = found.action
        data = copy.deepcopy(action.get("data") or {})
        if action["type"] == "Action.OpenUrl":
            raise NotPossibleError(f"opens a browser at {action.get('url')}")
        if not isinstance(data, dict):
            raise NotPossibleError("this sandbox sends object data only")
        return await self._do(user, message, place, {**action, "data": data | values})

    async def act(
        self, user: User, conversation_id: str | None, activity_id: str, action: dict[str, Any]
    ) -> Answer:
        """Send an action of a card in which the inputs are filled in already, and show what comes
        back.

        Raises:
            NotPossibleError: no such message.
        """
        place = self._place(user, conversation_id)
        try:
            message = place.conversation.message(activity_id)
        except ConnectorError as error:
            raise NotPossibleError(str(error)) from error
        return await self._do(user, message, place, action)

    async def send_raw(self, activity: dict[str, Any] | None, fault: TokenFault) -> Answer:
        """Send any activity (None: a harmless message) with a sound or a faulty token.

        The token names the activity's own serviceUrl, so that only the fault is wrong.

        Raises:
            NotPossibleError: the bot has no endpoint.
        """
        if activity is None:
            user = self._roster.people[-1]
            place = self._conversations.at(self._roster.chat_id(user))
            message_id = self._conversations.next_id()
            now = self._clock.now()
            activity = self._activities.message(user, place, message_id, "hello", now)
        return await self._delivery.send(activity, fault)

    def _scope(self, user: User, shared: str | None) -> Place:
        known = shared is None or self._roster.channel(shared) or self._roster.group_chat(shared)
        if not known:
            raise NotPossibleError(f"no channel or group chat {shared}")
        return self._conversations.at(shared or self._roster.chat_id(user))

    def _place(self, user: User, conversation_id: str | None) -> Place:
        try:
            place = self._conversations.at(conversation_id or self._roster.chat_id(user))
        except ConnectorError as error:
            raise NotPossibleError(str(error)) from error
        owner = place.conversation.owner
        if owner is not None and owner != user:
            raise NotPossibleError("this is somebody else's chat")
        is_there = self._roster.has_app(place.conversation.scope)
        # Cards that the bot sent to a team member who never added the app can be pressed too.
        if not is_there and not (owner and place.conversation.messages):
            raise NotPossibleError("the app is not installed here")
        return place

    async def _announce(self, user: User, place: Place, action: str, change: str) -> list[int]:
        now = self._clock.now()
        installation = self._activities.installation(user, place, action, now)
        membership = self._activities.membership(user, place, change, now)
        answers = [await self._delivery.send(event) for event in (installation, membership)]
        return [answer.status for answer in answers]

    async def _do(
        self, user: User, message: Message, place: Place, action: dict[str, Any]
    ) -> Answer:
        thread = Place(place.conversation, message.root)
        if action["type"] == "Action.Submit":
            return await self._submit(user, thread, message, action["data"])
        return await self._execute(user, thread, message, action)

    async def _submit(
        self, user: User, thread: Place, message: Message, data: dict[str, Any]
    ) -> Answer:
        if "msteams" in data:
            raise NotPossibleError("this sandbox does not know Action.Submit with data.msteams")
        activity = self._activities.submit(
            user, thread, self._conversations.next_id(),
            value=data, reply_to=message.id, now=self._clock.now(),
        )  # fmt: skip
        return await self._delivery.send(activity)

    async def _execute(
        self, user: User, thread: Place, message: Message, action: dict[str, Any]
    ) -> Answer:
        names = ("type", "id", "verb", "data")
        sent: dict[str, Any] = {name: action[name] for name in names if name in action}
        activity = self._activities.card_action(user, thread, sent, message.id, self._clock.now())
        answer = await self._delivery.send(activity)
        verb = action.get("verb")
        self._journal.write("teams.invoke", verb=verb, status=answer.status, user=user.oid)
        message.responses.append(
            {"user": user.oid, "verb": verb, "status": answer.status, "body": answer.body}
        )
        self._show(user, message, answer)
        return answer

    def _show(self, user: User, message: Message, answer: Answer) -> None:
        """A card in the response takes the place of the card, for this person.

        universal-action-model, "Response format"; a card that cannot be shown changes nothing.
        """
        body = answer.body
        if answer.status != 200 or not isinstance(body, dict) or body.get("statusCode") != 200:
            return
        if body.get("type") == _CARD_RESPONSE:
            try:
                posted.check_card(body.get("value"))
            except ConnectorError:
                return
            message.views[user.oid] = body["value"]


def _shown(message: Message, user: User) -> list[dict[str, Any]]:
    """The cards of the message as this person sees them now."""
    if user.oid in message.views:
        return [message.views[user.oid]]
    return posted.cards(message.activity)
