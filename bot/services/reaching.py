"""Reaching a mailbox, and what follows when it cannot be reached (A10)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from bot.domain.errors import (
    ConcurrentChangeError,
    ConsentRequiredError,
    MailboxClosedError,
    TransientError,
)
from bot.domain.mailbox import Mailbox, MailboxStatus, break_connection
from bot.jobs import HoldDistributions, Job, RefreshMailboxCards, TellOwner
from bot.ports import Clock, Records

_LOST_CONNECTION = "Microsoft no longer accepts the connection: it was revoked or has expired."
_CLOSED = "the mailbox cannot be reached for now"


async def when_reached(
    records: Records,
    clock: Clock,
    tenant_id: str,
    mailbox_id: str,
    do: Callable[[], Awaitable[None]],
) -> None:
    """Do something with a mailbox while it is connected; nothing any more when it was removed. The
    first to find its connection gone breaks it.

    Raises:
        TransientError: it cannot be reached now; come again.
    """
    mailbox = await records.get(Mailbox, tenant_id, mailbox_id)
    if mailbox is None or mailbox.status is MailboxStatus.REMOVED:
        return
    if mailbox.status is not MailboxStatus.ACTIVE:
        raise TransientError(_CLOSED)
    try:
        await do()
    except ConsentRequiredError as error:
        await broken(records, mailbox, clock.now(), error.words)
        raise TransientError(_CLOSED) from error
    except MailboxClosedError as error:
        raise TransientError(f"{_CLOSED}: {error}") from error


async def broken(records: Records, mailbox: Mailbox, at: datetime, why: str) -> None:
    """Have the mailbox Inactive and its people told, once for all who find it so; `why` is fit to
    show, "" where nobody knows more.
    """
    inactive = break_connection(mailbox, why or _LOST_CONNECTION)
    if inactive is mailbox:
        return
    try:
        await records.save(inactive, jobs=jobs_of_a_stop(mailbox), at=at)
    except ConcurrentChangeError:
        return  # somebody else saw it first, or it was reconnected meanwhile


def jobs_of_a_stop(mailbox: Mailbox) -> Sequence[Job]:
    """Return what follows when a mailbox can send no more: its people are told, what it has under
    way is held.
    """
    named = {"tenant_id": mailbox.tenant_id, "mailbox_id": mailbox.id}
    return (RefreshMailboxCards(**named), TellOwner(**named), HoldDistributions(**named))
