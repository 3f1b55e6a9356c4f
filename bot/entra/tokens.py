"""Access tokens of mailboxes, out of msal caches kept encrypted, one per mailbox."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import msal
import orjson
import requests
from msal.exceptions import MsalServiceError

from bot.domain.errors import ConsentRequiredError, TransientError
from bot.entra.authority import Authority
from bot.entra.errors import refusal_of_token
from bot.ports import Secrets

_EARLY = 300.0  # msal calls a token expired when less than five minutes are left


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What is kept of one consent: whose tenant, which Graph scopes, msal's own cache as text."""

    tenant_id: str
    scopes: list[str]
    cache: str


def sealed(connection: Connection) -> bytes:
    """Return a connection as bytes to be kept encrypted."""
    return orjson.dumps(connection)


def opened(data: bytes) -> Connection:
    """Return the connection that `sealed` made."""
    return Connection(**orjson.loads(data))


def secret_name(mailbox_id: str) -> str:
    """Return the name a mailbox's connection is kept under."""
    return f"tokens:{mailbox_id}"


class MailboxTokens:
    """Gives out access tokens; a refresh happens once per mailbox at a time."""

    def __init__(self, authority: Authority, secrets: Secrets) -> None:
        self._authority = authority
        self._secrets = secrets
        self._held: dict[str, tuple[str, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(self, mailbox_id: str) -> str:
        """Return an access token good for minutes to come.

        Raises:
            ConsentRequiredError: the connection is gone: revoked, expired or never made.
            PermanentError: Entra refuses our own registration (code "our_registration").
            TransientError: Entra cannot be reached, or asks to wait.
        """
        held = self._held.get(mailbox_id)
        if held is not None and time.time() < held[1]:
            return held[0]
        async with self._locks.setdefault(mailbox_id, asyncio.Lock()):
            held = self._held.get(mailbox_id)
            if held is not None and time.time() < held[1]:
                return held[0]
            return await self._refresh(mailbox_id)

    def spoiled(self, mailbox_id: str) -> None:
        """Forget the token held in memory: Graph refused it, or the mailbox was reconnected."""
        self._held.pop(mailbox_id, None)

    async def _refresh(self, mailbox_id: str) -> str:
        kept = await self._secrets.get(secret_name(mailbox_id))
        if kept is None:
            raise ConsentRequiredError("no consent is kept for this mailbox", code="no_consent")
        connection = opened(kept[0])
        answer, cache = await asyncio.to_thread(self._silent, connection)
        if cache != connection.cache:
            renewed = Connection(
                tenant_id=connection.tenant_id, scopes=connection.scopes, cache=cache
            )
            # Another process may have renewed it, or the owner reconnected: theirs is as good,
            # and a refresh token that was used once stays valid (refresh-tokens).
            await self._secrets.swap(secret_name(mailbox_id), sealed(renewed), kept[1])
        if "access_token" not in answer:
            raise refusal_of_token(answer)
        token: str = answer["access_token"]
        self._held[mailbox_id] = token, time.time() + float(answer["expires_in"]) - _EARLY
        return token

    def _silent(self, connection: Connection) -> tuple[dict[str, Any], str]:
        cache = msal.SerializableTokenCache()
        cache.deserialize(connection.cache)
        try:
            application = self._authority.application(connection.tenant_id, cache)
            accounts = application.get_accounts()
            answer = application.acquire_token_silent_with_error(
                connection.scopes, account=accounts[0] if accounts else None
            )
        except (MsalServiceError, requests.RequestException) as error:
            raise TransientError("Entra cannot be reached") from error
        return answer or {"error": "invalid_grant"}, cache.serialize()
