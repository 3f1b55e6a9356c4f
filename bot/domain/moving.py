"""Moving what has not left of a distribution to another mailbox (G2). Pure decisions.

An enrolment is sealed where it was before it is made anew where it goes: from then on nothing is
ever sent of it at the old place, so at no moment can two mailboxes send the same email. What is
sealed holds all there is to make the other one of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.distribution import KEPT_BACK, Distribution, DistributionState
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.holding import hold, may_try_again, release
from bot.domain.planning import Schedule
from bot.domain.route import Route
from bot.domain.schedule import LIMITS

_ON_ITS_WAY = "It moves to another mailbox."


def begin_move(
    distribution: Distribution, mailbox_id: str, by_name: str, now: datetime
) -> Distribution:
    """Return the paused or held distribution moving to another mailbox; any other is unchanged."""
    if distribution.state not in KEPT_BACK or mailbox_id == distribution.mailbox_id:
        return distribution
    return replace(
        distribution,
        state=DistributionState.MOVING,
        reason=f"{by_name} moves it to another mailbox.",
        obstacle=None,
        moving_to=mailbox_id,
        moving_since=now,
    )


def end_move(distribution: Distribution) -> Distribution:
    """Return the moving distribution going on from its new mailbox; any other is unchanged."""
    if distribution.state is not DistributionState.MOVING:
        return distribution
    here = distribution.moving_to
    return replace(
        distribution,
        state=DistributionState.RUNNING,
        mailbox_id=here,
        moved_from=tuple(each for each in distribution.homes if each != here),
        reason="",
        shift=timedelta(0),
        moving_to="",
    )


def can_move(enrolment: Enrolment) -> bool:
    """Return whether anything of it is, or may be, still to leave; nothing moves whose email may
    have left already: where it was is where that is found out (B10).
    """
    in_doubt = any(each.doubt_since for each in enrolment.deliveries)
    return not in_doubt and (enrolment.is_open or may_try_again(enrolment))


def sealed(enrolment: Enrolment, mailbox_id: str) -> Enrolment:
    """Return the enrolment as it stays behind: it says where it went, and gives its places back."""
    left = tuple(
        replace(each, cancelled=True) if each.waiting else each for each in enrolment.deliveries
    )
    return replace(enrolment, deliveries=left, state=EnrolmentState.MOVED, moved_to=mailbox_id)


def arrived(gone: Enrolment, schedule: Schedule, at: datetime) -> Enrolment:
    """Return what a sealed enrolment is at its new place: held as long as others may still be on
    their way, what is late due `at`. Its emails keep their keys and Message-IDs.
    """
    failed = gone.stopped_for is not None
    there = replace(
        gone,
        mailbox_id=gone.moved_to,
        moved_to="",
        moves=gone.moves + 1,
        deliveries=tuple(_brought(each, gone, failed=failed) for each in gone.deliveries),
        state=EnrolmentState.STOPPED if failed else EnrolmentState.HELD,
        rev=0,
    )
    return hold(release(there, schedule, at), _ON_ITS_WAY)


def one_by_one(
    enrolments: Iterable[Enrolment], start: datetime
) -> Iterator[tuple[Enrolment, datetime]]:
    """Return each enrolment with the moment from which on it may send: those that are late one
    behind the other, at the mailbox's pace.
    """
    at = start
    for each in enrolments:
        yield each, at
        waiting = (one for one in each.deliveries if _waits(one))
        current = next(waiting, None) if each.stopped_for is None else None
        if current and current.due <= start and current.route is Route.MAILBOX:
            at += LIMITS.pace


def _waits(delivery: Delivery) -> bool:
    return delivery.status is DeliveryStatus.SCHEDULED


def _brought(delivery: Delivery, gone: Enrolment, *, failed: bool) -> Delivery:
    """What has left says from where; what has not takes a place of the new mailbox."""
    if delivery.sent_at is not None:
        origin = delivery.left_from or gone.mailbox_id
        return replace(delivery, place=None, left_from=origin if origin != gone.moved_to else "")
    wanted = _waits(delivery) and not failed
    return replace(delivery, place=None, cancelled=delivery.cancelled and not wanted)
