"""Sequences as admins handle them: list, create and edit (A12-A14)."""

from collections.abc import Sequence as Seq
from contextlib import suppress
from dataclasses import replace

from bot.domain import editing as rules
from bot.domain.edit_reach import Effect
from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.roles import Actor
from bot.domain.sequence import MOST_EMAILS, Sequence
from bot.domain.views import (
    Choice,
    EmailDraft,
    SequenceForm,
    SequenceLine,
    SequenceList,
    SequenceReceipt,
    View,
)
from bot.jobs import CallOffEdited, FollowEdit
from bot.ports import Clock, Records
from bot.services.editing import Editing
from bot.services.organisations import Organisations
from bot.services.send_windows import place_words, window_words
from bot.services.senders import Senders, choice_of
from bot.services.sequence_forms import DEFAULT_PROGRAM, described, form_of, id_of, read_form

_TRIES = 5
_CHANGED = "Somebody else changed this sequence meanwhile. Say “sequences” and open it again."


class Sequences:
    """What admins and program managers do with sequences."""

    def __init__(
        self,
        records: Records,
        organisations: Organisations,
        senders: Senders,
        editing: Editing,
        clock: Clock,
    ) -> None:
        self._records = records
        self._editing = editing
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
        """Return the form of a sequence that is there already; it says whom a change reaches.

        Raises:
            UserMistakeError: there is none.
        """
        self._organisations.managed_by(actor)
        return await self._offered(actor, form_of(await self._known(actor, sequence_id)))

    async def save(self, actor: Actor, form: SequenceForm) -> View:
        """Save a sequence, new or edited; or return the form with what is wrong, nothing changed.
        People who are on their way follow an edit (G4); the receipt says how many.

        A new one's form makes one sequence, however often the same person presses it; pressed
        again, it shows the sequence as it stands then.

        Raises:
            UserMistakeError: the edited one is gone, or somebody else has edited it.
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
        for _ in range(_TRIES):  # a distribution that is just confirmed saves the sequence, too
            with suppress(ConcurrentChangeError):
                return await self._edited(actor, offered, sequence)
        raise UserMistakeError(_CHANGED)

    async def _edited(self, actor: Actor, form: SequenceForm, written: Sequence) -> View:
        """Save an edit, unless something keeps it from that; the same once more changes nothing.

        Raises:
            UserMistakeError: somebody else has edited it since the form was opened.
            ConcurrentChangeError: it was saved at this moment.
        """
        known = await self._known(actor, form.sequence_id)
        if rules.is_same(known, written):
            return await self._receipt(known)
        if known.version != form.version:
            raise UserMistakeError(_CHANGED)
        changed, now = rules.edited(known, written), self._clock.now()
        people = await self._editing.on_their_way(known)
        mailbox = await self._records.get(Mailbox, known.tenant_id, known.mailbox_id)
        if problems := self._editing.problems(people, known, changed, mailbox):
            return replace(form, problems=problems)
        effect = await self._editing.effect(people, known, changed)
        call_off = CallOffEdited(tenant_id=known.tenant_id, sequence_id=known.id)
        follow = FollowEdit(
            tenant_id=known.tenant_id,
            sequence_id=known.id,
            version=changed.version,
            edited_at=now,
        )
        jobs = (call_off, follow) if people else (call_off,)
        await self._records.save(changed, jobs=jobs, at=now)
        return await self._receipt(changed, effect if people else None)

    async def _made_once(self, new: Sequence) -> Sequence:
        """Return the sequence as it stands: pressed again, it is there, perhaps edited since."""
        try:
            await self._records.save(new, at=self._clock.now())
        except ConcurrentChangeError:
            return await self._records.get(Sequence, new.tenant_id, new.id) or new
        return new

    async def _known(self, actor: Actor, sequence_id: str) -> Sequence:
        known = await self._records.get(Sequence, actor.tenant_id, sequence_id)
        if known is None:
            raise UserMistakeError("This sequence no longer exists.")
        return known

    async def _offered(self, actor: Actor, form: SequenceForm) -> SequenceForm:
        """Return the form with what may be chosen in it now; while people are on their way, they
        keep their sender.
        """
        mailboxes = await self._mailboxes(actor)
        choices = await self._senders.choices(actor.tenant_id, mailboxes)
        place = place_words(self._organisations.calendar_of(actor.tenant_id))
        offered = replace(form, mailboxes=choices, platform=self._senders.platform, place=place)
        if not form.sequence_id:
            return offered
        known = await self._known(actor, form.sequence_id)
        reached = self._editing.reach(
            await self._editing.on_their_way(known), max(len(form.emails), len(known.emails))
        )
        if not reached.people:
            return offered
        sender = Choice(title=self._senders.named(known, mailboxes), value=choice_of(known))
        return replace(
            offered, mailboxes=(sender,), on_their_way=reached.people, waiting=reached.emails
        )

    async def _receipt(self, sequence: Sequence, effect: Effect | None = None) -> SequenceReceipt:
        mailboxes = await self._records.list(Mailbox, sequence.tenant_id)
        calendar = self._organisations.calendar_of(sequence.tenant_id)
        return SequenceReceipt(
            program=sequence.program,
            name=sequence.name,
            mailbox=self._senders.named(sequence, mailboxes),
            threading=sequence.threading,
            window=window_words(sequence.window, calendar),
            emails=described(sequence),
            effect=effect,
        )

    async def _mailboxes(self, actor: Actor) -> Seq[Mailbox]:
        return await self._records.list(Mailbox, actor.tenant_id)
