"""Approval by a second person (B8): when one is needed, and what exactly they approve."""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import datetime

from bot.domain.distribution import Distribution, DistributionState, accepted, decided
from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence


def why_second_person(over: int | None, people: int, new_mailbox: str) -> str:
    """Return why somebody else has to approve a distribution, "" where nobody has to: more than
    `over` people (None: no approval here), or the first one from a mailbox (`new_mailbox` is its
    address, "" where it has sent before).
    """
    if over is None:
        return ""
    if people > over:
        many = "1 person" if over == 1 else f"{over:,} people"
        return f"It goes to more than {many}." if over else "Every distribution needs it."
    return f"It is the first one sent from {new_mailbox}." if new_mailbox else ""


def fingerprint(distribution: Distribution, sequence: Sequence, mailbox: Mailbox) -> str:
    """Return the hash of what is approved: every person with their values, the start, and the
    sequence with its sender. What is saved again unchanged, or sent to others, keeps its hash.
    """
    written = asdict(sequence)
    for kept in ("rev", "unsettled", "homes", "former"):
        del written[kept]
    start = distribution.starts_at
    whole = [
        written,
        [mailbox.address, mailbox.owner_name],
        [[each.address, dict(each.fields)] for each in distribution.people],
        start.isoformat() if start else "",
    ]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def ask(distribution: Distribution, by: Actor, now: datetime, of: str) -> Distribution:
    """Return the draft waiting for a second person, who approves what the hash is `of`; one that
    was decided already comes back unchanged.
    """
    if distribution.state is not DistributionState.DRAFT:
        return distribution
    return replace(decided(distribution, by, now), state=DistributionState.ASKED, fingerprint=of)


def approve(distribution: Distribution, by: Actor, now: datetime) -> Distribution:
    """Return the one that waits for a second person approved: starting, or waiting for its time;
    any other comes back unchanged.

    Raises:
        UserMistakeError: they have asked for it themselves.
    """
    if distribution.state is not DistributionState.ASKED:
        return distribution
    _require_another(distribution, by)
    return accepted(replace(distribution, approved_by=by.oid, approved_by_name=by.name), now)


def refuse(distribution: Distribution, by: Actor) -> Distribution:
    """Return the one that waits for a second person refused; any other comes back unchanged.

    Raises:
        UserMistakeError: they have asked for it themselves.
    """
    if distribution.state is not DistributionState.ASKED:
        return distribution
    _require_another(distribution, by)
    return replace(
        distribution, state=DistributionState.REFUSED, problems=(f"Refused by {by.name}.",)
    )


def require_may_hurry(distribution: Distribution, by: Actor) -> None:
    """Pass where somebody may begin the scheduled distribution before its time: of what a second
    person approved, the time was a part.

    Raises:
        UserMistakeError: they asked for it, and somebody else has approved it.
    """
    if distribution.approved_by and by.oid == distribution.decided_by:
        raise UserMistakeError(
            f"{distribution.approved_by_name} approved this for its time. "
            "Somebody else than you has to begin it earlier."
        )


def _require_another(distribution: Distribution, by: Actor) -> None:
    if by.oid == distribution.decided_by:
        raise UserMistakeError(
            "You asked for this yourself, so somebody else has to decide. You can cancel it."
        )
