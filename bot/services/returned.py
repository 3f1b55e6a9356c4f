"""Mail that came back to a return path of ours counts for the email that path was made for."""

from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.reports import read_report
from bot.domain.verp import home_digest, read_return_path
from bot.ports import Records
from bot.services.organisations import Organisations
from bot.services.reading import Reading


class ReturnedMail:
    """The use case behind the relay's door for bounces."""

    def __init__(
        self,
        records: Records,
        reading: Reading,
        organisations: Organisations,
        secrets: tuple[str, ...],
    ) -> None:
        self._records = records
        self._reading = reading
        self._organisations = organisations
        self._secrets = secrets

    async def take(self, recipient: str, mime: bytes) -> bool:
        """Read one message that came to a return path; return whether it was a bounce of ours. Told
        twice, it changes nothing the second time; delays and other reports change nothing at all.

        Raises:
            UserMistakeError: the address is no return path of ours.
            TransientError: the store cannot be reached; come again.
        """
        named = read_return_path(self._secrets, recipient)
        if named is None:
            raise UserMistakeError("This is no address of ours for returned mail.")
        report = read_report(mime)
        # Without a report inside it says nothing we could believe (an automatic reply, for one).
        if not report.failed:
            return False
        mailbox = await mailbox_named(self._records, self._organisations, named.home)
        home = mailbox.id if mailbox else ""
        for enrolment in await self._records.enrolments(home, [named.enrolment_id]):
            await self._reading.bounced(enrolment, named.number, report)
            return True
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
