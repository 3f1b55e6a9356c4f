"""Telling: news of a distribution before it begins, to whoever confirmed it and to the channels
that asked to be told; queued with the change they are about.
"""

from collections.abc import Sequence as Seq
from dataclasses import replace
from functools import partial

from bot.domain import distribution as rules
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.mailbox import Message
from bot.domain.records import Conversation
from bot.domain.views import DistributionNews
from bot.jobs import News, RefreshDistributionCard, TellOfDistribution
from bot.ports import Chat, Clock, Records
from bot.services.changing import change
from bot.services.conversations import Conversations
from bot.services.distributions import Distributions


class Telling:
    """Makes the jobs that tell, to be saved with a change, and does them."""

    def __init__(
        self,
        records: Records,
        chat: Chat,
        conversations: Conversations,
        distributions: Distributions,
        clock: Clock,
    ) -> None:
        self._records = records
        self._chat = chat
        self._conversations = conversations
        self._distributions = distributions
        self._clock = clock

    def refresh(self, known: Distribution) -> RefreshDistributionCard:
        """Return the job that keeps every card of a distribution true."""
        return RefreshDistributionCard(tenant_id=known.tenant_id, distribution_id=known.id)

    def requester(self, known: Distribution, news: News) -> TellOfDistribution:
        """Return the job that tells whoever confirmed it."""
        return TellOfDistribution(tenant_id=known.tenant_id, distribution_id=known.id, news=news)

    async def channels(self, known: Distribution, news: News) -> Seq[TellOfDistribution]:
        """Return the jobs that tell every channel that asked to be told."""
        return [
            TellOfDistribution(
                tenant_id=known.tenant_id,
                distribution_id=known.id,
                news=news,
                conversation_id=each.id,
            )
            for each in await self._conversations.announcing(known.tenant_id)
        ]

    async def fail(self, known: Distribution, problems: Seq[str]) -> None:
        """Have what waits fail as a whole, and tell whoever confirmed it and the channels why."""
        await change(
            self._records,
            known,
            partial(rules.fail, problems=problems),
            home=known.tenant_id,
            at=self._clock.now(),
            jobs=(
                self.requester(known, "failed"),
                *await self.channels(known, "failed"),
                self.refresh(known),
            ),
        )

    async def tell(self, job: TellOfDistribution) -> None:
        """Post the news. A question that was answered meanwhile is not asked any more.

        Raises:
            TransientError: Teams could not be reached; try again.
            PermanentError: the place is gone, or nobody there has the app.
        """
        known = await self._records.get(Distribution, job.tenant_id, job.distribution_id)
        place = await self._place(known, job.conversation_id) if known else None
        if known is None or place is None:
            return
        if job.news == "asked":
            await self._ask(known, place)
        else:
            card = await self._distributions.card_of(known)
            await self._chat.post(place, DistributionNews(news=job.news, card=card))

    async def _ask(self, known: Distribution, place: Conversation) -> None:
        """Post the card to decide on, once, and remember where: it is kept true from then on."""
        asked_there = any(each.conversation_id == place.id for each in known.posted)
        if known.state is not DistributionState.ASKED or asked_there:
            return
        message_id = await self._chat.post(place, await self._distributions.view(known))
        posted = Message(conversation_id=place.id, message_id=message_id)
        await change(
            self._records,
            known,
            lambda each: replace(each, posted=(*each.posted, posted)),
            home=known.tenant_id,
            at=self._clock.now(),
            jobs=(self.refresh(known),),
        )

    async def _place(self, known: Distribution, conversation_id: str) -> Conversation | None:
        if conversation_id:
            return await self._records.get(Conversation, known.tenant_id, conversation_id)
        service_url = await self._conversations.service_url(known.tenant_id)
        return await self._chat.open_personal(known.tenant_id, known.decided_by, service_url)
