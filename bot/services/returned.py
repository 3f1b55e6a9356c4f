"""Mail that came back to a return path of ours counts for the email that path was made for."""

from bot.domain.errors import UserMistakeError
from bot.domain.inbound.kinds import BOUNCES, Kind
from bot.domain.inbound.reader import OtherFormats, read_mime
from bot.domain.mailbox import Mailbox
from bot.domain.verp import home_digest, read_return_path
from bot.ports import Records
from bot.services.answers import Answers
from bot.services.organisations import Organisations

_BELIEVED = BOUNCES | {Kind.AUTO_REPLY, Kind.COMPLAINT}


class ReturnedMail:
    """The use case behind the relay's door for bounces."""

    def __init__(
        self,
        records: Records,
        answers: Answers,
        other_formats: OtherFormats,
        organisations: Organisations,
        secrets: tuple[str, ...],
    ) -> None:
        self._records = records
        self._answers = answers
        self._other_formats = other_formats
        self._organisations = organisations
        self._secrets = secrets

    async def take(self, recipient: str, mime: bytes) -> bool:
        """Read one message that came to a return path; return whether it was a bounce of ours. Told
        twice, it changes nothing the second time. Only programs write there: out-of-office replies
        and complaints count too, what looks like a person's mail does not.

        Raises:
            UserMistakeError: the address is no return path of ours.
            TransientError: the store cannot be reached; come again.
        """
        named = read_return_path(self._secrets, recipient)
        if named is None:
            raise UserMistakeError("This is no address of ours for returned mail.")
        reading = read_mime(mime, other_formats=self._other_formats)
        if reading.kind not in _BELIEVED:
            return False
        mailbox = await mailbox_named(self._records, self._organisations, named.home)
        home = mailbox.id if mailbox else ""
        for enrolment in await self._records.enrolments(home, [named.enrolment_id]):
            await self._answers.act(enrolment, named.number, reading)
            return reading.kind in BOUNCES
        return False


async def mailbox_named(
    records: Records, organisations: Organisations, digest: bytes
) -> Mailbox | None:
    """Return the mailbox whose digest a token of ours carries; None where that is gone."""
    for organisation in organisations.all():
        for each in await records.list(Mailbox, organisation.tenant_id):
            if home_digest(each.id) == digest:
                return each
    return None
