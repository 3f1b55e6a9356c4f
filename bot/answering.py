"""The use cases of what comes in, put together for the composition root."""

from bot.domain.opt_out import OptOutLinks
from bot.mailformats.flufl import failed_addresses
from bot.ports import Clock, JobQueue, MailClient, Records, Subscriptions, Sweeps, Watches
from bot.services.answers import Answers
from bot.services.booking import Booking
from bot.services.conversations import Conversations
from bot.services.opting_out import OptingOut
from bot.services.organisations import Organisations
from bot.services.reading import Reading
from bot.services.returned import ReturnedMail
from bot.services.sent_items import SentItems
from bot.services.suppressions import Suppressions
from bot.services.sweeping import Sweeping
from bot.services.watching import Watching


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
        sweeps: Sweeps,
        clock: Clock,
    ) -> None:
        self._records = records
        self._mail = mail
        self._sweeps = sweeps
        self._clock = clock
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
            sweeps=sweeps,
            clock=clock,
        )

    def watching(
        self, jobs: JobQueue, watches: Watches, subscriptions: Subscriptions, webhook_url: str
    ) -> Watching:
        """Return what has Graph tell of new mail, at `webhook_url`."""
        return Watching(
            records=self._records,
            jobs=jobs,
            subscriptions=subscriptions,
            watches=watches,
            clock=self._clock,
            webhook_url=webhook_url,
        )

    def sweeping(self, jobs: JobQueue, watches: Watches) -> Sweeping:
        """Return what reads mailboxes from where they were last read."""
        return Sweeping(
            records=self._records,
            jobs=jobs,
            mail=self._mail,
            reading=self.reading,
            sweeps=self._sweeps,
            watches=watches,
            clock=self._clock,
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
