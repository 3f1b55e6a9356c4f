"""Releasing: a person has a mailbox try again that was kept from sending (G2)."""

from bot.domain.breaker import Breaker, forgiven
from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.mailbox import Mailbox, unblock
from bot.domain.roles import Actor
from bot.domain.views import View
from bot.ports import Clock, Records
from bot.services.mailboxes import Mailboxes
from bot.services.organisations import Organisations


class Releasing:
    """What people do about a mailbox that cannot send."""

    def __init__(
        self, records: Records, mailboxes: Mailboxes, organisations: Organisations, clock: Clock
    ) -> None:
        self._records = records
        self._mailboxes = mailboxes
        self._organisations = organisations
        self._clock = clock

    async def try_again(self, actor: Actor, mailbox_id: str) -> View:
        """Let a mailbox send again; what is on hold waits for its own release. One that may send
        already is only shown.
        """
        self._organisations.managed_by(actor)
        while True:
            known = await self._records.get(Mailbox, actor.tenant_id, mailbox_id)
            if known is None:
                raise UserMistakeError("This mailbox is no longer in your list.")
            freed = unblock(known)
            if freed is known:
                return await self._mailboxes.card_of(known)
            now = self._clock.now()
            counted = await self._records.get(Breaker, actor.tenant_id, mailbox_id)
            anew = (forgiven(counted, now),) if counted else ()
            try:
                await self._records.save(freed, *anew, at=now)
            except ConcurrentChangeError:
                continue
            return await self._mailboxes.card_of(freed)
