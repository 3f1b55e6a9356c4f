"""Reading: what a notification told of, whose it is, and what follows (A21, A23).

A message that belongs to no enrolment is forgotten at once: nothing of it is stored or logged.
"""

from functools import partial

from bot.domain.correlation import Found, counts, is_news, spellings
from bot.domain.enrolment import Enrolment
from bot.domain.heard import mark_of
from bot.domain.inbound import IncomingMail
from bot.domain.inbound.kinds import BOUNCES, Kind, MailReading
from bot.domain.inbound.reader import OtherFormats, may_be_report, read_fields, read_mime
from bot.domain.mailbox import Mailbox
from bot.domain.private_letters import was_written_to
from bot.domain.records import Notification
from bot.domain.replies import acted_on
from bot.ports import Clock, MailClient, Records, Sweeps
from bot.services.answers import Answers
from bot.services.changing import change
from bot.services.correlating import Correlating
from bot.services.enrolled import present
from bot.services.own_domains import own_domains
from bot.services.private_letters import PrivateLetters
from bot.services.reaching import when_reached

_BY_A_PERSON = (Kind.HUMAN_REPLY, Kind.OPT_OUT)


class Reading:
    """The use cases of the inbound loop."""

    def __init__(
        self,
        *,
        records: Records,
        mail: MailClient,
        correlating: Correlating,
        answers: Answers,
        letters: PrivateLetters,
        other_formats: OtherFormats,
        sweeps: Sweeps,
        clock: Clock,
    ) -> None:
        self._records = records
        self._mail = mail
        self._correlating = correlating
        self._answers = answers
        self._letters = letters
        self._other_formats = other_formats
        self._sweeps = sweeps
        self._clock = clock

    async def handle(self, notification: Notification) -> None:
        """Read one message that arrived, and act on it if it answers an email of ours.

        Told twice, it changes nothing the second time. What comes for a mailbox that cannot be read
        just now waits for it, as long as it is not removed.

        Raises:
            TransientError: the store, Graph or the mailbox cannot be reached now; try again.
            PermanentError: Graph will not hear of this message.
        """
        tenant_id, mailbox_id = notification.tenant_id, notification.mailbox_id
        read = partial(self._read, notification)
        await when_reached(self._records, self._clock, tenant_id, mailbox_id, read)

    async def _read(self, notification: Notification) -> None:
        mail = await self._mail.fetch(notification.mailbox_id, notification.message_id)
        if mail is not None:
            await self.arrived(notification, mail)

    async def arrived(self, notification: Notification, mail: IncomingMail) -> None:
        """Act on one message that arrived, as `handle` does.

        What names nothing of ours, and is no report or automatic reply, is the owner's own business
        (G9): its text is not even asked for.

        Raises:
            TransientError, PermanentError: as the ports say.
        """
        mailbox_id = notification.mailbox_id
        mailbox = await self._records.get(Mailbox, notification.tenant_id, mailbox_id)
        if mailbox is None:
            return
        reading = await self._whole(mailbox, mail) if may_be_report(mail) else None
        found = await self._correlating.named(mailbox_id, mail, reading)
        if found is None and reading is not None and reading.kind in BOUNCES:
            found = await self._correlating.failed(mailbox, mail, reading)
        if found is not None:
            await self._act(mailbox, mail, found, reading)
        elif reading is None or reading.kind not in BOUNCES:
            await self._names_nothing(mailbox, mail, reading)

    async def _names_nothing(
        self, mailbox: Mailbox, mail: IncomingMail, reading: MailReading | None
    ) -> None:
        """Go by whom it is from: who is away is so for each of our emails to them."""
        theirs = await self._correlating.written_to(mailbox.id, [mail.from_address])
        if not theirs:
            return
        found = await self._correlating.in_conversation(mailbox.id, mail, theirs)
        if found is not None:
            await self._act(mailbox, mail, found, reading)
            return
        kind = (reading or read_fields(mail, "")).kind
        if kind is Kind.AUTO_REPLY:
            for each in theirs:
                if was_written_to(each, mail.received_at):
                    await self._act(mailbox, mail, (each, 0), reading)
        elif kind in _BY_A_PERSON:
            await self._letters.came(mailbox, theirs, mail.received_at)

    async def _act(
        self, mailbox: Mailbox, mail: IncomingMail, found: Found, reading: MailReading | None
    ) -> None:
        """Act once on a message about an email; noted last, so that nothing of it is forgotten."""
        known, number = await present(self._records, found[0]), found[1]
        if not is_news((known, number), mail):
            return
        read = reading or await self._whole(mailbox, mail)
        theirs = mail.from_address in spellings(known.participant.address)
        own = frozenset() if theirs else await own_domains(self._records, mailbox.tenant_id)
        if not counts(mail, read, known.participant, own | {mailbox.address}):
            return
        await self._answers.act(known, number, read, mail)
        await self._note(known, mail)
        await self._sweeps.answered(mailbox.id, self._clock.now())

    async def _note(self, known: Enrolment, mail: IncomingMail) -> None:
        note = partial(acted_on, mark=mark_of(mail))
        for each in await self._records.enrolments(known.mailbox_id, [known.id]):
            there = await present(self._records, each)
            home, now = there.mailbox_id, self._clock.now()
            await change(self._records, there, note, home=home, at=now)

    async def _whole(self, mailbox: Mailbox, mail: IncomingMail) -> MailReading:
        return read_mime(
            await self._mail.mime(mailbox.id, mail.id),
            message_class=mail.message_class,
            other_formats=self._other_formats,
        )
