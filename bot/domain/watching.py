"""When Graph is to be given a fresh token for a subscription. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.domain.records import Subscription

# Graph tells us nothing more once the token it was last given expires, after about an hour
# (change-notifications-delivery-webhooks); it wants one no oftener than every ten minutes.
_RENEW_EVERY = timedelta(minutes=40)
_RENEW_BEFORE = timedelta(minutes=5)
_LEAST_WAIT = timedelta(minutes=10)


def is_fresh(known: Subscription, now: datetime) -> bool:
    """Whether it was renewed so lately that Graph does not want to hear of it."""
    return known.renewed_at is not None and now < known.renewed_at + _LEAST_WAIT


def renewal(known: Subscription) -> datetime:
    """Return when it is renewed of our own accord."""
    renewed = known.renewed_at or known.expires
    return max(min(renewed + _RENEW_EVERY, known.expires - _RENEW_BEFORE), renewed + _LEAST_WAIT)


def next_visit(
    before: Collection[Subscription], after: Collection[Subscription], now: datetime
) -> datetime:
    """Return when to look after these subscriptions again: they were `before`, and are `after`,
    some renewed at `now`.

    A look before any of them was due was asked for; one that was too fresh then has its turn as
    soon as Graph wants it. They are renewed together otherwise.
    """
    asked = all(now < renewal(each) for each in before)
    return min(
        (each.renewed_at or now) + _LEAST_WAIT if asked and each in before else renewal(each)
        for each in after
    )
