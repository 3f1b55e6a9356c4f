"""Undoing: a person says that a reply was automatic, and the sequence goes on (B13)."""

from collections.abc import Sequence as Seq

from bot.domain.distribution import KEPT_BACK, Distribution, DistributionState
from bot.domain.editing import edit_for, followed
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.planning import schedule_of
from bot.domain.quota import placed
from bot.domain.replies import undo
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.suppression import why_left_out
from bot.domain.views import ReplyUndone, View
from bot.jobs import RefreshDistributionCard, SteerDistribution
from bot.ports import Clock, Records
from bot.services.booking import Booking
from bot.services.changing import insist
from bot.services.enrolled import present
from bot.services.organisations import Organisations
from bot.services.suppressions import Suppressions
from bot.services.under_way import UnderWay

_GONE = "What this was about no longer exists."


class Undoing:
    """Turns a stop by a reply back."""

    def __init__(
        self,
        *,
        records: Records,
        booking: Booking,
        suppressions: Suppressions,
        under_way: UnderWay,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._booking = booking
        self._suppressions = suppressions
        self._under_way = under_way
        self._organisations = organisations
        self._clock = clock

    async def undo(self, actor: Actor, mailbox_id: str, enrolment_id: str, mark: str) -> View:
        """Have an enrolment go on whose reply of that mark was automatic: its plan as far as it is
        still to come, the rest at once, by the sequence as it is now. Said again, it changes
        nothing; the card says how it stands now.

        Raises:
            NotAllowedError: they do not manage the organisation.
            UserMistakeError: there is nothing to undo, or they may not be written to.
        """
        self._organisations.managed_by(actor)

        async def attempt() -> None:
            known, batch, sequence = await self._load(actor, mailbox_id, enrolment_id)
            calendar, now = self._organisations.calendar_of(known.tenant_id), self._clock.now()
            plan = schedule_of(sequence, known.participant, calendar)
            told = undo(known, mark, actor.name, plan, now)
            if told is known:
                return
            if told.is_open and not known.is_open:
                await self._require_free(known, batch, sequence)
                edit = edit_for(told, sequence, now, calendar)
                told = followed(told, edit, now, revived=True)
            named = {"tenant_id": known.tenant_id, "distribution_id": batch.id}
            jobs = SteerDistribution(**named), RefreshDistributionCard(**named)
            day_of = self._organisations.calendar.day_of
            await self._booking.save(sequence, [placed(told, day_of)], jobs)

        await insist(attempt)
        known, batch, _ = await self._load(actor, mailbox_id, enrolment_id)
        return self._view(known, batch, mark)

    async def _require_free(
        self, known: Enrolment, batch: Distribution, sequence: Sequence
    ) -> None:
        """Pass where the emails that were planned may still leave from where they were."""
        person = known.participant
        kept = await self._suppressions.of(known.tenant_id, person.address)
        if kept is not None:
            day = self._organisations.local(known.tenant_id, kept.since)
            raise UserMistakeError(f"{person.name} {why_left_out(kept, day)}.")
        if batch.state is DistributionState.MOVING:
            raise UserMistakeError("This distribution moves to another mailbox. Try again soon.")
        _, elsewhere = await self._under_way.divided(sequence, [person])
        if elsewhere:
            raise UserMistakeError(f"{person.name} {elsewhere[0].why}.")
        mailbox = await self._records.get(Mailbox, known.tenant_id, known.mailbox_id)
        if known.mailbox_id != batch.mailbox_id and mailbox is not None and not mailbox.can_send:
            raise UserMistakeError(mailbox.cannot_send)

    async def _load(
        self, actor: Actor, mailbox_id: str, enrolment_id: str
    ) -> tuple[Enrolment, Distribution, Sequence]:
        found: Seq[Enrolment] = await self._records.enrolments(mailbox_id, [enrolment_id])
        known = await present(self._records, found[0]) if found else None
        if known is None or known.tenant_id != actor.tenant_id:
            raise UserMistakeError(_GONE)
        batch = await self._records.get(Distribution, known.tenant_id, known.distribution_id)
        sequence = await self._records.get(Sequence, known.tenant_id, known.sequence_id)
        if batch is None or sequence is None:
            raise UserMistakeError(_GONE)
        return known, batch, sequence

    def _view(self, known: Enrolment, batch: Distribution, mark: str) -> View:
        undone = next((each for each in known.heard.replies if each.mark == mark), None)
        if undone is None or undone.undone_at is None:
            raise UserMistakeError(_GONE)
        again = known.heard.standing()
        current = known.current if known.is_open else None
        local = self._organisations.local
        return ReplyUndone(
            mailbox_id=known.mailbox_id,
            enrolment_id=known.id,
            person=known.participant.name,
            address=known.participant.address,
            title=batch.title,
            by=undone.undone_by,
            at=local(known.tenant_id, undone.undone_at),
            goes_on=current is not None,
            next_due=local(known.tenant_id, current.due) if current else None,
            why_not=_why_not(known, batch),
            again=local(known.tenant_id, again.at) if again else None,
            reply=again.mark if again else "",
        )


def _why_not(known: Enrolment, batch: Distribution) -> str:
    """Return why nothing leaves for now, or ever; "" where it does."""
    if known.heard.standing():
        return ""
    if known.state is EnrolmentState.FINISHED:
        return "There was nothing more to send."
    if batch.state is DistributionState.STOPPED or not known.is_open:
        return "What was to follow was stopped meanwhile."
    return batch.reason if batch.state in KEPT_BACK else ""
