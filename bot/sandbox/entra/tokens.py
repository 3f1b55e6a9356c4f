"""JWTs of the login host: minting, and the checks that Graph and the Bot Connector make."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.directory import Directory, User
from bot.sandbox.entra.credentials import Codes, RefreshTokens
from bot.sandbox.entra.scopes import GRAPH
from bot.sandbox.keys import InvalidTokenError, SigningKey

CONNECTOR = "https://api.botframework.com"
# "Access token lifetime ... between 60-90 minutes" (configurable-token-lifetimes).
ACCESS_SECONDS = 3600
# The tenant in which multi-tenant bots get their token ("Authenticate requests from your bot to the
# Bot Connector service", rest-api/bot-framework-rest-connector-authentication).
BOT_FRAMEWORK_TENANT = "d6d49420-f39b-4df7-a1dc-d59a935871db"


@dataclass(frozen=True)
class GraphCaller:
    """Who calls Graph, and what the token lets them do. App-only tokens carry no scope."""

    oid: str
    tenant_id: str
    scopes: frozenset[str]


class Tokens:
    """Everything the login host has issued. Lifetimes run on real time, whatever the sandbox clock.

    `https_base` is the origin of the https listener (it is in the issuer of id tokens); `now`
    returns seconds since the epoch.
    """

    def __init__(
        self,
        directory: Directory,
        key: SigningKey,
        *,
        https_base: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._key = key
        self._now = now
        self._https_base = https_base
        self.codes = Codes(now)
        self.refresh_tokens = RefreshTokens(now)

    @property
    def issuer(self) -> str:
        """The issuer of id tokens, as the discovery document of the tenant names it."""
        return f"{self._https_base}/{self._directory.tenant_id}/v2.0"

    def graph_access(self, user: User, scopes: frozenset[str]) -> str:
        """Return an access token for Graph on behalf of `user`.

        Graph gets version 1.0 tokens: issuer at sts.windows.net, the app in `appid`, delegated
        permissions in `scp` (entra/identity-platform/access-token-claims-reference).
        """
        return self._sign(
            {
                "aud": GRAPH,
                "iss": _issuer_v1(self._directory.tenant_id),
                "acct": 0,
                "appid": self._directory.app.app_id,
                "appidacr": "1",
                "idtyp": "user",
                "name": user.name,
                "oid": user.oid,
                "scp": " ".join(sorted(scopes)),
                "sub": self._pairwise(user),
                "tid": self._directory.tenant_id,
                "unique_name": user.upn,
                "upn": user.upn,
                "ver": "1.0",
            }
        )

    def app_access(self, resource: str, tenant_id: str) -> str:
        """Return an app-only access token (no `scp`, no application permission in `roles`)."""
        return self._sign(
            {
                "aud": resource,
                "iss": _issuer_v1(tenant_id),
                "appid": self._directory.app.app_id,
                "appidacr": "1",
                "idtyp": "app",
                "oid": self._service_principal(),
                "sub": self._service_principal(),
                "tid": tenant_id,
                "ver": "1.0",
            }
        )

    def id_token(self, user: User, scopes: frozenset[str], nonce: str | None) -> str:
        """Return the id token (entra/identity-platform/id-token-claims-reference, version 2.0)."""
        claims: dict[str, Any] = {
            "aud": self._directory.app.app_id,
            "iss": self.issuer,
            "oid": user.oid,
            "sub": self._pairwise(user),
            "tid": self._directory.tenant_id,
            "ver": "2.0",
        }
        if "profile" in scopes:
            claims |= {"name": user.name, "preferred_username": user.upn}
        if "email" in scopes:
            claims["email"] = user.mail
        if nonce is not None:
            claims["nonce"] = nonce
        return self._sign(claims)

    def client_info(self, user: User) -> str:
        """Return what MSAL builds its account id from: base64url of `uid` and `utid`."""
        info = json.dumps({"uid": user.oid, "utid": self._directory.tenant_id}).encode()
        return base64.urlsafe_b64encode(info).rstrip(b"=").decode()

    def verify_graph(self, bearer: str) -> GraphCaller:
        """Return who calls Graph with this access token.

        Raises:
            InvalidTokenError: forged, expired, or issued for something else than Graph.
        """
        claims = self._key.verify(bearer, audience=GRAPH)
        if claims["iss"] != _issuer_v1(self._directory.tenant_id):
            raise InvalidTokenError("issued by another tenant")
        scopes = frozenset(str(claims.get("scp", "")).split())
        return GraphCaller(str(claims["oid"]), str(claims["tid"]), scopes)

    def verify_connector(self, bearer: str) -> None:
        """Check the bot's token for the Bot Connector.

        Raises:
            InvalidTokenError: forged, expired, for another audience, or of another app.
        """
        claims = self._key.verify(bearer, audience=CONNECTOR)
        if claims.get("appid") != self._directory.app.app_id:
            raise InvalidTokenError("issued to an app that is no bot here")
        tenants = (self._directory.tenant_id, BOT_FRAMEWORK_TENANT)
        if claims["iss"] not in [_issuer_v1(tenant) for tenant in tenants]:
            raise InvalidTokenError("issued by another tenant")

    def _sign(self, claims: dict[str, Any]) -> str:
        now = int(self._now())
        times = {"iat": now, "nbf": now, "exp": now + ACCESS_SECONDS}
        return self._key.sign({**claims, **times, "uti": uuid.uuid4().hex})

    def _pairwise(self, user: User) -> str:
        """`sub` differs from app to app, `oid` does not (id-token-claims-reference)."""
        return uuid.uuid5(uuid.UUID(user.oid), self._directory.app.app_id).hex

    def _service_principal(self) -> str:
        return str(uuid.uuid5(uuid.UUID(self._directory.tenant_id), "service principal"))


def _issuer_v1(tenant_id: str) -> str:
    return f"https://sts.windows.net/{tenant_id}/"
