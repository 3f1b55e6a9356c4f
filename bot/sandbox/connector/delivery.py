"""The call to the bot's messaging endpoint: the only HTTP the client makes."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.connector.channel_tokens import ChannelTokens, TokenFault
from bot.sandbox.directory import Directory
from bot.sandbox.journal import Journal

# Beyond 10 to 15 s the client shows "Something went wrong" (AdaptiveCards issue 3701, msteams-docs
# issue 6461); the Connector answers 504 for a bot that is too slow.
_PATIENCE = ClientTimeout(total=15)


class NotPossibleError(Exception):
    """The person cannot do this in their client; the message says why. Nothing was sent."""


@dataclass(frozen=True)
class Answer:
    """What the bot's endpoint answered."""

    status: int
    body: Any = None


class Delivery:
    """Brings activities to the bot, signed as the channel signs them."""

    def __init__(self, directory: Directory, tokens: ChannelTokens, journal: Journal) -> None:
        self._app = directory.app
        self._tokens = tokens
        self._journal = journal

    async def send(self, activity: dict[str, Any], fault: TokenFault = "none") -> Answer:
        """Return the bot's answer; 502 when nobody listens, 504 when the bot is too slow.

        Raises:
            NotPossibleError: the bot has no endpoint.
        """
        endpoint = self._app.bot_endpoint
        if endpoint is None:
            raise NotPossibleError("the bot has no messaging endpoint")
        self._note(activity, fault)
        service_url = str(activity.get("serviceUrl", ""))
        token = self._tokens.header(self._app.app_id, service_url, fault)
        headers = {"Authorization": token} if token is not None else {}
        try:
            async with (
                ClientSession(timeout=_PATIENCE) as session,
                session.post(endpoint, json=activity, headers=headers) as response,
            ):
                return Answer(response.status, _json(await response.text()))
        except TimeoutError:
            return Answer(504)
        except ClientError:
            return Answer(502)

    def _note(self, activity: dict[str, Any], fault: TokenFault) -> None:
        facts = {
            "conversation": (activity.get("conversation") or {}).get("id"),
            "from": (activity.get("from") or {}).get("aadObjectId"),
            "type": activity.get("type"),
            "fault": fault,
        }
        self._journal.write("teams.activity.in", **facts)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
