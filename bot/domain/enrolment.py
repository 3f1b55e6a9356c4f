"""An enrolment: one participant's way through a sequence. Pure decisions over its deliveries."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain import delivery as deliveries
from bot.domain import planning
from bot.domain.calendar import Calendar
from bot.domain.delivery import Delivery, DeliveryStatus, SentCopy
from bot.domain.heard import NOTHING, Heard
from bot.domain.participant import Participant
from bot.domain.planning import Schedule
from bot.domain.route import Route
from bot.domain.sequence import Sequence

LOOKUP_GAP = timedelta(seconds=20)
# What no later bounce or reply makes unsaid.
LAST_WORDS = (DeliveryStatus.RESPONDED, DeliveryStatus.OPTED_OUT, DeliveryStatus.MARKED_SPAM)


class EnrolmentState(StrEnum):
    """Whether anything may still be sent; HELD: not before somebody releases it; MOVED: only from
    another mailbox, where the enrolment goes on.
    """

    ACTIVE = "active"
    HELD = "held"
    MOVED = "moved"
    STOPPED = "stopped"
    FINISHED = "finished"


class StopReason(StrEnum):
    """Why an enrolment stopped before its end."""

    REPLIED = "replied"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"
    COMPLAINED = "complained"
    FAILED = "failed"
    CALLED_OFF = "called off"


# What an email's status says of the answer that stopped its enrolment (A24).
_SAYS = {
    StopReason.REPLIED: DeliveryStatus.RESPONDED,
    StopReason.BOUNCED: DeliveryStatus.BOUNCED,
    StopReason.COMPLAINED: DeliveryStatus.MARKED_SPAM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Everything about one person in one distribution; all of its emails are planned at the start.

    `not_before` delays the next attempt (a retry, or the next look-up of an unknown outcome). A
    `test` is somebody's own, of one email, in no distribution. `moves` counts how often it moved to
    another mailbox, and one that went on says where: `moved_to`. While a letter that was `heard` of
    waits for somebody's decision, so does the next email.
    """

    id: str
    tenant_id: str
    mailbox_id: str
    sequence_id: str
    distribution_id: str
    participant: Participant
    deliveries: tuple[Delivery, ...]
    state: EnrolmentState = EnrolmentState.ACTIVE
    stopped_for: StopReason | None = None
    not_before: datetime | None = None
    attempts: int = 0
    test: bool = False
    moved_to: str = ""
    moves: int = 0
    heard: Heard = NOTHING
    rev: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be sent, now or once it is released."""
        return self.state in (EnrolmentState.ACTIVE, EnrolmentState.HELD)

    @property
    def may_send(self) -> bool:
        """Whether the next email may leave once it is due."""
        return self.state is EnrolmentState.ACTIVE and not self.heard.asks

    @property
    def current(self) -> Delivery | None:
        """The email that leaves next, or whose outcome is still to be settled."""
        return next((each for each in self.deliveries if each.waiting), None)

    @property
    def next_due(self) -> datetime | None:
        """When the engine has to look at this enrolment again; None when never."""
        current = self.current
        if current is None:
            return None
        if not self.may_send and current.doubt_since is None:
            return None
        return max(current.due, self.not_before) if self.not_before else current.due

    @property
    def by_relay(self) -> bool:
        """Whether the next email leaves by SMTP: outside the mailbox's pace."""
        current = self.current
        return current is not None and current.route is not Route.MAILBOX

    @property
    def unread_since(self) -> tuple[datetime, ...]:
        """When each email left whose id at Exchange is not known yet."""
        return tuple(
            each.sent_at
            for each in self.deliveries
            if each.sent_at
            and not (each.exchange_id or each.left_from)
            and each.route is Route.MAILBOX
        )

    @property
    def message_ids(self) -> tuple[str, ...]:
        """Every Message-ID by which an answer to this enrolment can be known."""
        ids = [each.message_id for each in self.deliveries]
        ids += [each.exchange_id for each in self.deliveries if each.exchange_id]
        return tuple(dict.fromkeys(ids))


def enrolment_id(distribution_id: str, participant: Participant) -> str:
    """Return the id of a participant's enrolment in a distribution."""
    return uuid.uuid5(uuid.UUID(distribution_id), participant.address).hex


def enrol(
    distribution_id: str,
    participant: Participant,
    sequence: Sequence,
    *,
    calendar: Calendar,
    domain: str,
    start: datetime,
) -> Enrolment:
    """Plan a participant's whole way through `sequence` from `start`, by the organisation's
    `calendar`.

    The same person in the same distribution always gets the same ids, so that making enrolments
    again after a crash makes nothing twice. `domain` is the right side of our Message-IDs.
    """
    identity = enrolment_id(distribution_id, participant)
    schedule = planning.schedule_of(sequence, participant, calendar)
    return Enrolment(
        id=identity,
        tenant_id=sequence.tenant_id,
        mailbox_id=sequence.mailbox_id,
        sequence_id=sequence.id,
        distribution_id=distribution_id,
        participant=participant,
        deliveries=planning.planned(identity, sequence, schedule, domain, start),
    )


def after_sent(
    enrolment: Enrolment,
    number: int,
    schedule: Schedule,
    at: datetime,
    copy: SentCopy | None = None,
) -> Enrolment:
    """Return the enrolment with email `number` sent and the later ones moved behind it."""
    left = deliveries.sent(numbered(enrolment, number), at, copy)
    return having_left(enrolment, left, schedule, at)


def having_left(
    enrolment: Enrolment, left: Delivery, schedule: Schedule, at: datetime
) -> Enrolment:
    """Return the enrolment with an email that left at `at`."""
    state = enrolment.state
    made = _exchanged(enrolment.deliveries, left)
    if enrolment.is_open:
        if any(each.waiting for each in made):
            made = planning.moved_behind(made, schedule, at)
        else:
            state = EnrolmentState.FINISHED
    return replace(enrolment, deliveries=made, state=state, not_before=None, attempts=0)


def read_back(enrolment: Enrolment, number: int, copy: SentCopy) -> Enrolment:
    """Return the enrolment with the ids Exchange gave to email `number`."""
    known = numbered(enrolment, number)
    if known.exchange_id == copy.internet_message_id:
        return enrolment
    return with_delivery(enrolment, deliveries.with_ids(known, copy))


def fail(enrolment: Enrolment, number: int, reason: str) -> Enrolment:
    """Return the enrolment stopped because email `number` cannot be sent."""
    failed = with_delivery(enrolment, deliveries.failed(numbered(enrolment, number), reason))
    return rest(failed, StopReason.FAILED)


def stop(
    enrolment: Enrolment,
    why: StopReason,
    answered: int,
    now: datetime,
    *,
    reason: str = "",
    for_good: bool = True,
) -> Enrolment:
    """Return the enrolment after an answer to email `answered` (0: the last one sent).

    The email's status says so, and nothing more is sent, except after a passing bounce (`for_good`
    False) that is not the second in a row (G8). What is told twice changes nothing.
    """
    status = _SAYS[why]
    answered_one = deliveries.answered(enrolment.deliveries, answered)
    if answered_one is None:
        return enrolment
    if answered_one.status in LAST_WORDS and why is not StopReason.COMPLAINED:
        return enrolment
    worse = for_good and enrolment.is_open  # than a bounce that passes
    if answered_one.status is status and not worse:
        return enrolment
    # An answer may overtake the settling of what it answers: then this is how we know it left.
    left = replace(answered_one, sent_at=answered_one.sent_at or now, cancelled=False)
    said = replace(left, status=status, reason=reason, doubt_since=None, answered_at=now)
    told = with_delivery(enrolment, said)
    return rest(told, why) if for_good or deliveries.bounced_twice(told.deliveries) else told


def answered_number(enrolment: Enrolment, number: int) -> int:
    """Return the number of the email an answer to `number` (0: the last one sent) belongs to."""
    answered_one = deliveries.answered(enrolment.deliveries, number)
    return answered_one.number if answered_one else number


def rest(enrolment: Enrolment, why: StopReason) -> Enrolment:
    """Stop what is open and cancel what has not left, except an email in doubt."""
    if not enrolment.is_open:
        return enrolment
    remaining = tuple(
        replace(each, cancelled=True) if each.waiting and each.doubt_since is None else each
        for each in enrolment.deliveries
    )
    return replace(enrolment, deliveries=remaining, state=EnrolmentState.STOPPED, stopped_for=why)


def numbered(enrolment: Enrolment, number: int) -> Delivery:
    """Return email `number`."""
    return next(each for each in enrolment.deliveries if each.number == number)


def with_delivery(enrolment: Enrolment, changed: Delivery) -> Enrolment:
    """Return the enrolment with one email as it is now."""
    return replace(enrolment, deliveries=_exchanged(enrolment.deliveries, changed))


def _exchanged(made: tuple[Delivery, ...], changed: Delivery) -> tuple[Delivery, ...]:
    return tuple(changed if each.number == changed.number else each for each in made)
