"""A delivery: one email to one participant, its identity, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from bot.domain.obstacle import Obstacle
from bot.domain.route import Route

# Sending, rule 5: how long an unknown outcome is looked up before it is settled as absent.
GRACE = timedelta(minutes=15)
GRACE_AFTER_THROTTLING = timedelta(minutes=1)
LEAST_LOOKUPS = 3
# It was stopped, or lost its turn, between its claim and its request.
PUT_OFF = "It was put off before it left."
MOST_SUBMISSIONS = 2


class DeliveryStatus(StrEnum):
    """A24: exactly these, as people read them."""

    SCHEDULED = "Scheduled"
    SENT = "Sent"
    BOUNCED = "Bounced"
    FAILED = "Failed"
    RESPONDED = "Responded"
    OPTED_OUT = "Opted Out"
    MARKED_SPAM = "Marked Spam"


class Outcome(StrEnum):
    """What is known after a submission was tried."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_WRITTEN = "not_written"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """The answer of one submission. `code` is the other side's word for a refusal, `retry_after`
    seconds; `detail` is fit to show, for an accepted one it is what the relay answered.

    `throttled` marks an unknown outcome whose answer was 429 or 503 with Retry-After. `obstacle` is
    what keeps other emails from leaving as well; None where it was about this one alone.
    """

    outcome: Outcome
    code: str = ""
    detail: str = ""
    retry_after: float = 0.0
    throttled: bool = False
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """One email as it leaves. `references` are the message ids of the thread before it, oldest
    first; the last one is what it answers. `text` is what `html` says without any markup;
    `unsubscribe` a link that opts the person out in one step (RFC 8058), "" where there is none.
    """

    to_address: str
    to_name: str
    subject: str
    html: str
    message_id: str
    key: str
    references: Sequence[str] = ()
    text: str = ""
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCopy:
    """A copy found in Sent Items, or on its way there in Drafts, with the ids Exchange gave it."""

    internet_message_id: str
    conversation_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One email of an enrolment. `number` counts from 1.

    `subject` is as planned, its merge fields not filled in: the sequence may be edited later.
    `key` names this email for ever and is the same in every attempt; `message_id` is the
    Message-ID we give it, in angle brackets; `exchange_id` the one Exchange gave, "" while unread.
    `doubt_since` is set while a submission's outcome is unknown. A cancelled delivery leaves the
    counts and stays in the timeline. `place` is the day of whose limit it takes a place, None where
    it takes none (G6). `receipt` is what the relay answered when it took the email,
    "" on the mailbox's own route. `left_from` is the mailbox it left from, where that is not its
    enrolment's own any more. `answered_at` is when an answer or a report gave it its status.
    """

    number: int
    key: str
    message_id: str
    due: datetime
    place: date | None = None
    subject: str = ""
    route: Route = Route.MAILBOX
    status: DeliveryStatus = DeliveryStatus.SCHEDULED
    reason: str = ""
    cancelled: bool = False
    sent_at: datetime | None = None
    exchange_id: str = ""
    conversation_id: str = ""
    receipt: str = ""
    submissions: int = 0
    doubt_since: datetime | None = None
    grace: timedelta = GRACE
    lookups: int = 0
    left_from: str = ""
    answered_at: datetime | None = None

    @property
    def waiting(self) -> bool:
        """Whether this email has yet to leave (or its outcome to be settled)."""
        return self.status is DeliveryStatus.SCHEDULED and not self.cancelled


def sent(
    delivery: Delivery, at: datetime, copy: SentCopy | None = None, *, receipt: str | None = None
) -> Delivery:
    """Return the delivery as sent: with Exchange's ids where a copy was seen, or just now, with
    what the other side answered.
    """
    return replace(
        delivery,
        status=DeliveryStatus.SENT,
        sent_at=at,
        reason="",
        cancelled=False,
        doubt_since=None,
        exchange_id=copy.internet_message_id if copy else delivery.exchange_id,
        conversation_id=copy.conversation_id if copy else delivery.conversation_id,
        receipt=delivery.receipt if receipt is None else receipt,
        submissions=delivery.submissions + (receipt is not None),
    )


def with_ids(delivery: Delivery, copy: SentCopy) -> Delivery:
    """Return the delivery with the ids Exchange gave it."""
    return replace(
        delivery, exchange_id=copy.internet_message_id, conversation_id=copy.conversation_id
    )


def in_doubt(delivery: Delivery, now: datetime, *, throttled: bool = False) -> Delivery:
    """Return the delivery with an unknown outcome; the doubt's clock starts at the first one."""
    return replace(
        delivery,
        doubt_since=now,
        lookups=0,
        grace=GRACE_AFTER_THROTTLING if throttled else GRACE,
        reason="We are checking whether this email left.",
    )


def failed(delivery: Delivery, reason: str) -> Delivery:
    """Return the delivery as failed for `reason`, in plain words."""
    return replace(delivery, status=DeliveryStatus.FAILED, reason=reason, doubt_since=None)


def answered(deliveries: Sequence[Delivery], number: int) -> Delivery | None:
    """Return the delivery an answer belongs to: the named one, else (0) the last that left."""
    if number:
        return next((each for each in deliveries if each.number == number), None)
    left = [each for each in deliveries if each.sent_at is not None]
    return left[-1] if left else None


def bounced_twice(deliveries: Sequence[Delivery]) -> bool:
    """Return whether two emails in a row came back."""
    left = [each.status for each in deliveries if each.sent_at]
    return (DeliveryStatus.BOUNCED,) * 2 in pairwise(left)
