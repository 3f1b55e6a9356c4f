"""Delegated permissions: what may be asked for, and who may grant it."""

from dataclasses import dataclass

from bot.sandbox.directory import ConsentMode
from bot.sandbox.entra.errors import EntraError

GRAPH = "https://graph.microsoft.com"
# OpenID Connect scopes (entra/identity-platform/scopes-oidc).
_OPENID = {"openid", "profile", "email"}
OFFLINE = "offline_access"

# The delegated Graph permissions this sandbox knows, with the text of the consent page
# (graph/permissions-reference).
_GRAPH_TEXTS = {
    "User.Read": "Sign you in and read your profile",
    "User.ReadBasic.All": "Read the basic profiles of all users",
    "User.Read.All": "Read all users' full profiles",
    "Organization.Read.All": "Read organization information",
    "Mail.Send": "Send mail as you",
    "Mail.Send.Shared": "Send mail on behalf of others or yourself",
    "Mail.ReadBasic": "Read your mail without its bodies",
    "Mail.ReadBasic.Shared": "Read mail you can access, without its bodies",
    "Mail.Read": "Read your mail",
    "Mail.Read.Shared": "Read mail you can access",
    "Mail.ReadWrite": "Read and write access to your mail",
    "Mail.ReadWrite.Shared": "Read and write mail you can access",
    "MailboxSettings.Read": "Read your mailbox settings",
    "MailboxSettings.ReadWrite": "Read and write your mailbox settings",
}
_ALWAYS_ADMIN = {"User.Read.All", "Organization.Read.All"}
# What the Microsoft-managed policy keeps from people (manage-app-consent-policies, "Microsoft
# managed consent policy"): reading mail and mailbox settings. Mail.Send and User.Read stay free.
_MANAGED_ADMIN = _ALWAYS_ADMIN | {
    name for name in _GRAPH_TEXTS if name.startswith(("Mail.Read", "MailboxSettings."))
}


@dataclass(frozen=True)
class Scopes:
    """A parsed `scope` parameter. `qualified`: the Graph ones were written as full URIs."""

    openid: frozenset[str]
    offline: bool
    graph: frozenset[str]
    qualified: bool

    @property
    def wanted(self) -> frozenset[str]:
        """What the person has to consent to, and what `scp` of the access token names."""
        return self.openid | self.graph

    def echo(self, granted: frozenset[str]) -> str:
        """Return the `scope` of a token response: what the access token holds, as it was asked."""
        prefix = f"{GRAPH}/" if self.qualified else ""
        permissions = sorted(f"{prefix}{name}" for name in granted - set(_OPENID))
        return " ".join(sorted(self.openid) + permissions)


def parse(text: str) -> Scopes:
    """Return the scopes named in `text`.

    Raises:
        EntraError: one is unknown (AADSTS70011), or none is there (AADSTS900144).
    """
    names = text.split()
    if not names:
        raise EntraError.missing("scope")
    openid, graph, offline, qualified = set(), set(), False, False
    by_lower = {name.lower(): name for name in _GRAPH_TEXTS}
    for name in names:
        short = name.removeprefix(f"{GRAPH}/")
        if name in _OPENID:
            openid.add(name)
        elif name == OFFLINE:
            offline = True
        elif short.lower() in by_lower:
            graph.add(by_lower[short.lower()])
            qualified = qualified or short != name
        else:
            raise EntraError.invalid_scope(name)
    return Scopes(frozenset(openid), offline, frozenset(graph), qualified)


def describe(name: str) -> str:
    """Return the line of the consent page for a Graph permission."""
    return _GRAPH_TEXTS[name]


def needs_admin(name: str, mode: ConsentMode) -> bool:
    """Return whether only an admin may grant this Graph permission under the tenant's policy."""
    if mode == "admin-required":
        return True
    return name in (_MANAGED_ADMIN if mode == "microsoft-managed" else _ALWAYS_ADMIN)
