"""Sign-in of mailbox owners: the authorization code flow with PKCE, state and nonce, and what holds
of its result.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import msal
import orjson

from bot.domain.errors import PermanentError, UserMistakeError
from bot.domain.mailbox import Identity, Mailbox, scopes_for
from bot.entra.authority import Authority, reachable
from bot.entra.errors import refusal_of_sign_in
from bot.entra.id_token import IdTokens
from bot.entra.tokens import Connection, MailboxTokens, sealed
from bot.ports import Clock, Secrets, SignedIn

_START_LIVES = timedelta(minutes=10)
Profile = Callable[[str], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """A sign-in under way; kept encrypted, used up by its callback."""

    tenant_id: str
    mailbox_id: str
    invite: int
    scopes: list[str]
    flow: dict[str, Any]


class EntraSignIn:
    """ports.SignIn. `profile` asks Graph's /me who a token belongs to."""

    def __init__(
        self,
        authority: Authority,
        tokens: MailboxTokens,
        secrets: Secrets,
        clock: Clock,
        profile: Profile,
    ) -> None:
        self._authority = authority
        self._tokens = tokens
        self._secrets = secrets
        self._clock = clock
        self._profile = profile
        self._id_tokens = IdTokens(authority.session, authority.url, authority.app_id)

    async def begin(self, mailbox: Mailbox, redirect_uri: str) -> str:
        """Return the address of Microsoft's sign-in page for this mailbox's scopes."""
        scopes = list(scopes_for(mailbox.permission))
        flow = await asyncio.to_thread(self._initiate, mailbox, scopes, redirect_uri)
        start = _Start(
            tenant_id=mailbox.tenant_id,
            mailbox_id=mailbox.id,
            invite=mailbox.invite,
            scopes=scopes,
            flow=flow,
        )
        expires = self._clock.now() + _START_LIVES
        await self._secrets.put(_name(flow["state"]), orjson.dumps(asdict(start)), expires=expires)
        address: str = flow["auth_uri"]
        return address

    async def finish(self, parameters: Mapping[str, str]) -> SignedIn:
        """Redeem the callback's parameters, once."""
        kept = await self._secrets.take(_name(parameters.get("state", "")))
        if kept is None:
            raise UserMistakeError(
                "This sign-in was used already, or took longer than ten minutes. "
                "Open the link of the invitation again."
            )
        start = _Start(**orjson.loads(kept))
        if "error" in parameters:
            raise refusal_of_sign_in(parameters)
        answer, cache = await asyncio.to_thread(self._redeem, start, dict(parameters))
        if "access_token" not in answer:
            raise refusal_of_sign_in(answer)
        _require_scopes(start, str(answer.get("scope", "")))
        claims = await asyncio.to_thread(
            self._id_tokens.claims,
            str(answer.get("id_token", "")),
            start.tenant_id,
            hashlib.sha256(str(start.flow["nonce"]).encode("ascii")).hexdigest(),
        )
        profile = await self._profile(answer["access_token"])
        connection = Connection(tenant_id=start.tenant_id, scopes=start.scopes, cache=cache)
        return SignedIn(
            tenant_id=start.tenant_id,
            mailbox_id=start.mailbox_id,
            invite=start.invite,
            identity=Identity(
                oid=claims["oid"],
                tenant_id=start.tenant_id,
                name=profile["displayName"],
                mail=profile["mail"].lower(),
                user_principal_name=profile["userPrincipalName"].lower(),
            ),
            tokens=sealed(connection),
        )

    async def keep(self, signed_in: SignedIn) -> None:
        """Keep the tokens for the mailbox."""
        await self._tokens.keep(signed_in.mailbox_id, signed_in.tokens)

    async def forget(self, signed_in: SignedIn) -> None:
        """Forget the mailbox's tokens."""
        await self._tokens.forget(signed_in.mailbox_id)

    def _initiate(self, mailbox: Mailbox, scopes: list[str], redirect_uri: str) -> dict[str, Any]:
        application = self._authority.application(mailbox.tenant_id)
        flow: dict[str, Any] = application.initiate_auth_code_flow(
            scopes,
            redirect_uri=redirect_uri,
            prompt="select_account",
            login_hint=mailbox.address,
        )
        return flow

    def _redeem(self, start: _Start, parameters: dict[str, str]) -> tuple[dict[str, Any], str]:
        cache = msal.SerializableTokenCache()
        application = self._authority.application(start.tenant_id, cache)
        with reachable():
            try:
                answer = application.acquire_token_by_auth_code_flow(start.flow, parameters)
            except json.JSONDecodeError:
                raise  # a page instead of an answer
            except (ValueError, RuntimeError, LookupError) as error:
                # state or nonce of another flow, a client_info or an id_token that is none
                raise PermanentError("the callback does not hold", code="untrusted") from error
        return answer, cache.serialize()


def _require_scopes(start: _Start, granted: str) -> None:
    """Entra may grant less than was asked; half a connection is none. It may leave the list out
    where it is what was asked (RFC 6749, 5.1).
    """
    if not granted:
        return
    given = {each.rpartition("/")[2].lower() for each in granted.split()}
    missing = [each for each in start.scopes if each.lower() not in given]
    if missing:
        raise PermanentError(f"not granted: {' '.join(missing)}", code="admin_approval")


def _name(state: str) -> str:
    return f"flow:{hashlib.sha256(state.encode()).hexdigest()}"
