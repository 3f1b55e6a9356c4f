"""What a paused or held distribution has waiting, and where it could move to (G2)."""

from bot.domain.distribution import KEPT_BACK, Distribution
from bot.domain.mailbox import Mailbox
from bot.domain.views import Choice, Held
from bot.ports import Records
from bot.services.enrolled import enrolments_of
from bot.services.organisations import Organisations


async def held(records: Records, organisations: Organisations, known: Distribution) -> Held | None:
    """Return what is held of a distribution; None of one that is not."""
    if known.state not in KEPT_BACK:
        return None
    people = await enrolments_of(records, known)
    waiting = [each.due for one in people for each in one.deliveries if each.waiting]
    offered = [
        Choice(title=each.address, value=each.id)
        for each in await records.list(Mailbox, known.tenant_id)
        if each.can_send and each.id != known.mailbox_id
    ]
    return Held(
        emails=len(waiting),
        due=organisations.local(known.tenant_id, min(waiting)) if waiting else None,
        targets=tuple(offered),
    )
