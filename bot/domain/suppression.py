"""Addresses an organisation writes to no more: whoever opted out, and what cannot be reached (G10).

The record tells nobody who it is about: it is found by who asks for an address, and lists none.
"""

import hmac
from collections.abc import Sequence
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
_SAID = "opted out on {day}, as {by} said: nobody of your organisation writes to them any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One address of one organisation; `id` is `suppression_id`. `by` is who of the organisation
    said that they opted out, "" where they, or a mail system, told us.
    """

    id: str
    tenant_id: str
    cause: Cause
    since: datetime
    by: str = ""
    rev: int = 0


def outweighs(cause: Cause, known: Cause) -> bool:
    """Return whether a cause takes the place of one there is already: people's word counts for more
    than a mail system's, and an opt-out for most.
    """
    return _WEIGHTS.index(cause) > _WEIGHTS.index(known)


def suppression_id(tenant_id: str, address: str, *, said: bool = False) -> str:
    """Return the id of an address's record: another one in every organisation, and for what one of
    the organisation `said`, so that taking that back cannot touch a person's own word.
    """
    named = f"{'said:' if said else ''}{address.strip().lower()}"
    return hmac.digest(tenant_id.encode(), named.encode(), "sha256").hex()


def weightiest(found: Sequence[Suppression]) -> Suppression | None:
    """Return which of an address's records counts: a person's own word before that of others."""
    order = sorted(found, key=lambda each: (_WEIGHTS.index(each.cause), not each.by))
    return order[-1] if order else None


def why_left_out(kept: Suppression, local: datetime) -> str:
    """Return why an address is left out, by the organisation's own clock."""
    words = _SAID if kept.by else _WORDS[kept.cause]
    return words.format(day=f"{local.day} {local:%b %Y}", by=kept.by)
