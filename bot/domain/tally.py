"""A distribution in numbers (A24)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.holding import may_try_again


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A distribution in numbers: how many deliveries stand at each status, cancelled ones left out
    (A24), and how many people's failed email may be tried again.
    """

    counts: Mapping[DeliveryStatus, int]
    retryable: int = 0


def tally(enrolments: Iterable[Enrolment]) -> Tally:
    """Return these enrolments in numbers; one that moved counts where it went."""
    known = [each for each in enrolments if each.state is not EnrolmentState.MOVED]
    found = Counter(
        each.status for enrolment in known for each in enrolment.deliveries if not each.cancelled
    )
    return Tally(
        counts={status: found[status] for status in DeliveryStatus if found[status]},
        retryable=sum(may_try_again(each) for each in known),
    )


def together(tallies: Iterable[Tally]) -> Tally:
    """Return several tallies as one."""
    known = list(tallies)
    found: Counter[DeliveryStatus] = Counter()
    for each in known:
        found.update(each.counts)
    return Tally(
        counts={status: found[status] for status in DeliveryStatus if found[status]},
        retryable=sum(each.retryable for each in known),
    )
