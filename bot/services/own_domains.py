"""Whose mail an organisation's own is: from the domains of its connected mailboxes."""

from bot.domain.mailbox import Mailbox
from bot.ports import Records


async def own_domains(records: Records, tenant_id: str) -> frozenset[str]:
    """Return the domains of an organisation's mailboxes."""
    mailboxes = await records.list(Mailbox, tenant_id)
    return frozenset(each.address.rpartition("@")[2] for each in mailboxes)
