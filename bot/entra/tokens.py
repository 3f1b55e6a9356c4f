"""Access tokens of mailboxes, out of msal caches kept encrypted, one per mailbox."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

import msal
import orjson

from bot.domain.errors import ConsentRequiredError, TransientError
from bot.entra.authority import Authority, reachable
from bot.entra.errors import refusal_of_token
from bot.ports import Secrets

_EARLY = 300.0  # msal calls a token expired when less than five minutes are left
# How often Entra is asked anew for a mailbox whose tokens Graph refuses (AADSTS50196 otherwise).
_ANEW_EVERY = 60.0
_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What is kept of one consent: whose tenant, which Graph scopes, msal's own cache as text."""

    tenant_id: str
    scopes: list[str]
    cache: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """An access token in memory, by real time; `anew` is when Entra was last made to renew it."""

    token: str
    good_until: float
    anew: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renewal:
    """What msal said: its answer, its cache as text, and the access token if there is one."""

    answer: Mapping[str, Any]
    cache: str
    held: _Held | None


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
        self._held: dict[str, _Held] = {}
        self._refused: dict[str, _Held] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def token(self, mailbox_id: str, *, claims: str | None = None) -> str:
        """Return an access token good for minutes to come. `claims` is the JSON of a claims
        challenge Graph made; then it is a fresh one that answers it.

        Raises:
            ConsentRequiredError: the connection is gone: revoked, expired or never made.
            TransientError: Entra cannot be reached, or asks to wait.
        """
        held = self._good(mailbox_id)
        if held and not claims:
            return held
        async with self._lock(mailbox_id):
            held = self._good(mailbox_id)
            if held and not claims:
                return held
            return await self._renew(mailbox_id, claims)

    def spoiled(self, mailbox_id: str, token: str | None = None) -> None:
        """Graph refused `token` (None: the one held): it is not given out again, from memory or
        from what is kept. A newer one stays.
        """
        held = self._held.get(mailbox_id)
        if held is not None and token in (None, held.token):
            self._refused[mailbox_id] = self._held.pop(mailbox_id)

    async def keep(self, mailbox_id: str, connection: bytes) -> None:
        """Keep a new connection over what was there."""
        async with self._lock(mailbox_id):
            await self._secrets.put(secret_name(mailbox_id), connection)
            self._forget_held(mailbox_id)

    async def forget(self, mailbox_id: str) -> None:
        """Forget the connection. Another process may hold an access token for an hour at most."""
        async with self._lock(mailbox_id):
            await self._secrets.take(secret_name(mailbox_id))
            self._forget_held(mailbox_id)

    def _forget_held(self, mailbox_id: str) -> None:
        self._held.pop(mailbox_id, None)
        self._refused.pop(mailbox_id, None)

    def _good(self, mailbox_id: str) -> str:
        held = self._held.get(mailbox_id)
        return held.token if held is not None and time.time() < held.good_until else ""

    def _lock(self, mailbox_id: str) -> asyncio.Lock:
        return self._locks.setdefault(mailbox_id, asyncio.Lock())

    async def _renew(self, mailbox_id: str, claims: str | None) -> str:
        """Ask msal, and keep what it made of the cache. Somebody else may change what is kept
        meanwhile (another process renews too, the owner reconnects): then theirs is what counts.
        """
        name = secret_name(mailbox_id)
        for _ in range(_ROUNDS):
            kept = await self._secrets.get(name)
            if kept is None:
                self._forget_held(mailbox_id)
                raise ConsentRequiredError("no consent is kept for this mailbox", code="no_consent")
            data, revision = kept
            connection, refused = opened(data), self._refused.get(mailbox_id)
            renewal = await asyncio.to_thread(self._ask, connection, refused, claims)
            if renewal.cache != connection.cache:
                changed = replace(connection, cache=renewal.cache)
                if not await self._secrets.swap(name, sealed(changed), revision):
                    continue
            if renewal.held is not None:
                self._held[mailbox_id] = renewal.held
                self._refused.pop(mailbox_id, None)
                return renewal.held.token
            refusal = refusal_of_token(renewal.answer)
            if not isinstance(refusal, ConsentRequiredError):
                raise refusal
            now_kept = await self._secrets.get(name)
            if now_kept is None or now_kept[1] == revision:
                raise refusal
        raise TransientError("what is kept of the connection keeps changing")

    def _ask(self, connection: Connection, refused: _Held | None, claims: str | None) -> _Renewal:
        """Have msal find or renew the access token. Blocking."""
        cache = msal.SerializableTokenCache()
        cache.deserialize(connection.cache)
        application = self._authority.application(connection.tenant_id, cache)
        anew = time.time() if claims else 0.0
        with reachable():
            answer = _silent(application, connection.scopes, claims_challenge=claims)
            if refused is not None and answer.get("access_token") == refused.token:
                # msal's cache gives it out as long as it is not expired; Graph will not have it.
                anew = time.time()
                if anew - refused.anew < _ANEW_EVERY:
                    raise TransientError("Graph refuses a fresh token", retry_after=_ANEW_EVERY)
                answer = _silent(application, connection.scopes, force_refresh=True)
        token = answer.get("access_token")
        good_until = time.time() + float(answer.get("expires_in", 0)) - _EARLY
        held = _Held(token=token, good_until=good_until, anew=anew) if token else None
        return _Renewal(answer=answer, cache=cache.serialize(), held=held)


def _silent(application: Any, scopes: list[str], **options: Any) -> Mapping[str, Any]:
    accounts = application.get_accounts()
    answer = application.acquire_token_silent_with_error(
        scopes, account=accounts[0] if accounts else None, **options
    )
    # None: nothing in the cache to ask with.
    return answer or {"error": "invalid_grant"}
