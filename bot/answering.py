"""The use cases of what comes in, put together for the composition root."""

from bot.domain.opt_out import OptOutLinks
from bot.mailformats.flufl import failed_addresses
from bot.ports import Clock, MailClient, Records
from bot.services.answers import Answers
from bot.services.booking import Booking
from bot.services.conversations import Conversations
from bot.services.opting_out import OptingOut
from bot.services.organisations import Organisations
from bot.services.reading import Reading
from bot.services.returned import ReturnedMail
from bot.services.sent_items import SentItems
from bot.services.suppressions import Suppressions


class Answering:
    """What arrives in a mailbox, comes back to a return path, or is pressed in an email."""

    def __init__(
        self,
        *,
        records: Records,
        mail: MailClient,
        sent_items: SentItems,
        booking: Booking,
        conversations: Conversations,
        suppressions: Suppressions,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._suppressions = suppressions
        self._organisations = organisations
        self.answers = Answers(
            records=records,
            booking=booking,
            conversations=conversations,
            suppressions=suppressions,
            organisations=organisations,
            clock=clock,
        )
        self.reading = Reading(
            records=records,
            mail=mail,
            sent_items=sent_items,
            answers=self.answers,
            other_formats=failed_addresses,
            clock=clock,
        )

    def opting_out(self, links: OptOutLinks) -> OptingOut:
        """Return what the link in every email does."""
        return OptingOut(
            self._records, links, self._suppressions, self.answers, self._organisations
        )

    def returned(self, secrets: tuple[str, ...]) -> ReturnedMail:
        """Return what takes bounces of what left by SMTP; `secrets` sign its return paths."""
        return ReturnedMail(
            self._records, self.answers, failed_addresses, self._organisations, secrets
        )
