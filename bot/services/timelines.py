"""Timelines: what happened to one person, in every mailbox of the organisation, and why nothing
more does (B15).
"""

from collections.abc import Sequence as Seq
from functools import partial

from bot.domain.delivery import Delivery
from bot.domain.distribution import Distribution, values_for
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.participant import is_address
from bot.domain.roles import Actor
from bot.domain.suppression import why_left_out
from bot.domain.timeline import happened, why_no_more
from bot.domain.views import OnTheWay, Timeline
from bot.ports import Clock, Records
from bot.rendering.emails import line_as_it_left
from bot.services.organisations import Organisations
from bot.services.suppressions import Suppressions


class Timelines:
    """Gathers what is known of a person."""

    def __init__(
        self,
        records: Records,
        suppressions: Suppressions,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock

    async def show(self, actor: Actor, address: str, *, brief: bool = False) -> Timeline:
        """Return what happened to whoever has this address; `brief`: only why nothing leaves.

        Raises:
            NotAllowedError: the actor may not manage the organisation.
            UserMistakeError: this is no address.
        """
        tenant_id = self._organisations.managed_by(actor).tenant_id
        if not is_address(address):
            example = "why" if brief else "timeline"
            raise UserMistakeError(
                f"Say about whom, with their address: “{example} ana@customer.example”."
            )
        found = await self._enrolments(tenant_id, address)
        person = next((each.participant.name for _, each in found), address)
        kept = await self._suppressions.of(tenant_id, address)
        day = self._organisations.local(tenant_id, kept.since) if kept else None
        return Timeline(
            address=address,
            person=person,
            ways=tuple([await self._way(*each) for each in found]),
            suppressed=why_left_out(kept, day) if kept and day else "",
            brief=brief,
        )

    async def _enrolments(self, tenant_id: str, address: str) -> Seq[tuple[Mailbox, Enrolment]]:
        """Return them with the mailbox they go on from, the one begun last first."""
        found = [
            (mailbox, each)
            for mailbox in await self._records.list(Mailbox, tenant_id)
            for each in await self._records.enrolments_by_address(mailbox.id, address)
            if each.state is not EnrolmentState.MOVED and not each.test
        ]
        return sorted(found, key=lambda each: each[1].deliveries[0].due, reverse=True)

    async def _way(self, mailbox: Mailbox, known: Enrolment) -> OnTheWay:
        tenant_id, person = known.tenant_id, known.participant
        local = partial(self._organisations.local, tenant_id)
        batch = await self._records.get(Distribution, tenant_id, known.distribution_id)
        organisation = self._organisations.of(tenant_id).name
        values = values_for(person, organisation, mailbox.owner_name)

        def subject_of(email: Delivery) -> str:
            return line_as_it_left(email.subject, values)

        current = known.current if known.is_open else None
        return OnTheWay(
            title=batch.title if batch else "",
            mailbox=mailbox.address,
            next_due=local(current.due) if current else None,
            why=why_no_more(known, self._clock.now()),
            happened=tuple(
                (local(each.at) if each.at else None, each.words)
                for each in happened(known, subject_of)
            ),
        )
