"""Answers: what follows from a message that was read, for the email it is about (G8, G10)."""

from collections.abc import Callable
from collections.abc import Sequence as Seq
from datetime import date

from bot.domain import enrolment as rules
from bot.domain.enrolment import Enrolment, StopReason
from bot.domain.errors import ConcurrentChangeError
from bot.domain.heard import Reply, mark_of
from bot.domain.inbound import IncomingMail
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.obstacle import WORDS
from bot.domain.opt_out import opted_out
from bot.domain.planning import schedule_of
from bot.domain.postponing import postpone
from bot.domain.quota import placed
from bot.domain.replies import replied, said_out
from bot.domain.returned_mail import by_own_tenant
from bot.domain.sequence import Sequence
from bot.domain.suppression import Cause, Suppression
from bot.jobs import Announce, Event, Job, OptOut, RefreshDistributionCard
from bot.ports import Clock, Records
from bot.services.announcing import announce
from bot.services.booking import Booking
from bot.services.breaking import after_bounce
from bot.services.conversations import Conversations
from bot.services.enrolled import present
from bot.services.organisations import Organisations
from bot.services.own_domains import own_domains
from bot.services.suppressions import Suppressions

_REASONS = {
    Kind.BOUNCE_HARD: "{address} cannot be reached{code}.",
    Kind.BOUNCE_SOFT: "{address} could not be reached this time{code}.",
    Kind.SENDER_BLOCK: "The mail system of {address} refused it by its policy{code}.",
}


class Answers:
    """Acts on what was read. Told twice, nothing changes the second time."""

    def __init__(
        self,
        *,
        records: Records,
        booking: Booking,
        conversations: Conversations,
        suppressions: Suppressions,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._booking = booking
        self._conversations = conversations
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock

    async def act(
        self,
        enrolment: Enrolment,
        number: int,
        reading: MailReading,
        mail: IncomingMail | None = None,
    ) -> None:
        """Do what a message about email `number` (0: the last one sent) calls for. Delays change
        nothing (G8), nor do receipts, answers to meeting requests and challenges. Replies are known
        again by `mail`.

        Raises:
            TransientError: it is on its way to another mailbox just now; come again.
        """
        enrolment = await present(self._records, enrolment)
        match reading.kind:
            case Kind.AUTO_REPLY if reading.return_date is not None:
                await self._postponed(enrolment, reading.return_date)
            case Kind.OPT_OUT if not enrolment.test:
                await self._asked_to_stop(enrolment, number)
            case Kind.HUMAN_REPLY | Kind.OPT_OUT if mail is not None:
                # In answer to a test of one's own nobody opts out.
                await self._replied(enrolment, number, mail)
            case Kind.COMPLAINT:
                await self._complained(enrolment, number)
            case Kind.BOUNCE_HARD | Kind.BOUNCE_SOFT | Kind.SENDER_BLOCK:
                if not reading.still_trying:
                    await self._bounced(enrolment, number, reading)

    async def opted_out(self, enrolment: Enrolment, number: int = 0) -> None:
        """Stop an enrolment of somebody who opted out by the link in email `number`, or in answer
        to it (0: to one of another enrolment, which tells of it).
        """
        await self._stop(
            await present(self._records, enrolment),
            lambda known: opted_out(known, number, self._clock.now()),
            "opted_out" if number else None,
            number,
        )

    async def said_to_opt_out(self, enrolment: Enrolment, mark: str, said: Suppression) -> None:
        """Stop an enrolment of somebody who asked for it in the reply of that mark, as one of the
        organisation said. Whoever said so knows: no channel is told.
        """
        await self._stop(
            await present(self._records, enrolment),
            lambda known: said_out(known, mark, said.by, said.since),
            None,
            0,
        )

    async def _replied(self, enrolment: Enrolment, number: int, mail: IncomingMail) -> None:
        reply = Reply(mark=mark_of(mail), number=number, at=mail.received_at)
        await self._stop(
            enrolment,
            lambda known: replied(known, reply, self._clock.now()),
            "replied",
            number,
            reply=mail,
        )

    async def _asked_to_stop(self, enrolment: Enrolment, number: int) -> None:
        """As the link does: the address is on the organisation's list first."""
        job = _stop_everything(enrolment, rules.answered_number(enrolment, number))
        address = enrolment.participant.address
        await self._suppressions.add(enrolment.tenant_id, address, Cause.OPTED_OUT, [job])

    async def _complained(self, enrolment: Enrolment, number: int) -> None:
        await self._stop(
            enrolment,
            lambda known: rules.stop(known, StopReason.COMPLAINED, number, self._clock.now()),
            "complained",
            number,
        )
        if not enrolment.test:
            job, address = _stop_everything(enrolment, 0), enrolment.participant.address
            await self._suppressions.add(enrolment.tenant_id, address, Cause.COMPLAINED, [job])

    async def _bounced(self, enrolment: Enrolment, number: int, reading: MailReading) -> None:
        address = enrolment.participant.address
        code = f" ({reading.status})" if reading.status else ""
        reason = _REASONS[reading.kind].format(address=address, code=code)
        hard = reading.kind is Kind.BOUNCE_HARD
        own = await self._is_own(enrolment.tenant_id, reading.reported_by)
        which, now = rules.answered_number(enrolment, number), self._clock.now()
        obstacle, also = after_bounce(enrolment, which, reading, now, own_tenant=own)
        await self._stop(
            enrolment,
            lambda known: rules.stop(
                known,
                StopReason.BOUNCED,
                number,
                self._clock.now(),
                reason=WORDS[obstacle] if obstacle else reason,
                for_good=hard,
            ),
            "bounced",
            number,
            also=also,
        )
        if hard and not reading.guessed:
            await self._suppressions.add(enrolment.tenant_id, address, Cause.BOUNCED)

    async def _is_own(self, tenant_id: str, reported_by: str) -> bool:
        domains = await own_domains(self._records, tenant_id) if reported_by else ()
        return by_own_tenant(reported_by, domains)

    async def _postponed(self, enrolment: Enrolment, back: date) -> None:
        """The next email leaves on the working day after they are back, and has its place there."""
        sequence = await self._records.get(Sequence, enrolment.tenant_id, enrolment.sequence_id)
        known: Enrolment | None = enrolment
        while known is not None and sequence is not None and known.is_open:
            calendar = self._organisations.calendar_of(known.tenant_id)
            later = postpone(known, back, schedule_of(sequence, known.participant, calendar))
            if later is known:
                return
            try:
                day_of = self._organisations.calendar.day_of
                await self._booking.save(sequence, [placed(later, day_of)])
            except ConcurrentChangeError:
                known = await self._again(known)
            else:
                return

    async def _stop(
        self,
        enrolment: Enrolment,
        decide: Callable[[Enrolment], Enrolment],
        event: Event | None,
        number: int,
        *,
        also: Seq[Job] = (),
        reply: IncomingMail | None = None,
    ) -> None:
        """Stop it in one step with what has to be told, again if it moved meanwhile."""
        known: Enrolment | None = enrolment
        while known is not None:
            stopped = decide(known)
            if stopped is known:
                return
            # A second reply to the same email is kept, and no news.
            news = event if stopped.deliveries != known.deliveries else None
            told = await self._told(stopped, news, rules.answered_number(known, number), reply)
            jobs = [*told, *also]
            try:
                await self._records.save(stopped, jobs=jobs, at=self._clock.now())
            except ConcurrentChangeError:
                known = await self._again(known)
            else:
                return

    async def _again(self, known: Enrolment) -> Enrolment | None:
        again = await self._records.enrolments(known.mailbox_id, [known.id])
        return await present(self._records, again[0]) if again else None

    async def _told(
        self, stopped: Enrolment, event: Event | None, number: int, reply: IncomingMail | None
    ) -> list[Announce | RefreshDistributionCard]:
        refresh = RefreshDistributionCard(
            tenant_id=stopped.tenant_id, distribution_id=stopped.distribution_id
        )
        if event is None:
            return [refresh]
        channels = await self._conversations.announcing(stopped.tenant_id)
        return [refresh, *(announce(stopped, number, event, each, reply) for each in channels)]


def _stop_everything(enrolment: Enrolment, number: int) -> OptOut:
    return OptOut(
        tenant_id=enrolment.tenant_id,
        mailbox_id=enrolment.mailbox_id,
        enrolment_id=enrolment.id,
        number=number,
    )
