"""Opting out: one press ends every email of an organisation to one address (G10).

The address is on the organisation's list before the person is told so; a job then stops what is
under way from whichever mailbox. What has slipped past that is found by the last look before an
email is written.
"""

from dataclasses import dataclass

from bot.domain.enrolment import Enrolment
from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.opt_out import OptOutLinks
from bot.domain.suppression import Cause
from bot.jobs import OptOut
from bot.ports import Records
from bot.services.answers import Answers
from bot.services.organisations import Organisations
from bot.services.returned import mailbox_named
from bot.services.suppressions import Suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutPage:
    """What the page says. `done`: the person has opted out; `test`: nobody has, it is a test."""

    organisation: str
    support: str
    done: bool
    test: bool = False


class OptingOut:
    """The use cases behind the link."""

    def __init__(
        self,
        records: Records,
        links: OptOutLinks,
        suppressions: Suppressions,
        answers: Answers,
        organisations: Organisations,
    ) -> None:
        self._records = records
        self._links = links
        self._suppressions = suppressions
        self._answers = answers
        self._organisations = organisations

    async def page(self, token: str) -> OptOutPage:
        """Return what the reader of an email is shown; looking changes nothing.

        Raises:
            UserMistakeError: the link is none of ours.
        """
        enrolment, _ = await self._named(token)
        known = await self._suppressions.of(enrolment.tenant_id, enrolment.participant.address)
        own = known is not None and known.cause is Cause.OPTED_OUT and not known.by
        return self._page(enrolment, done=own)

    async def opt_out(self, token: str) -> OptOutPage:
        """Have the reader of an email written to no more, once and for all; pressed again, it
        changes nothing.

        Raises:
            UserMistakeError: the link is none of ours.
        """
        enrolment, number = await self._named(token)
        if enrolment.test:
            return self._page(enrolment, done=True)
        tenant_id, mailbox_id = enrolment.tenant_id, enrolment.mailbox_id
        job = OptOut(
            tenant_id=tenant_id, mailbox_id=mailbox_id, enrolment_id=enrolment.id, number=number
        )
        address = enrolment.participant.address
        await self._suppressions.add(tenant_id, address, Cause.OPTED_OUT, [job])
        return self._page(enrolment, done=True)

    async def stop_everything(self, job: OptOut) -> None:
        """Stop what is under way to that address in the whole organisation; what has stopped
        already stays as it is. Of what somebody said on the card of a reply, as long as they have
        not taken it back.
        """
        for named in await self._records.enrolments(job.mailbox_id, [job.enrolment_id]):
            address = named.participant.address
            if job.reply:
                said = await self._suppressions.said(job.tenant_id, address)
                if said is None:
                    return
                await self._answers.said_to_opt_out(named, job.reply, said)
            await self._answers.opted_out(named, job.number)
            for mailbox in await self._records.list(Mailbox, job.tenant_id):
                for each in await self._records.enrolments_by_address(mailbox.id, address):
                    await self._answers.opted_out(each)

    async def _named(self, token: str) -> tuple[Enrolment, int]:
        """Return the enrolment and the number of the email that a link came in."""
        named = self._links.read(token)
        if named is not None:
            mailbox = await mailbox_named(self._records, self._organisations, named.home)
            home = mailbox.id if mailbox else ""
            for enrolment in await self._records.enrolments(home, [named.enrolment_id]):
                return enrolment, named.number
        raise UserMistakeError("This link is none of ours.")

    def _page(self, enrolment: Enrolment, *, done: bool) -> OptOutPage:
        organisation = self._organisations.of(enrolment.tenant_id)
        return OptOutPage(
            organisation=organisation.name,
            support=organisation.support,
            done=done,
            test=enrolment.test,
        )
