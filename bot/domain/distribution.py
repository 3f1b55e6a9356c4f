"""A distribution: a batch of enrolments over one sequence, from draft to running."""

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import enrolment_id
from bot.domain.mailbox import Message
from bot.domain.obstacle import Obstacle
from bot.domain.participant import LeftOut, Omission, Participant
from bot.domain.planning import zone_problem
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.templates import ORG_NAME, SENDER_NAME, needed_fields, one_line

MOST_PEOPLE = 2500
_MOST_TOLD = 5
_MOST_KEPT = 8


class DistributionState(StrEnum):
    """DRAFT waits for its confirm button, then perhaps for a second person (ASKED) and its time
    (SCHEDULED); REFUSED by that person or FAILED at its time, nothing of it was ever made. STARTING
    makes enrolments; RUNNING has them all. PAUSED by a person, HELD by us, until a person releases
    it or has it MOVING to another mailbox; STOPPED: what had not left never will.
    """

    DRAFT = "draft"
    ASKED = "asked"
    SCHEDULED = "scheduled"
    REFUSED = "refused"
    FAILED = "failed"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    HELD = "held"
    MOVING = "moving"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


WAITING = (DistributionState.ASKED, DistributionState.SCHEDULED)
KEPT_BACK = (DistributionState.PAUSED, DistributionState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A batch. `people` is who gets the emails, `sequence_version` what they were promised.

    It begins at `starts_at`, None: once it is confirmed. `decided_by` confirmed it; where a second
    person has to approve, `fingerprint` is what of, and `posted` where they were asked. Whoever may
    not be written to any more when it begins is `dropped`; `problems` is why it failed.

    `kept_since` and `reason` tell of the last time it was paused or held, `obstacle` what holds it;
    `shift` is by how much the plan of everybody who was held then moves when it goes on.

    It is moving to the mailbox `moving_to` since then, and was sent before from those it
    `moved_from`: where somebody's email may have left, their enrolment stays.
    """

    id: str
    tenant_id: str
    sequence_id: str
    sequence_version: int
    mailbox_id: str
    title: str
    people: tuple[Participant, ...]
    left_out: tuple[LeftOut, ...]
    created_by: str
    created_by_name: str
    created_at: datetime
    state: DistributionState = DistributionState.DRAFT
    starts_at: datetime | None = None
    decided_by: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    fingerprint: str = ""
    approved_by: str = ""
    approved_by_name: str = ""
    posted: tuple[Message, ...] = ()
    dropped: tuple[LeftOut, ...] = ()
    problems: tuple[str, ...] = ()
    started_at: datetime | None = None
    kept_since: datetime | None = None
    reason: str = ""
    obstacle: Obstacle | None = None
    shift: timedelta = timedelta(0)
    moving_to: str = ""
    moving_since: datetime | None = None
    moved_from: tuple[str, ...] = ()
    card: Message | None = None
    rev: int = 0

    @property
    def enrolment_ids(self) -> tuple[str, ...]:
        """The ids of its people's enrolments, in their order, made already or not."""
        return tuple(enrolment_id(self.id, person) for person in self.people)

    @property
    def homes(self) -> tuple[str, ...]:
        """The mailboxes its enrolments lie with: its own, and those it moves to or moved from."""
        named = (self.mailbox_id, self.moving_to, *self.moved_from)
        return tuple(dict.fromkeys(each for each in named if each))


def confirm(distribution: Distribution, by: Actor, now: datetime) -> Distribution:
    """Return the draft confirmed: starting, or waiting for its time; one that was decided already
    comes back unchanged.
    """
    if distribution.state is not DistributionState.DRAFT:
        return distribution
    return accepted(decided(distribution, by, now), now)


def begin(distribution: Distribution, now: datetime) -> Distribution:
    """Return the scheduled distribution starting; any other comes back unchanged."""
    if distribution.state is not DistributionState.SCHEDULED:
        return distribution
    return replace(distribution, state=DistributionState.STARTING, started_at=now)


def fail(distribution: Distribution, problems: Seq[str]) -> Distribution:
    """Return the waiting distribution failed as a whole; any other comes back unchanged."""
    if distribution.state not in WAITING:
        return distribution
    told = tuple(problems[:_MOST_KEPT])
    if rest := len(problems) - len(told):
        told += (f"And {rest:,} more like these.",)
    return replace(distribution, state=DistributionState.FAILED, problems=told)


def decided(distribution: Distribution, by: Actor, now: datetime) -> Distribution:
    """Return the distribution with who confirmed it, and when."""
    return replace(distribution, decided_by=by.oid, decided_by_name=by.name, decided_at=now)


def accepted(distribution: Distribution, now: datetime) -> Distribution:
    """Return the distribution that nothing stands in the way of: starting, or waiting for its
    time.
    """
    if distribution.starts_at is not None:
        return replace(distribution, state=DistributionState.SCHEDULED)
    return replace(distribution, state=DistributionState.STARTING, started_at=now)


def pause(distribution: Distribution, by_name: str, now: datetime) -> Distribution:
    """Return the running distribution paused; any other comes back unchanged."""
    if distribution.state is not DistributionState.RUNNING:
        return distribution
    return replace(
        distribution,
        state=DistributionState.PAUSED,
        kept_since=now,
        reason=f"Paused by {by_name}.",
    )


def hold(
    distribution: Distribution, reason: str, obstacle: Obstacle, now: datetime
) -> Distribution:
    """Return the running distribution held for `reason`; any other comes back unchanged."""
    if distribution.state is not DistributionState.RUNNING:
        return distribution
    return replace(
        distribution,
        state=DistributionState.HELD,
        kept_since=now,
        reason=reason,
        obstacle=obstacle,
    )


def release(distribution: Distribution, now: datetime, *, shifted: bool) -> Distribution:
    """Return the paused or held distribution going on; `shifted`: later by as long as it was kept,
    else what is late leaves at once.
    """
    if distribution.state not in KEPT_BACK:
        return distribution
    kept = now - distribution.kept_since if distribution.kept_since and shifted else timedelta(0)
    return replace(
        distribution,
        state=DistributionState.RUNNING,
        reason="",
        obstacle=None,
        shift=kept,
    )


def shifted(distribution: Distribution, kept_since: datetime | None) -> Distribution:
    """Return the distribution whose plan has moved as it was to after the hold that began then."""
    if distribution.kept_since != kept_since or not distribution.shift:
        return distribution
    return replace(distribution, shift=timedelta(0))


def stop(distribution: Distribution, by_name: str, now: datetime) -> Distribution:
    """Return the distribution stopped for good, once it was paused or held."""
    if distribution.state not in KEPT_BACK:
        return distribution
    return replace(
        distribution,
        state=DistributionState.STOPPED,
        kept_since=now,
        reason=f"Stopped by {by_name}.",
    )


def has_ended(distribution: Distribution, counts: Mapping[DeliveryStatus, int]) -> bool:
    """Return whether everything of a distribution was sent or will not be any more."""
    running = distribution.state is DistributionState.RUNNING
    return running and not counts.get(DeliveryStatus.SCHEDULED)


def cancel(distribution: Distribution, by_name: str) -> Distribution:
    """Return what has not begun cancelled; one that has, or never will, comes back unchanged."""
    if distribution.state not in (DistributionState.DRAFT, *WAITING):
        return distribution
    return replace(
        distribution, state=DistributionState.CANCELLED, reason=f"Cancelled by {by_name}."
    )


def values_for(participant: Participant, organisation: str, sender: str) -> Mapping[str, str]:
    """Return the merge values of one person: their own fields over what is always there."""
    return {ORG_NAME: organisation, SENDER_NAME: sender, **participant.fields}


def missing_values(
    sequence: Sequence, people: Iterable[Participant], organisation: str, sender: str
) -> tuple[str, ...]:
    """Return a sentence for each person who lacks a value some email needs (G5)."""
    _, lacking = divided_by_values(sequence, people, organisation, sender)
    return tuple(f"{each.text} {each.why}." for each in lacking)


def divided_by_values(
    sequence: Sequence, people: Iterable[Participant], organisation: str, sender: str
) -> tuple[Seq[Participant], Seq[LeftOut]]:
    """Return for whom every email can be filled in, and who lacks a value some email needs (G5)."""
    texts = [text for email in sequence.emails for text in (email.subject, email.body)]
    needed = tuple(dict.fromkeys(name for text in texts for name in needed_fields(text)))
    whole: list[Participant] = []
    lacking: list[LeftOut] = []
    for person in people:
        values = values_for(person, organisation, sender)
        missing = [name for name in needed if not one_line(values.get(name, ""))]
        if missing:
            why = f"has no {' and no '.join(missing)}"
            lacking.append(LeftOut(text=person.name, why=why, kind=Omission.LACKING))
        else:
            whole.append(person)
    return whole, lacking


def wrong_zones(sequence: Sequence, people: Iterable[Participant]) -> tuple[str, ...]:
    """Return a sentence for each person whose time zone would count and is none."""
    found = (zone_problem(sequence, person) for person in people)
    return tuple(each for each in found if each)


def people_problems(people: Seq[Participant], left_out: Seq[LeftOut]) -> tuple[str, ...]:
    """Return what keeps a list of people from being used, as sentences; () when all is well."""
    if not people and not left_out:
        return ("The list is empty. Paste one person a line: a name and an address.",)
    if not people:
        told = map(_sentence, left_out[:_MOST_TOLD])
        return ("Nobody on this list can be written to.", *told)
    if len(people) > MOST_PEOPLE:
        return (
            f"{len(people):,} people are more than the {MOST_PEOPLE:,} a mailbox may write to "
            "in a day. Please reduce the list.",
        )
    return ()


def _sentence(left_out: LeftOut) -> str:
    if left_out.kind is Omission.UNREADABLE:
        return f"“{left_out.text}” is {left_out.why}."
    return f"{left_out.text} {left_out.why}."
