"""An email in doubt: whether it left the mailbox only Sent Items or Drafts can say."""

from dataclasses import replace
from datetime import datetime

from bot.domain import delivery as deliveries
from bot.domain.delivery import DeliveryStatus, SentCopy
from bot.domain.enrolment import (
    LOOKUP_GAP,
    Enrolment,
    after_sent,
    fail,
    numbered,
    with_delivery,
)
from bot.domain.planning import Schedule


def recovered(enrolment: Enrolment, number: int, now: datetime) -> Enrolment:
    """Return the enrolment whose sender vanished: email `number` may have left, nobody knows.

    One that was in doubt already (the sender vanished while looking) comes back unchanged.
    """
    pending = numbered(enrolment, number)
    if pending.doubt_since is not None:
        return enrolment
    counted = replace(pending, submissions=pending.submissions + 1, cancelled=False)
    return with_delivery(enrolment, deliveries.in_doubt(counted, now))


def suspected(enrolment: Enrolment, number: int, now: datetime) -> Enrolment:
    """Return the enrolment whose email `number` is looked up before it is sent: what we knew of it
    may be lost. Nothing says that it was submitted, so it does not count as such.
    """
    pending = numbered(enrolment, number)
    if pending.doubt_since is not None:
        return enrolment
    return with_delivery(enrolment, deliveries.in_doubt(pending, now))


def settles(enrolment: Enrolment, number: int, now: datetime) -> bool:
    """Whether a look-up at `now` that finds nothing says that the email did not leave."""
    pending = numbered(enrolment, number)
    since = pending.doubt_since or now
    return now - since >= pending.grace and pending.lookups + 1 >= deliveries.LEAST_LOOKUPS


def after_lookup(
    enrolment: Enrolment, number: int, copy: SentCopy | None, schedule: Schedule, now: datetime
) -> Enrolment:
    """Return the enrolment after Sent Items and Drafts were searched for email `number`.

    Found: sent. Absent at least three times over the whole grace: submitted once more with the
    same ids, unless that was done already: then Failed, and a person decides (Sending 5).
    """
    pending = numbered(enrolment, number)
    if pending.status is not DeliveryStatus.SCHEDULED:
        return enrolment
    if copy is not None:
        return after_sent(enrolment, number, schedule, copy.sent_at, copy)
    looked = replace(pending, lookups=pending.lookups + 1, doubt_since=pending.doubt_since or now)
    if not settles(enrolment, number, now):
        gap = max(LOOKUP_GAP, looked.grace / deliveries.LEAST_LOOKUPS)
        return replace(with_delivery(enrolment, looked), not_before=now + gap)
    if not enrolment.is_open:
        return with_delivery(enrolment, replace(looked, cancelled=True, doubt_since=None))
    if looked.submissions < deliveries.MOST_SUBMISSIONS:
        cleared = replace(looked, doubt_since=None, lookups=0, reason="")
        return replace(with_delivery(enrolment, cleared), not_before=now)
    return fail(
        enrolment, number, "Outcome unknown: Outlook never told us whether this email left."
    )
