"""Control of Teams: act for a person, look at a conversation."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from aiohttp import web

from bot.sandbox import fields
from bot.sandbox.connector.channel_tokens import TOKEN_FAULTS, TokenFault
from bot.sandbox.connector.conversations import BOT, Message, Place
from bot.sandbox.connector.delivery import NotPossibleError
from bot.sandbox.connector.errors import ConnectorError
from bot.sandbox.connector.state import Teams
from bot.sandbox.directory import User

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(teams: Teams) -> list[web.RouteDef]:
    """Return the routes for the control listener, which answers FieldError and unknown users."""
    control, base = _Control(teams), "/control/teams"
    return [
        web.post(f"{base}/install", _refusing(control.install)),
        web.post(f"{base}/uninstall", _refusing(control.uninstall)),
        web.post(f"{base}/say", _refusing(control.say)),
        web.post(f"{base}/press", _refusing(control.press)),
        web.post(f"{base}/raw", _refusing(control.raw)),
        web.get(f"{base}/conversations", _refusing(control.conversations)),
        web.get(f"{base}/conversations/{{conversation}}", _refusing(control.conversation)),
    ]


class _Control:
    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    async def install(self, request: web.Request) -> web.Response:
        content = await _read(request, {"user": str}, {"channel": str})
        user = self._user(content)
        statuses = await self._teams.client.install(user, content.get("channel"))
        return web.json_response({"statuses": statuses})

    async def uninstall(self, request: web.Request) -> web.Response:
        content = await _read(request, {"user": str}, {"channel": str})
        user = self._user(content)
        statuses = await self._teams.client.uninstall(user, content.get("channel"))
        return web.json_response({"statuses": statuses})

    async def say(self, request: web.Request) -> web.Response:
        content = await _read(request, {"user": str, "text": str}, {"conversation": str})
        said = await self._teams.client.say(
            self._user(content), content.get("conversation"), content["text"]
        )
        return web.json_response(
            {
                "status": said.status,
                "conversation": said.conversation,
                "activities": said.activities,
            }
        )

    async def press(self, request: web.Request) -> web.Response:
        required = {"user": str, "conversation": str, "activity": str, "button": str}
        content = await _read(request, required, {"inputs": dict})
        answer = await self._teams.client.press(
            self._user(content),
            content["conversation"],
            content["activity"],
            content["button"],
            content.get("inputs") or {},
        )
        return web.json_response({"status": answer.status, "body": answer.body})

    async def raw(self, request: web.Request) -> web.Response:
        content = await _read(request, {"fault": str}, {"activity": dict})
        if content["fault"] not in TOKEN_FAULTS:
            raise fields.FieldError(f"fault: one of {', '.join(TOKEN_FAULTS)}")
        fault = cast(TokenFault, content["fault"])
        answer = await self._teams.client.send_raw(content.get("activity"), fault)
        return web.json_response({"status": answer.status})

    async def conversations(self, _request: web.Request) -> web.Response:
        places = [Place(item, None) for item in self._teams.conversations]
        return web.json_response({"conversations": [self._summary(place) for place in places]})

    async def conversation(self, request: web.Request) -> web.Response:
        place = self._teams.conversations.at(request.match_info["conversation"])
        shown = [_present(message) for message in place.messages()]
        return web.json_response({**self._summary(place), "activities": shown})

    def _summary(self, place: Place) -> dict[str, Any]:
        owner = place.conversation.owner
        people = [owner] if owner else self._teams.roster.people
        return {
            "id": place.id,
            "kind": place.conversation.kind,
            "name": place.conversation.name,
            "installed": self._teams.roster.reaches(place.conversation.scope),
            "members": [user.oid for user in people],
        }

    def _user(self, content: dict[str, Any]) -> User:
        return self._teams.roster.find(content["user"])


def _present(message: Message) -> dict[str, Any]:
    """The activity as it stands, with what only the sandbox knows under `sandbox`."""
    return {
        **message.activity,
        "sandbox": {
            "is_from_bot": message.author == BOT,
            "versions": len(message.versions),
            "views": message.views,
            "responses": message.responses,
        },
    }


async def _read(
    request: web.Request, required: Mapping[str, type], optional: Mapping[str, type]
) -> dict[str, Any]:
    content = fields.parse(await request.read())
    fields.check(content, required=required, optional=optional)
    return content


def _refusing(handler: _Handler) -> _Handler:
    """Answer 404 for a conversation that is not there, 422 for what a client does not allow."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ConnectorError as error:
            return web.json_response({"error": str(error)}, status=error.status)
        except NotPossibleError as error:
            return web.json_response({"error": str(error)}, status=422)

    return guarded
