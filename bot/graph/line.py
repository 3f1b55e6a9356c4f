"""The line to Graph for what happens by the thousand: submissions, pages of a folder, and messages
that came. They are written without the SDK, which spends twenty times the processor on each.
Nothing is repeated: aiohttp sends a POST once, also where a kept connection turns out to be closed
(client.py, IDEMPOTENT_METHODS); a GET may be.
"""

import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
from yarl import URL

from bot.domain.delivery import OutgoingMail
from bot.graph.answers import code_in, seconds_in
from bot.graph.bearer import challenge_in
from bot.graph.errors import Answer
from bot.graph.message import properties_of

_CONNECTIONS = 200


class Line:
    """Requests over kept connections. `timeout` is how many seconds one may take in all; a third of
    it goes to connecting.
    """

    def __init__(self, trust: ssl.SSLContext, timeout: float) -> None:
        self._trust = trust
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=timeout / 3)
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, token: str, url: str, body: bytes | None = None) -> tuple[Answer, str]:
        """POST `body` to a URL, or GET the URL, encoded as it is; return the answer, and the claims
        it asks a token for ("" mostly).

        Raises:
            aiohttp.ClientError, TimeoutError: there was no answer.
        """
        headers = {
            "Authorization": f"Bearer {token}",
            # Ids that survive a move between folders (outlook-immutable-id).
            "Prefer": 'IdType="ImmutableId"',
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        method = "GET" if body is None else "POST"
        asked = self._opened().request(
            method, URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
        )
        async with asked as response:
            if response.status == HTTPStatus.ACCEPTED:
                return _ACCEPTED, ""
            told = await response.read()
            answer = Answer(
                status=response.status,
                code="" if response.ok else code_in(told),
                retry_after=seconds_in(response.headers.get("Retry-After", "")),
                request_id=response.headers.get("request-id", ""),
                body=told,
            )
            return answer, challenge_in(response.headers.get("WWW-Authenticate", ""))

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=self._trust),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


_ACCEPTED = Answer(status=HTTPStatus.ACCEPTED)


def body_of(mail: OutgoingMail) -> bytes:
    """Return an email as Graph takes it (user-sendmail); kept in Sent Items, which is our proof."""
    recipient: dict[str, Any] = {"address": mail.to_address}
    if mail.to_name:
        recipient["name"] = mail.to_name
    properties: Mapping[str, str] = properties_of(mail)
    message = {
        "subject": mail.subject,
        "body": {"contentType": "html", "content": mail.html},
        "toRecipients": [{"emailAddress": recipient}],
        "internetMessageId": mail.message_id,
        "singleValueExtendedProperties": [
            {"id": name, "value": value} for name, value in properties.items()
        ],
    }
    return orjson.dumps({"message": message, "saveToSentItems": True})
