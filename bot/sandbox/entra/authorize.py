"""The authorization endpoint's decisions: is the request sound, who may consent, what goes back.

entra/identity-platform/v2-oauth2-auth-code-flow, "Request an authorization code".
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.sandbox.directory import AppRegistration, Directory, User
from bot.sandbox.entra import scopes
from bot.sandbox.entra.credentials import Authorization
from bot.sandbox.entra.errors import EntraError
from bot.sandbox.entra.scopes import Scopes
from bot.sandbox.entra.tokens import Tokens

_KNOWN = {
    "client_id", "response_type", "redirect_uri", "response_mode", "scope", "state", "nonce",
    "prompt", "login_hint", "code_challenge", "code_challenge_method", "client_info",
    "X-AnchorMailbox",  # MSAL's routing hint beside login_hint (`msal/application.py`)
}  # fmt: skip
_PROMPTS = {"login", "none", "consent", "select_account"}
_RESPONSE_MODES = {"query", "fragment", "form_post"}
# RFC 7636, 4.2: the S256 challenge is 43 characters of base64url.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class AdminApprovalNeededError(Exception):
    """This person may not consent: Entra shows "Need admin approval" and does not redirect."""

    def __init__(self, user: User) -> None:
        super().__init__(user.upn)
        self.user = user


@dataclass(frozen=True)
class Target:
    """Where answers go, and how they travel there."""

    redirect_uri: str
    response_mode: str
    state: str | None

    def fields(self, answer: Mapping[str, str]) -> dict[str, str]:
        """Return `answer` with the request's state."""
        return {**answer, **({} if self.state is None else {"state": self.state})}

    def url(self, answer: Mapping[str, str]) -> str:
        """Return the address to redirect to, for the modes `query` and `fragment`."""
        fields = urlencode(self.fields(answer))
        if self.response_mode == "fragment":
            return f"{self.redirect_uri}#{fields}"
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{fields}"


@dataclass(frozen=True)
class AuthorizeRequest:
    """A sound request for a code."""

    target: Target
    scopes: Scopes
    nonce: str | None
    code_challenge: str | None
    prompt: str | None
    login_hint: str | None
    wants_client_info: bool


def read_target(query: Mapping[str, str], app: AppRegistration, tenant: str) -> Target:
    """Return where to answer. Until this stands, errors are shown and nothing is redirected.

    Raises:
        EntraError: unknown app (AADSTS700016), no reply address (AADSTS900971), or one which is
            not registered, character by character (AADSTS50011).
    """
    if not query.get("client_id"):
        raise EntraError.missing("client_id")
    if query["client_id"] != app.app_id:
        raise EntraError.unknown_app(query["client_id"], tenant)
    redirect_uri = query.get("redirect_uri")
    if not redirect_uri:
        raise EntraError("invalid_request", 900971, "No reply address provided.")
    if redirect_uri not in app.redirect_uris:
        text = (
            f"The redirect URI '{redirect_uri}' specified in the request does not match the "
            f"redirect URIs configured for the application '{app.app_id}'."
        )
        raise EntraError("invalid_request", 50011, text)
    mode = query.get("response_mode", "query")
    if mode not in _RESPONSE_MODES:
        text = f"'{mode}' is not a supported value of response_mode."
        raise EntraError("invalid_request", 70007, text)
    return Target(redirect_uri, mode, query.get("state"))


def read_request(query: Mapping[str, str], target: Target) -> AuthorizeRequest:
    """Return the request in `query`.

    Raises:
        EntraError: to be sent to `target`.
    """
    if unknown := set(query) - _KNOWN:
        raise EntraError.unknown_parameters(sorted(unknown))
    if query.get("response_type") != "code":
        text = f"The response_type '{query.get('response_type', '')}' is not enabled for this app."
        raise EntraError("unsupported_response_type", 70005, text)
    prompt = query.get("prompt")
    if prompt is not None and prompt not in _PROMPTS:
        raise EntraError("invalid_request", 90023, f"Unsupported 'prompt' value: '{prompt}'.")
    if prompt == "none":
        # The sandbox keeps no browser session, so a silent request never finds one.
        text = "A silent sign-in request was sent but no user is signed in."
        raise EntraError("login_required", 50058, text)
    return AuthorizeRequest(
        target=target,
        scopes=scopes.parse(query.get("scope", "")),
        nonce=query.get("nonce"),
        code_challenge=_challenge(query),
        prompt=prompt,
        login_hint=query.get("login_hint"),
        wants_client_info=query.get("client_info") == "1",
    )


def _challenge(query: Mapping[str, str]) -> str | None:
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if method != "S256":
        raise EntraError("invalid_request", 50149, "Invalid Code_Challenge_method parameter.")
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise EntraError("invalid_request", 501491, "Invalid size of Code_Challenge parameter.")
    return challenge


class Consent:
    """Who may let the app in, and what happens when they do."""

    def __init__(self, directory: Directory, tokens: Tokens) -> None:
        self._directory = directory
        self._tokens = tokens

    def accept(
        self, request: AuthorizeRequest, user: User, *, for_organization: bool
    ) -> dict[str, str]:
        """Record the consent where one is needed and return what goes to the app: a code.

        Raises:
            EntraError: the person declines after all (mode `denied`).
            AdminApprovalNeededError: the person may not consent to this.
        """
        wanted = request.scopes.wanted
        if self.needs_consent(request, user):
            if self._directory.consent_mode == "denied":
                raise EntraError.declined()
            is_beyond = for_organization or self.is_beyond(request.scopes.graph, user)
            if is_beyond and not user.is_admin:
                raise AdminApprovalNeededError(user)
            if for_organization:
                self._directory.grant_for_organization(wanted)
            else:
                self._directory.grant(user.oid, wanted)
        return self._code(request, user)

    def decline(self, request: AuthorizeRequest, user: User | None) -> EntraError:
        """Return the refusal that goes to the app when the person turns back."""
        if user and not user.is_admin and self.is_beyond(request.scopes.graph, user):
            return EntraError.admin_needed()
        return EntraError.declined()

    def needs_consent(self, request: AuthorizeRequest, user: User) -> bool:
        """Return whether the consent page comes up: something is new, or the app insists."""
        return request.prompt == "consent" or not (
            request.scopes.wanted <= self._directory.granted(user.oid)
        )

    def is_beyond(self, wanted: frozenset[str], user: User) -> bool:
        """Return whether the tenant's policy keeps this user from granting `wanted`."""
        new = wanted - self._directory.granted(user.oid)
        return any(scopes.needs_admin(name, self._directory.consent_mode) for name in new)

    def _code(self, request: AuthorizeRequest, user: User) -> dict[str, str]:
        code = self._tokens.codes.issue(
            Authorization(
                oid=user.oid,
                client_id=self._directory.app.app_id,
                redirect_uri=request.target.redirect_uri,
                scopes=request.scopes,
                nonce=request.nonce,
                code_challenge=request.code_challenge,
            )
        )
        answer = {"code": code, "session_state": secrets.token_hex(16)}
        if request.wants_client_info:
            answer["client_info"] = self._tokens.client_info(user)
        return answer
