"""Sequences as admins handle them: list, create and edit (A12-A14)."""

from collections.abc import Sequence as Seq
from dataclasses import replace

from bot.domain.distribution import Distribution, DistributionState
from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.roles import Actor
from bot.domain.sequence import MOST_EMAILS, Sequence
from bot.domain.views import (
    EmailDraft,
    SequenceForm,
    SequenceLine,
    SequenceList,
    SequenceReceipt,
    View,
)
from bot.jobs import CallOffEdited
from bot.ports import Clock, Records
from bot.services.enrolled import enrolments_of
from bot.services.organisations import Organisations
from bot.services.send_windows import place_words, window_words
from bot.services.senders import Senders
from bot.services.sequence_forms import DEFAULT_PROGRAM, described, form_of, id_of, read_form

_UNDER_WAY = (DistributionState.RUNNING, DistributionState.PAUSED, DistributionState.HELD)


class Sequences:
    """What admins and program managers do with sequences."""

    def __init__(
        self, records: Records, organisations: Organisations, senders: Senders, clock: Clock
    ) -> None:
        self._records = records
        self._senders = senders
        self._organisations = organisations
        self._clock = clock

    async def list(self, actor: Actor) -> View:
        """Return the organisation's sequences."""
        self._organisations.managed_by(actor)
        mailboxes = await self._mailboxes(actor)
        known = await self._records.list(Sequence, actor.tenant_id)
        return SequenceList(
            sequences=tuple(
                SequenceLine(
                    id=each.id,
                    program=each.program,
                    name=each.name,
                    mailbox=self._senders.named(each, mailboxes),
                    emails=len(each.emails),
                )
                for each in known
            )
        )

    async def form(self, actor: Actor) -> View:
        """Return an empty form for a new sequence."""
        self._organisations.managed_by(actor)
        return await self._offered(actor, SequenceForm(mailboxes=(), program=DEFAULT_PROGRAM))

    async def add_email(self, actor: Actor, form: SequenceForm) -> View:
        """Return the form with what was typed and room for one email more."""
        self._organisations.managed_by(actor)
        room = len(form.emails) < MOST_EMAILS
        longer = replace(
            form,
            emails=(*form.emails, EmailDraft(delay="3")) if room else form.emails,
            problems=() if room else (f"A sequence has at most {MOST_EMAILS} emails.",),
        )
        return await self._offered(actor, longer)

    async def edit(self, actor: Actor, sequence_id: str) -> View:
        """Return the form of a sequence that is there already.

        Raises:
            UserMistakeError: there is none, or people are on their way through it.
        """
        self._organisations.managed_by(actor)
        known = await self._editable(actor, sequence_id)
        return await self._offered(actor, form_of(known))

    async def save(self, actor: Actor, form: SequenceForm) -> View:
        """Save a sequence, new or edited; or return the form with what is wrong, nothing changed.

        A new one's form makes one sequence, however often the same person presses it; pressed
        again, it shows the sequence as it stands then.

        Raises:
            UserMistakeError: the edited one is gone, or people are on their way through it.
        """
        self._organisations.managed_by(actor)
        offered = await self._offered(actor, form)
        written, problems = read_form(offered)
        if written is None:
            return replace(offered, problems=problems)
        sequence = replace(written, tenant_id=actor.tenant_id, created_by=actor.oid)
        if not form.sequence_id:
            new = replace(sequence, id=id_of(actor, form))
            return await self._receipt(await self._made_once(new))
        known = await self._editable(actor, form.sequence_id)
        changed = replace(
            sequence,
            id=known.id,
            created_by=known.created_by,
            unsettled=known.unsettled,
            homes=known.homes,
            version=known.version + 1,
            rev=known.rev,
        )
        try:
            if known.version != form.version:
                raise ConcurrentChangeError("edited since the form was opened")
            job = CallOffEdited(tenant_id=known.tenant_id, sequence_id=known.id)
            await self._records.save(changed, jobs=(job,), at=self._clock.now())
        except ConcurrentChangeError:
            raise UserMistakeError(
                "Somebody else changed this sequence meanwhile. Say “sequences” and open it again."
            ) from None
        return await self._receipt(changed)

    async def _made_once(self, new: Sequence) -> Sequence:
        """Return the sequence as it stands: pressed again, it is there, perhaps edited since."""
        try:
            await self._records.save(new, at=self._clock.now())
        except ConcurrentChangeError:
            return await self._records.get(Sequence, new.tenant_id, new.id) or new
        return new

    async def _editable(self, actor: Actor, sequence_id: str) -> Sequence:
        known = await self._records.get(Sequence, actor.tenant_id, sequence_id)
        if known is None:
            raise UserMistakeError("This sequence no longer exists.")
        for each in await self._records.list(Distribution, actor.tenant_id):
            if each.sequence_id == sequence_id and await self._under_way(each):
                raise UserMistakeError(
                    f"People are on their way through “{known.name}”. "
                    "You can change it once its last email has left, or write a new sequence."
                )
        return known

    async def _under_way(self, distribution: Distribution) -> bool:
        if distribution.state in (DistributionState.STARTING, DistributionState.MOVING):
            return True
        if distribution.state not in _UNDER_WAY:
            return False
        found = await enrolments_of(self._records, distribution)
        return any(each.is_open or each.next_due is not None for each in found)

    async def _offered(self, actor: Actor, form: SequenceForm) -> SequenceForm:
        """Return the form with what may be chosen in it now."""
        choices = await self._senders.choices(actor.tenant_id, await self._mailboxes(actor))
        place = place_words(self._organisations.calendar_of(actor.tenant_id))
        return replace(form, mailboxes=choices, platform=self._senders.platform, place=place)

    async def _receipt(self, sequence: Sequence) -> SequenceReceipt:
        mailboxes = await self._records.list(Mailbox, sequence.tenant_id)
        calendar = self._organisations.calendar_of(sequence.tenant_id)
        return SequenceReceipt(
            program=sequence.program,
            name=sequence.name,
            mailbox=self._senders.named(sequence, mailboxes),
            threading=sequence.threading,
            window=window_words(sequence.window, calendar),
            emails=described(sequence),
        )

    async def _mailboxes(self, actor: Actor) -> Seq[Mailbox]:
        return await self._records.list(Mailbox, actor.tenant_id)
