"""Who may do what. Rights come from the organisation's own lists, never from a card."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.calendar import PLAIN, Calendar
from bot.domain.errors import NotAllowedError


class Role(StrEnum):
    """What somebody is to the product in their organisation."""

    ADMIN = "admin"
    MANAGER = "manager"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The signed-in person behind a message or a button, as the channel's token vouches for them.

    `address` is their user principal name in lower case, "" where unknown or of another tenant.
    """

    tenant_id: str
    oid: str
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One Entra tenant. `admins` and `managers` hold object ids or sign-in names in lower case.

    `calendar` is what its days, working hours and shown times go by (G6). `reason`
    is why people hear from it; it, the address and the link stand below every email (G12). What
    goes to more than `approval_over` people needs a second person (B8); None: nothing does.
    """

    tenant_id: str
    name: str
    support: str
    admins: frozenset[str] = frozenset()
    managers: frozenset[str] = frozenset()
    calendar: Calendar = PLAIN
    reason: str = ""
    postal_address: str = ""
    privacy_url: str = ""
    approval_over: int | None = None


def role_of(actor: Actor, organisation: Organisation) -> Role:
    """Return the actor's role; somebody of another organisation is nobody here."""
    if actor.tenant_id != organisation.tenant_id:
        return Role.MEMBER
    names = _names(actor)
    if names & organisation.admins:
        return Role.ADMIN
    return Role.MANAGER if names & organisation.managers else Role.MEMBER


def has_colleague(actor: Actor, organisation: Organisation) -> bool:
    """Return whether anybody beside the actor has the rights of an admin or program manager."""
    return bool((organisation.admins | organisation.managers) - _names(actor))


def require_manager(actor: Actor, organisation: Organisation) -> None:
    """Pass for admins and for program managers with the integrations right (A11).

    Raises:
        NotAllowedError: the actor is neither.
    """
    if role_of(actor, organisation) is Role.MEMBER:
        raise NotAllowedError(
            "Only organisation admins and program managers can do this. "
            "Ask one of your admins to do it or to give you the right."
        )


def _names(actor: Actor) -> frozenset[str]:
    return frozenset({actor.oid.lower(), actor.address.lower()} - {""})
