"""The token endpoint: three grants, each answered with what Entra ID would answer.

entra/identity-platform/v2-oauth2-auth-code-flow ("Redeem a code for an access token", "Refresh the
access token") and v2-oauth2-client-creds-grant-flow.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from bot.sandbox.directory import Directory, User
from bot.sandbox.entra import scopes
from bot.sandbox.entra.credentials import Authorization
from bot.sandbox.entra.errors import EntraError
from bot.sandbox.entra.scopes import GRAPH, Scopes
from bot.sandbox.entra.tokens import ACCESS_SECONDS, BOT_FRAMEWORK_TENANT, CONNECTOR, Tokens
from bot.sandbox.journal import Journal

_COMMON = {"client_id", "client_secret", "grant_type", "scope", "client_info"}
_KNOWN = {
    "authorization_code": _COMMON | {"code", "redirect_uri", "code_verifier"},
    "refresh_token": _COMMON | {"refresh_token", "redirect_uri"},
    "client_credentials": _COMMON,
}
_DEFAULT = "/.default"


class TokenEndpoint:
    """Answers token requests. What it issues is remembered in `tokens`."""

    def __init__(self, directory: Directory, tokens: Tokens, journal: Journal) -> None:
        self._directory = directory
        self._tokens = tokens
        self._journal = journal

    def answer(self, tenant_id: str, form: Mapping[str, str]) -> dict[str, object]:
        """Return the body of a successful answer.

        Raises:
            EntraError: with the code that Entra ID gives for the case.
        """
        grant, oid = form.get("grant_type", ""), None
        try:
            self._check(form, grant, tenant_id)
            if grant == "client_credentials":
                response = self._app_only(form, tenant_id)
            elif tenant_id != self._directory.tenant_id:
                raise EntraError.unknown_tenant(tenant_id)
            else:
                redeem = self._redeem if grant == "authorization_code" else self._refresh
                oid, response = redeem(form)
        except EntraError as error:
            code = f"AADSTS{error.code}"
            self._journal.write("entra.token", grant=grant, oid=oid, ok=False, error=code)
            raise
        self._journal.write("entra.token", grant=grant, oid=oid, ok=True, error=None)
        return response

    def _check(self, form: Mapping[str, str], grant: str, tenant_id: str) -> None:
        if not grant:
            raise EntraError.missing("grant_type")
        if grant not in _KNOWN:
            text = f"The app requested an unsupported grant type '{grant}'."
            raise EntraError("unsupported_grant_type", 70003, text)
        if unknown := set(form) - _KNOWN[grant]:
            raise EntraError.unknown_parameters(sorted(unknown))
        app = self._directory.app
        if not form.get("client_id"):
            raise EntraError.missing("client_id")
        if form["client_id"] != app.app_id:
            raise EntraError.unknown_app(form["client_id"], tenant_id)
        if "client_secret" not in form:
            text = (
                "The request body must contain the following parameter: 'client_assertion' or "
                "'client_secret'."
            )
            raise EntraError("invalid_client", 7000218, text, status=401)
        if not hmac.compare_digest(form["client_secret"].encode(), app.secret.encode()):
            text = f"Invalid client secret provided for app '{app.app_id}'."
            raise EntraError("invalid_client", 7000215, text, status=401)

    def _redeem(self, form: Mapping[str, str]) -> tuple[str, dict[str, object]]:
        found = self._tokens.codes.look_up(_required(form, "code"))
        if _required(form, "redirect_uri") != found.redirect_uri:
            # The error word is `invalid_client` in reports from the field; the docs name none.
            text = (
                f"The reply address '{form['redirect_uri']}' does not match the reply address "
                f"'{found.redirect_uri}' provided when requesting Authorization code."
            )
            raise EntraError("invalid_client", 500112, text)
        _check_verifier(form.get("code_verifier"), found)
        self._tokens.codes.redeem(form["code"])
        user = self._directory.user(found.oid)
        asked = scopes.parse(form["scope"]) if form.get("scope") else found.scopes
        self._require_consent(user, found.scopes.graph | asked.graph)
        return user.oid, self._issue(user, asked, nonce=found.nonce, offline=found.scopes.offline)

    def _refresh(self, form: Mapping[str, str]) -> tuple[str, dict[str, object]]:
        presented = _required(form, "refresh_token")
        found = self._tokens.refresh_tokens.look_up(presented, self._directory.session_generation)
        user = self._directory.user(found.oid)
        asked = scopes.parse(form["scope"]) if form.get("scope") else _everything()
        self._require_consent(user, asked.graph)
        return user.oid, self._issue(user, asked, nonce=None, offline=True)

    def _app_only(self, form: Mapping[str, str], tenant_id: str) -> dict[str, object]:
        scope = _required(form, "scope")
        if not scope.endswith(_DEFAULT) or " " in scope:
            text = (
                f"The provided value for scope {scope} is not valid. Client credential flows must "
                "have a scope value with /.default suffixed to the resource identifier."
            )
            raise EntraError("invalid_scope", 1002012, text)
        resource = scope.removesuffix(_DEFAULT)
        allowed = (CONNECTOR,) if tenant_id == BOT_FRAMEWORK_TENANT else (CONNECTOR, GRAPH)
        if resource not in allowed:
            text = f"The resource principal named {resource} was not found in the tenant."
            raise EntraError("invalid_resource", 500011, text)
        return {
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "ext_expires_in": ACCESS_SECONDS,
            "access_token": self._tokens.app_access(resource, tenant_id),
        }

    def _require_consent(self, user: User, wanted: frozenset[str]) -> None:
        granted = self._directory.granted(user.oid)
        if not granted or not wanted <= granted:
            app = self._directory.app
            raise EntraError.consent_missing(app.app_id, app.name)

    def _issue(
        self, user: User, asked: Scopes, *, nonce: str | None, offline: bool
    ) -> dict[str, object]:
        granted = self._directory.granted(user.oid)
        response: dict[str, object] = {
            "token_type": "Bearer",
            "scope": asked.echo(granted),
            "expires_in": ACCESS_SECONDS,
            "ext_expires_in": ACCESS_SECONDS,
            "access_token": self._tokens.graph_access(user, granted),
            "client_info": self._tokens.client_info(user),
        }
        if offline:
            response["refresh_token"] = self._tokens.refresh_tokens.issue(
                user.oid, self._directory.app.app_id, self._directory.session_generation(user.oid)
            )
        if "openid" in asked.openid:
            response["id_token"] = self._tokens.id_token(user, asked.openid, nonce)
        return response


def _required(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise EntraError.missing(name)
    return form[name]


def _check_verifier(verifier: str | None, found: Authorization) -> None:
    """RFC 7636, 4.6: the verifier's SHA-256 is the challenge."""
    if found.code_challenge is None and verifier is None:
        return
    digest = hashlib.sha256((verifier or "").encode()).digest()
    answer = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(answer, found.code_challenge or ""):
        text = (
            "The Code_Verifier does not match the code_challenge supplied in the authorization "
            "request."
        )
        raise EntraError("invalid_grant", 501481, text)


def _everything() -> Scopes:
    """A refresh without `scope` gets what was consented to."""
    return Scopes(
        frozenset({"openid", "profile"}), offline=True, graph=frozenset(), qualified=False
    )
