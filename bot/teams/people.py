"""Who is speaking, with their sign-in name: lists of rights may hold it instead of ids."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.domain.errors import PermanentError
from bot.domain.records import Conversation
from bot.domain.roles import Actor
from bot.teams.chat import Member

_LIFETIME = 300.0
_MOST_KEPT = 2000
FindMember = Callable[[Conversation, str], Awaitable[Member | None]]


class People:
    """Looks actors up in the roster of the conversation, and remembers them for some minutes."""

    def __init__(self, find: FindMember, now: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._now = now
        self._known: dict[tuple[str, str], tuple[float, str, str]] = {}

    async def named(self, actor: Actor, conversation: Conversation) -> Actor:
        """Return the actor with name and address; the address stays "" where Teams tells none,
        and for people of another tenant.

        Raises:
            TransientError: the roster cannot be reached.
        """
        key = (actor.tenant_id, actor.oid)
        until, name, address = self._known.get(key, (0.0, "", ""))
        if until <= self._now():
            name, address = await self._look_up(actor, conversation)
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[key] = (self._now() + _LIFETIME, name, address)
        return replace(actor, name=actor.name or name, address=address)

    async def _look_up(self, actor: Actor, conversation: Conversation) -> tuple[str, str]:
        try:
            found = await self._find(conversation, actor.oid)
        except PermanentError:  # a place whose roster we may not read: rights by id still work
            found = None
        if found is None:
            return "", ""
        # Only the sign-in name is the tenant's own word: a guest's mail address is what they say.
        ours = found.tenant_id == actor.tenant_id.lower()
        return found.name, found.user_principal_name if ours else ""
