"""Addresses an organisation writes to no more: whoever opted out, and what cannot be reached (G10).

The record tells nobody who it is about: it is found by who asks for an address, and lists none.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """Why nothing is sent there."""

    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


_WEIGHTS = (Cause.BOUNCED, Cause.COMPLAINED, Cause.OPTED_OUT)
_WORDS = {
    Cause.OPTED_OUT: "opted out on {day}: nobody of your organisation writes to them any more",
    Cause.COMPLAINED: "marked an email as spam on {day}: nobody writes to them any more",
    Cause.BOUNCED: "cannot be reached: an email came back on {day}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One address of one organisation; `id` is `suppression_id`."""

    id: str
    tenant_id: str
    cause: Cause
    since: datetime
    rev: int = 0


def outweighs(cause: Cause, known: Cause) -> bool:
    """Return whether a cause takes the place of one there is already: people's word counts for more
    than a mail system's, and an opt-out for most.
    """
    return _WEIGHTS.index(cause) > _WEIGHTS.index(known)


def suppression_id(tenant_id: str, address: str) -> str:
    """Return the id of an address's record: another one in every organisation."""
    return hmac.digest(tenant_id.encode(), address.strip().lower().encode(), "sha256").hex()


def why_left_out(cause: Cause, local: datetime) -> str:
    """Return why an address is left out, by the organisation's own clock."""
    return _WORDS[cause].format(day=f"{local.day} {local:%b %Y}")
