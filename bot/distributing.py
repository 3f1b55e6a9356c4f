"""The use cases of distributions, put together for the composition root."""

from bot.ports import Chat, Clock, JobQueue, Records
from bot.services.approving import Approving
from bot.services.booking import Booking
from bot.services.carrying_out import CarryingOut
from bot.services.checking import Checking
from bot.services.composing import Composing
from bot.services.confirming import Confirming
from bot.services.conversations import Conversations
from bot.services.distributions import Distributions
from bot.services.moving import Moving
from bot.services.organisations import Organisations
from bot.services.scheduling import Scheduling
from bot.services.second_person import SecondPerson
from bot.services.senders import Senders
from bot.services.sent_items import SentItems
from bot.services.steering import Steering
from bot.services.suppressions import Suppressions
from bot.services.telling import Telling
from bot.services.trying_out import TryingOut
from bot.services.under_way import UnderWay


class Distributing:
    """A distribution from its list of people to its last email."""

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
        self._senders = senders
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock
        self._second_person = SecondPerson(records, organisations)
        self.under_way = UnderWay(records)
        self._checking = Checking(records, organisations, senders, suppressions, self.under_way)
        self.distributions = Distributions(
            records=records,
            booking=booking,
            organisations=organisations,
            senders=senders,
            suppressions=suppressions,
            under_way=self.under_way,
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

    def trying_out(self, composing: Composing) -> TryingOut:
        """Return what shows and tests an email of theirs."""
        return TryingOut(
            records=self._records,
            composing=composing,
            senders=self._senders,
            suppressions=self._suppressions,
            organisations=self._organisations,
            clock=self._clock,
        )

    def steering(self, jobs: JobQueue, carrying_out: CarryingOut) -> Steering:
        """Return what holds distributions under way and lets them go on."""
        return Steering(
            records=self._records,
            jobs=jobs,
            carrying_out=carrying_out,
            distributions=self.distributions,
            senders=self._senders,
            under_way=self.under_way,
            organisations=self._organisations,
            clock=self._clock,
        )

    def moving(self, sent_items: SentItems) -> Moving:
        """Return what takes them to another mailbox."""
        return Moving(
            records=self._records,
            booking=self._booking,
            distributions=self.distributions,
            senders=self._senders,
            sent_items=sent_items,
            under_way=self.under_way,
            organisations=self._organisations,
            clock=self._clock,
        )
