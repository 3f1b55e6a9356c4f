"""Progress: a confirmed distribution gets under way, and its card keeps up."""

from contextlib import suppress
from datetime import datetime

from bot.domain.errors import PermanentError
from bot.domain.records import Conversation
from bot.jobs import RefreshDistributionCard, ReleasePlaces, StartDistribution
from bot.ports import Chat, Records
from bot.services.booking import Booking
from bot.services.distributions import Distributions


class Progress:
    """What happens to a distribution without anybody pressing anything."""

    def __init__(
        self, records: Records, chat: Chat, distributions: Distributions, booking: Booking
    ) -> None:
        self._records = records
        self._chat = chat
        self._distributions = distributions
        self._booking = booking

    async def start(self, job: StartDistribution) -> None:
        """Make the enrolments of a confirmed distribution."""
        await self._distributions.start(job.tenant_id, job.distribution_id)

    async def release_places(self, job: ReleasePlaces) -> datetime | None:
        """Give back booked places that nobody takes; return when to look again."""
        return await self._booking.release(job)

    async def refresh_card(self, job: RefreshDistributionCard) -> None:
        """Show how it stands on every card of it.

        Raises:
            TransientError: Teams could not be reached; try again.
        """
        known = await self._distributions.load(job.tenant_id, job.distribution_id)
        view = await self._distributions.view(known)
        for where in (*([known.card] if known.card else ()), *known.posted):
            place = await self._records.get(Conversation, job.tenant_id, where.conversation_id)
            if place is None:
                continue
            with suppress(PermanentError):  # the card was deleted, or the bot removed
                await self._chat.update(place, where.message_id, view)
