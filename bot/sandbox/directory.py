"""The tenant: its people, the app registered in it, and who consented to what.

State only. Ids follow from the tenant id, so a restarted sandbox still knows the object ids which a
bot has stored.
"""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

# How the tenant lets people consent (entra/identity/enterprise-apps/configure-user-consent and
# manage-app-consent-policies):
#   user-ok            people consent for themselves
#   microsoft-managed  "Let Microsoft manage your consent settings": reading mail needs an admin
#   admin-required     "Do not allow user consent"
#   denied             whoever is asked declines
ConsentMode = Literal["user-ok", "microsoft-managed", "admin-required", "denied"]
CONSENT_MODES: tuple[str, ...] = get_args(ConsentMode)

_DOMAIN = "contoso.example"
_GIVEN_NAMES = (
    "Alder", "Briar", "Cedar", "Clover", "Fern", "Hazel", "Juniper", "Laurel", "Linden", "Maple",
    "Olive", "Reed", "Rowan", "Sage", "Sorrel", "Willow",
)  # fmt: skip
_SURNAMES = (
    "Amber", "Basalt", "Cobalt", "Copper", "Coral", "Flint", "Garnet", "Granite", "Ivory", "Jasper",
    "Marble", "Onyx", "Opal", "Quartz", "Slate", "Topaz",
)  # fmt: skip
_JOBS = (
    "Organization administrator",
    "Program manager",
    "Account lead",
    "Product lead",
    "Research lead",
    "Coordinator",
)


@dataclass(frozen=True)
class User:
    """A member of the tenant. `is_admin` stands for the Global Administrator role."""

    oid: str
    upn: str
    mail: str
    name: str
    job_title: str = ""
    is_admin: bool = False


@dataclass
class AppRegistration:
    """The app in Entra ID and its Azure Bot resource; the operator may change it at any time.

    `permissions` are the delegated Graph permissions listed on it: what `.default` means.
    """

    app_id: str
    secret: str
    redirect_uris: set[str] = field(default_factory=set)
    name: str = "Mailroom"
    permissions: tuple[str, ...] = ("User.Read", "Mail.Send", "Mail.Read")
    bot_endpoint: str | None = None


class UnknownUserError(LookupError):
    """Nobody in the tenant goes by that id or name."""


class Directory:
    """One tenant. Names are looked up without regard to case, as Entra ID does."""

    def __init__(
        self,
        tenant_id: str,
        tenant_name: str,
        users: Iterable[User],
        app: AppRegistration,
        consent_mode: ConsentMode = "user-ok",
    ) -> None:
        self.tenant_id = tenant_id
        self.tenant_name = tenant_name
        self.domain = _DOMAIN
        self.users = list(users)
        self.app = app
        self.consent_mode: ConsentMode = consent_mode
        self.grants: dict[str, set[str]] = {}
        self.organization_grants: set[str] = set()
        self._revocations: dict[str, int] = {}

    @classmethod
    def seeded(cls, tenant_id: str, seed: int = 1, more: int = 0) -> "Directory":
        """Return an example organization of six, and as many `more` as are asked for; `seed`
        chooses names, nothing else.
        """
        chosen = random.Random(seed)
        given = chosen.sample(_GIVEN_NAMES, len(_JOBS))
        surnames = chosen.sample(_SURNAMES, len(_JOBS))
        users = [
            _user(tenant_id, first, last, job)
            for first, last, job in zip(given, surnames, _JOBS, strict=True)
        ]
        users += [
            _user(tenant_id, chosen.choice(_GIVEN_NAMES), f"Number{number}", f"Clerk {number}")
            for number in range(1, more + 1)
        ]
        app = AppRegistration(
            app_id=_identity(tenant_id, "app"), secret=_identity(tenant_id, "app secret")
        )
        return cls(tenant_id, "Contoso", users, app)

    def user(self, oid: str) -> User:
        """Return the user with this object id.

        Raises:
            UnknownUserError: there is none.
        """
        for user in self.users:
            if user.oid == oid.lower():
                return user
        raise UnknownUserError(oid)

    def find(self, name: str) -> User:
        """Return the user with this object id, UPN or mail address.

        Raises:
            UnknownUserError: there is none.
        """
        wanted = name.strip().lower()
        for user in self.users:
            if wanted in (user.oid, user.upn.lower(), user.mail.lower()):
                return user
        raise UnknownUserError(name)

    def granted(self, oid: str) -> frozenset[str]:
        """Return the scopes the app holds for this user, by the user's or an admin's consent."""
        return frozenset(self.grants.get(oid, set()) | self.organization_grants)

    def grant(self, oid: str, scopes: Iterable[str]) -> None:
        """Add `scopes` to what this user consented to."""
        self.grants.setdefault(oid, set()).update(scopes)

    def grant_for_organization(self, scopes: Iterable[str]) -> None:
        """Add `scopes` to what an admin consented to for everybody."""
        self.organization_grants.update(scopes)

    def withdraw_consent(self, oid: str) -> None:
        """Take back what this user consented to; an admin's consent for everybody stays."""
        self.grants.pop(oid, None)

    def revoke(self, oid: str) -> None:
        """Invalidate every refresh token of this user issued so far ("revokeSignInSessions")."""
        self._revocations[oid] = self._revocations.get(oid, 0) + 1

    def session_generation(self, oid: str) -> int:
        """Return how often this user's sessions were revoked; a refresh token remembers it."""
        return self._revocations.get(oid, 0)


def _user(tenant_id: str, first: str, last: str, job: str) -> User:
    address = f"{first}.{last}@{_DOMAIN}".lower()
    return User(
        oid=_identity(tenant_id, f"user {job}"),
        upn=address,
        mail=address,
        name=f"{first} {last}",
        job_title=job,
        is_admin=job == _JOBS[0],
    )


def _identity(tenant_id: str, of: str) -> str:
    return str(uuid.uuid5(uuid.UUID(tenant_id), of))
