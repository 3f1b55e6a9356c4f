"""The use cases of distributions, put together for the composition root."""

from bot.ports import Chat, Clock, Records
from bot.services.approving import Approving
from bot.services.booking import Booking
from bot.services.checking import Checking
from bot.services.confirming import Confirming
from bot.services.conversations import Conversations
from bot.services.distributions import Distributions
from bot.services.organisations import Organisations
from bot.services.scheduling import Scheduling
from bot.services.second_person import SecondPerson
from bot.services.senders import Senders
from bot.services.suppressions import Suppressions
from bot.services.telling import Telling


class Distributing:
    """A distribution from its list of people to the moment it begins."""

    def __init__(
        self,
        *,
        records: Records,
        chat: Chat,
        booking: Booking,
        organisations: Organisations,
        conversations: Conversations,
        senders: Senders,
        suppressions: Suppressions,
        clock: Clock,
    ) -> None:
        self._records = records
        self._booking = booking
        self._organisations = organisations
        self._clock = clock
        self._second_person = SecondPerson(records, organisations)
        self._checking = Checking(records, organisations, senders, suppressions)
        self.distributions = Distributions(
            records=records,
            booking=booking,
            organisations=organisations,
            senders=senders,
            suppressions=suppressions,
            second_person=self._second_person,
            clock=clock,
        )
        self.telling = Telling(records, chat, conversations, self.distributions, clock)

    def confirming(self) -> Confirming:
        """Return what decides drafts."""
        return Confirming(
            records=self._records,
            distributions=self.distributions,
            checking=self._checking,
            booking=self._booking,
            second_person=self._second_person,
            telling=self.telling,
            organisations=self._organisations,
            clock=self._clock,
        )

    def scheduling(self) -> Scheduling:
        """Return what begins distributions at their time."""
        return Scheduling(
            records=self._records,
            distributions=self.distributions,
            checking=self._checking,
            booking=self._booking,
            telling=self.telling,
            organisations=self._organisations,
            clock=self._clock,
        )

    def approving(self) -> Approving:
        """Return what a second person does."""
        return Approving(
            records=self._records,
            distributions=self.distributions,
            checking=self._checking,
            booking=self._booking,
            telling=self.telling,
            organisations=self._organisations,
            clock=self._clock,
        )
