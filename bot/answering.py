"""The use cases of what comes in, put together for the composition root."""

from bot.domain.opt_out import OptOutLinks
from bot.mailformats.flufl import failed_addresses
from bot.ports import Chat, Clock, JobQueue, MailClient, Records, Subscriptions, Sweeps, Watches
from bot.services.announcing import Announcing
from bot.services.answers import Answers
from bot.services.booking import Booking
from bot.services.breaking import Breaking
from bot.services.conversations import Conversations
from bot.services.correlating import Correlating
from bot.services.excerpts import Excerpts
from bot.services.on_replies import OnReplies
from bot.services.opting_out import OptingOut
from bot.services.organisations import Organisations
from bot.services.private_letters import PrivateLetters
from bot.services.reading import Reading
from bot.services.returned import ReturnedMail
from bot.services.sent_items import SentItems
from bot.services.suppressions import Suppressions
from bot.services.sweeping import Sweeping
from bot.services.timelines import Timelines
from bot.services.under_way import UnderWay
from bot.services.undoing import Undoing
from bot.services.watching import Watching


class Answering:
    """What arrives in a mailbox, comes back to a return path, or is pressed in an email."""

    def __init__(
        self,
        *,
        records: Records,
        mail: MailClient,
        chat: Chat,
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
        self._chat = chat
        self._booking = booking
        self._conversations = conversations
        self._suppressions = suppressions
        self._organisations = organisations
        self._sweeps = sweeps
        self._clock = clock
        self.answers = Answers(
            records=records,
            booking=booking,
            conversations=conversations,
            suppressions=suppressions,
            organisations=organisations,
            clock=clock,
        )
        self.letters = PrivateLetters(
            records=records,
            booking=booking,
            chat=chat,
            conversations=conversations,
            organisations=organisations,
            clock=clock,
        )
        self.reading = self._reading(sent_items)

    def _reading(self, sent_items: SentItems) -> Reading:
        return Reading(
            records=self._records,
            mail=self._mail,
            correlating=Correlating(self._records, sent_items, self._organisations),
            answers=self.answers,
            letters=self.letters,
            other_formats=failed_addresses,
            sweeps=self._sweeps,
            clock=self._clock,
        )

    def undoing(self) -> Undoing:
        """Return what turns a stop by a reply back."""
        return Undoing(
            records=self._records,
            booking=self._booking,
            suppressions=self._suppressions,
            under_way=UnderWay(self._records),
            organisations=self._organisations,
            clock=self._clock,
        )

    def on_replies(self) -> OnReplies:
        """Return what people do about replies on the channel's card."""
        return OnReplies(
            records=self._records,
            undoing=self.undoing(),
            excerpts=self._excerpts(),
            suppressions=self._suppressions,
            organisations=self._organisations,
            clock=self._clock,
        )

    def _excerpts(self) -> Excerpts:
        return Excerpts(self._records, self._mail, self._clock)

    def announcing(self) -> Announcing:
        """Return what tells channels of it."""
        return Announcing(
            self._records, self._chat, self._excerpts(), self._organisations, self._clock
        )

    def breaking(self) -> Breaking:
        """Return what counts emails that came back."""
        return Breaking(self._records, self._mail, self._conversations, self._clock)

    def timelines(self) -> Timelines:
        """Return what shows everything that happened to one person."""
        return Timelines(self._records, self._suppressions, self._organisations, self._clock)

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
