"""Where in Teams the bot may speak, and which channels asked to hear of replies and bounces."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.records import Conversation, ConversationKind
from bot.domain.roles import Actor
from bot.domain.views import Notice, View
from bot.ports import Clock, Records
from bot.services.changing import change
from bot.services.organisations import Organisations


class Conversations:
    """Conversation references, kept as they are heard from."""

    def __init__(self, records: Records, organisations: Organisations, clock: Clock) -> None:
        self._records = records
        self._organisations = organisations
        self._clock = clock

    async def heard(self, conversation: Conversation) -> None:
        """Remember where the bot was spoken to; the service address may have moved."""
        known = await self._known(conversation)
        if known is None:
            fresh = replace(conversation, rev=0)
        elif known.service_url == conversation.service_url:
            return
        else:
            fresh = replace(known, service_url=conversation.service_url)
        with suppress(ConcurrentChangeError):  # heard twice at the same moment: the same is kept
            await self._records.save(fresh, at=self._clock.now())

    async def first_welcome(self, conversation: Conversation) -> bool:
        """Remember that this place is welcomed now; return whether it had not been before. Teams
        tells of one installation several times.
        """
        await self.heard(conversation)
        known = await self._known(conversation) or conversation
        if known.welcomed:
            return False
        try:
            await self._records.save(replace(known, welcomed=True), at=self._clock.now())
        except ConcurrentChangeError:
            return False  # told twice at the same moment: the other one welcomes
        return True

    async def left(self, conversation: Conversation) -> None:
        """Forget a place the bot was removed from."""
        await self._records.delete(Conversation, conversation.tenant_id, conversation.id)

    async def notify_here(self, actor: Actor, conversation: Conversation) -> View:
        """Have this channel hear of replies, bounces and failures.

        Raises:
            UserMistakeError: this is no channel.
        """
        self._organisations.managed_by(actor)
        if conversation.kind is ConversationKind.PERSONAL:
            raise UserMistakeError(
                "Say “notify here” in the channel that should hear of replies and bounces."
            )
        await self.heard(conversation)
        known = await self._known(conversation) or conversation
        await change(
            self._records,
            known,
            lambda each: each if each.announce else replace(each, announce=True),
            home=conversation.tenant_id,
            at=self._clock.now(),
        )
        return Notice(
            title="This channel is now told",
            lines=("Replies, bounces and failed emails of every program are posted here.",),
        )

    async def announcing(self, tenant_id: str) -> Sequence[Conversation]:
        """Return the channels that asked to be told."""
        known = await self._records.list(Conversation, tenant_id)
        return [each for each in known if each.announce]

    async def service_url(self, tenant_id: str) -> str:
        """Return an address of the Teams service for this tenant, "" before anybody spoke to us."""
        known = await self._records.list(Conversation, tenant_id)
        return known[-1].service_url if known else ""

    async def _known(self, conversation: Conversation) -> Conversation | None:
        return await self._records.get(Conversation, conversation.tenant_id, conversation.id)
