"""Breaking a mailbox's connection at the first definitive failure (A10)."""

from datetime import datetime

from bot.domain.errors import ConcurrentChangeError
from bot.domain.mailbox import Mailbox, break_connection
from bot.jobs import RefreshMailboxCards
from bot.ports import Records

_LOST_CONNECTION = "Microsoft no longer accepts the connection: it was revoked or has expired."


async def broken(records: Records, mailbox: Mailbox, at: datetime) -> None:
    """Have the mailbox Inactive and its people told, once for all who find it so."""
    inactive = break_connection(mailbox, _LOST_CONNECTION)
    if inactive is mailbox:
        return
    job = RefreshMailboxCards(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id)
    try:
        await records.save(inactive, jobs=(job,), at=at)
    except ConcurrentChangeError:
        return  # somebody else saw it first, or it was reconnected meanwhile
