"""The admin consent endpoint: one administrator lets the app in for everybody.

entra/identity-platform/v2-admin-consent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.sandbox.directory import Directory
from bot.sandbox.entra import scopes
from bot.sandbox.entra.authorize import read_target
from bot.sandbox.entra.discovery import resolve_tenant
from bot.sandbox.entra.errors import EntraError, body
from bot.sandbox.entra.scopes import GRAPH

_KNOWN = {"client_id", "redirect_uri", "state", "scope"}
_DEFAULT = f"{GRAPH}/.default"


@dataclass(frozen=True)
class AdminRequest:
    """A sound request for an admin's consent; `scope_text` is echoed as it came."""

    redirect_uri: str
    state: str | None
    scopes: frozenset[str]
    scope_text: str


class AdminConsent:
    """Grants for the whole organization."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def read(self, tenant: str, query: Mapping[str, str]) -> AdminRequest:
        """Return the request in `query`.

        Raises:
            EntraError: to be shown; nothing is redirected.
        """
        if tenant.lower() == "common":
            # "Do not use common" (v2-admin-consent, parameter `tenant`).
            raise EntraError.unknown_tenant(tenant)
        if unknown := set(query) - _KNOWN:
            raise EntraError.unknown_parameters(sorted(unknown))
        resolved = resolve_tenant(tenant, self._directory)
        target = read_target(query, self._directory.app, resolved)
        text = query.get("scope", "")
        if text == _DEFAULT:
            wanted = frozenset(self._directory.app.permissions)
        else:
            wanted = scopes.parse(text).graph
        return AdminRequest(target.redirect_uri, target.state, wanted, text)

    def accept(self, asked: AdminRequest) -> str:
        """Grant, and return where the browser goes: no code, no token ("Successful response")."""
        self._directory.grant_for_organization(asked.scopes)
        answer = {"tenant": self._directory.tenant_id, "scope": asked.scope_text}
        return self._url(asked, answer)

    def decline(self, asked: AdminRequest) -> str:
        """Return where the browser goes; `admin_consent=True` all the same ("Error response")."""
        refusal = EntraError("consent_required", 65004, EntraError.declined().message)
        description = str(body(refusal)["error_description"])
        return self._url(asked, {"error": refusal.error, "error_description": description})

    def _url(self, asked: AdminRequest, answer: Mapping[str, str]) -> str:
        fields = {"admin_consent": "True", **answer}
        if asked.state is not None:
            fields["state"] = asked.state
        return f"{asked.redirect_uri}{'&' if '?' in asked.redirect_uri else '?'}{urlencode(fields)}"
