"""The endpoint that Agents Playground takes for the bot: what its user does, done in our Teams.

Playground sends no token (package @microsoft/m365agentsplayground 0.2.28, without client id and
secret), so nothing it sends reaches the bot. What its user typed or pressed is done by the
sandbox's own client instead, in the shape and under the signature of the channel.
"""

from typing import Any

from aiohttp import web

from bot.sandbox import fields
from bot.sandbox.connector.conversations import thread_id
from bot.sandbox.connector.delivery import NotPossibleError
from bot.sandbox.connector.errors import ConnectorError
from bot.sandbox.connector.state import Teams
from bot.sandbox.directory import User
from bot.sandbox.playground.mirror import Mirror

# Playground marks its requests. No page of another origin can set the header without asking first,
# and nobody answers that question here.
_MARK = "x-ms-agents-playground"


def application(teams: Teams, mirror: Mirror, user: User) -> web.Application:
    """Return the app of the listener that Playground's `--app-endpoint` names."""
    relay = _Relay(teams, mirror, user)
    app = web.Application()
    app.add_routes([web.post("/api/messages", relay.take)])
    return app


class _Relay:
    def __init__(self, teams: Teams, mirror: Mirror, user: User) -> None:
        self._teams = teams
        self._mirror = mirror
        self._user = user
        self._chat = teams.roster.chat_id(user)

    async def take(self, request: web.Request) -> web.Response:
        """POST /api/messages: an activity of Playground's user."""
        if request.headers.get(_MARK) != "true" or request.content_type != "application/json":
            raise web.HTTPForbidden(text="for Agents Playground only")
        try:
            activity = fields.parse(await request.read())
            return await self._do(activity)
        except (fields.FieldError, KeyError, TypeError) as error:
            return web.json_response({"error": f"not understood: {error}"}, status=400)
        except (ConnectorError, NotPossibleError) as error:
            return web.json_response({"error": str(error)}, status=422)

    async def _do(self, activity: dict[str, Any]) -> web.Response:
        match activity["type"], activity.get("name"):
            case "message", _ if activity.get("value") is None:
                await self._say(activity)
            case "message", _:
                await self._act(activity, {"type": "Action.Submit", "data": activity["value"]})
            case "invoke", "adaptiveCard/action":
                return await self._act(activity, activity["value"]["action"])
            case "installationUpdate", _ if activity["conversation"]["id"] == self._chat:
                # Its page says with every load that the app was installed; it long is.
                self._mirror.tell_all()
        return web.Response()

    async def _say(self, activity: dict[str, Any]) -> None:
        text, (place, root) = activity["text"], self._place(activity)
        known = self._teams.conversations.at(place).conversation.messages
        if root is not None and root not in known:
            # It begins a thread, which goes by the id that Playground gave it.
            message_id, thread = root, place
        else:
            message_id, thread = self._teams.conversations.next_id(), thread_id(place, root)
        self._mirror.note(message_id, message_id)
        await self._teams.client.say(self._user, thread, text, message_id)

    async def _act(self, activity: dict[str, Any], action: dict[str, Any]) -> web.Response:
        place, _ = self._place(activity)
        message_id = self._mirror.message_id(activity["replyToId"])
        action = self._with_object_ids(action)
        answer = await self._teams.client.act(self._user, place, message_id, action)
        return web.json_response(answer.body, status=answer.status)

    def _place(self, activity: dict[str, Any]) -> tuple[str, str | None]:
        """The conversation, and our id of the message that heads the thread."""
        place, _, root = str(activity["conversation"]["id"]).partition(";messageid=")
        return place, self._mirror.message_id(root) if root else None

    def _with_object_ids(self, action: dict[str, Any]) -> dict[str, Any]:
        """A people picker of Teams gives object ids (people-picker, "Data submission"), that of
        Playground the ids of its own roster.
        """
        ids = {self._teams.roster.user_id(each): each.oid for each in self._teams.roster.people}
        data = {
            name: ",".join(ids.get(part, part) for part in value.split(","))
            if isinstance(value, str)
            else value
            for name, value in action.get("data", {}).items()
        }
        return {**action, "data": data}
