"""Enrolled: where the people of a distribution are, also when it moved to another mailbox."""

from collections.abc import Sequence as Seq

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import TransientError
from bot.domain.tally import Tally, together
from bot.ports import Records


async def enrolments_of(
    records: Records, known: Distribution, ids: Seq[str] | None = None
) -> Seq[Enrolment]:
    """Return the enrolments that exist among `ids` (None: of everybody), in that order, each from
    the mailbox it goes on at.
    """
    wanted = known.enrolment_ids if ids is None else ids
    found: dict[str, Enrolment] = {}
    for home in known.homes:
        for each in await records.enrolments(home, wanted):
            before = found.get(each.id)
            if before is None or each.moves > before.moves:
                found[each.id] = each
    return [found[each] for each in wanted if each in found]


async def tally_of(records: Records, known: Distribution) -> tuple[Tally, int]:
    """Return a distribution in numbers, and how many emails wait at mailboxes it moved from."""
    here = await records.tally(known.mailbox_id, known.id)
    others = [each for each in known.homes if each != known.mailbox_id]
    elsewhere = together([await records.tally(each, known.id) for each in others])
    waiting = elsewhere.counts.get(DeliveryStatus.SCHEDULED, 0) if known.moved_from else 0
    return together([here, elsewhere]) if others else here, waiting


async def present(records: Records, known: Enrolment) -> Enrolment:
    """Return an enrolment where it goes on by now: answers come to where it was, too.

    Raises:
        TransientError: it is on its way just now; come again.
    """
    while known.state is EnrolmentState.MOVED:
        there = await records.enrolments(known.moved_to, [known.id])
        if not there or there[0].moves <= known.moves:
            raise TransientError("an enrolment is on its way to another mailbox")
        known = there[0]
    return known
