"""Who has to agree beside the one who confirms a distribution (B8)."""

from bot.domain.approval import why_second_person
from bot.domain.distribution import Distribution
from bot.domain.mailbox import Mailbox
from bot.domain.roles import Actor, has_colleague
from bot.ports import Records
from bot.services.organisations import Organisations


class SecondPerson:
    """Decides by the organisation's setting and by what its mailboxes have sent before."""

    def __init__(self, records: Records, organisations: Organisations) -> None:
        self._records = records
        self._organisations = organisations

    async def why(self, known: Distribution, mailbox: Mailbox) -> str:
        """Return why somebody else has to approve a draft, "" where nobody has to."""
        over = self._organisations.of(known.tenant_id).approval_over
        if over is None:
            return ""
        batches = await self._records.list(Distribution, known.tenant_id)
        sent_before = any(each.mailbox_id == mailbox.id and each.started_at for each in batches)
        return why_second_person(over, len(known.people), "" if sent_before else mailbox.address)

    def nobody(self, actor: Actor) -> str:
        """Return what somebody is told who alone may approve anything here, "" where others may."""
        organisation = self._organisations.of(actor.tenant_id)
        if has_colleague(actor, organisation):
            return ""
        return (
            "Nobody but you may do that in your organisation. "
            f"Ask {organisation.support} to name another admin or program manager first."
        )
