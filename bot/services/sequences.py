"""Sequences as admins handle them: list, create and edit (A12-A14)."""

import uuid
from collections.abc import Sequence as Seq
from dataclasses import replace
from datetime import timedelta

from bot.domain.distribution import Distribution, DistributionState
from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.roles import Actor
from bot.domain.sequence import MOST_EMAILS, Email, Sequence, problems_of
from bot.domain.views import (
    EmailDraft,
    SequenceForm,
    SequenceLine,
    SequenceList,
    SequenceReceipt,
    View,
)
from bot.ports import Clock, Records
from bot.services.organisations import Organisations
from bot.services.senders import Senders, choice_of, chosen

_DEFAULT_PROGRAM = "Feedback"
_LONGEST_DELAY = 365.0


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
        return await self._offered(actor, SequenceForm(mailboxes=(), program=_DEFAULT_PROGRAM))

    async def add_email(self, actor: Actor, form: SequenceForm) -> View:
        """Return the form with what was typed and room for one email more."""
        self._organisations.managed_by(actor)
        room = len(form.emails) < MOST_EMAILS
        longer = replace(
            form,
            emails=(*form.emails, EmailDraft(delay_days="3")) if room else form.emails,
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
        form = SequenceForm(
            mailboxes=(),
            sequence_id=known.id,
            version=known.version,
            program=known.program,
            name=known.name,
            mailbox_id=choice_of(known),
            threading=known.threading,
            emails=tuple(map(_draft, known.emails)),
        )
        return await self._offered(actor, form)

    async def save(self, actor: Actor, form: SequenceForm) -> View:
        """Save a sequence, new or edited; or return the form with what is wrong, nothing changed.

        A new one's form makes one sequence, however often the same person presses it; pressed
        again, it shows the sequence as it stands then.

        Raises:
            UserMistakeError: the edited one is gone, or people are on their way through it.
        """
        self._organisations.managed_by(actor)
        offered = await self._offered(actor, form)
        written, problems = _read(offered)
        if written is None:
            return replace(offered, problems=problems)
        sequence = replace(written, tenant_id=actor.tenant_id, created_by=actor.oid)
        if not form.sequence_id:
            new = replace(sequence, id=_sequence_id(actor, form))
            return await self._receipt(await self._made_once(new))
        known = await self._editable(actor, form.sequence_id)
        changed = replace(
            sequence,
            id=known.id,
            created_by=known.created_by,
            version=known.version + 1,
            rev=known.rev,
        )
        try:
            if known.version != form.version:
                raise ConcurrentChangeError("edited since the form was opened")
            await self._records.save(changed, at=self._clock.now())
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
        if distribution.state is DistributionState.STARTING:
            return True
        if distribution.state is not DistributionState.RUNNING:
            return False
        ids = distribution.enrolment_ids
        found = await self._records.enrolments(distribution.mailbox_id, ids)
        return any(each.next_due is not None for each in found)

    async def _offered(self, actor: Actor, form: SequenceForm) -> SequenceForm:
        """Return the form with what may be chosen in it now."""
        choices = await self._senders.choices(actor.tenant_id, await self._mailboxes(actor))
        return replace(form, mailboxes=choices, platform=self._senders.platform)

    async def _receipt(self, sequence: Sequence) -> SequenceReceipt:
        mailboxes = await self._records.list(Mailbox, sequence.tenant_id)
        return SequenceReceipt(
            program=sequence.program,
            name=sequence.name,
            mailbox=self._senders.named(sequence, mailboxes),
            threading=sequence.threading,
            emails=described(sequence),
        )

    async def _mailboxes(self, actor: Actor) -> Seq[Mailbox]:
        return await self._records.list(Mailbox, actor.tenant_id)


def _read(form: SequenceForm) -> tuple[Sequence | None, tuple[str, ...]]:
    """Return the sequence a form describes (without its ids), or what is wrong with it."""
    offered = {each.value for each in form.mailboxes}
    sender = form.mailbox_id if form.mailbox_id in offered else ""
    written = [draft for draft in form.emails if draft.subject.strip() or draft.body.strip()]
    emails, problems = _read_emails(written)
    problems += problems_of(form.name, sender, emails)
    if any(each.from_platform for each in emails) and not form.platform:
        problems += ("Email cannot come from our own address here: choose {{Org Name}}.",)
    if problems:
        return None, problems
    route, mailbox_id, domain = chosen(sender)
    read = Sequence(
        id="",
        tenant_id="",
        program=form.program.strip() or _DEFAULT_PROGRAM,
        name=form.name.strip(),
        mailbox_id=mailbox_id,
        route=route,
        domain=domain,
        threading=form.threading,
        emails=emails,
        created_by="",
    )
    return read, ()


def _draft(email: Email) -> EmailDraft:
    return EmailDraft(
        subject=email.subject,
        body=email.body,
        delay_days=f"{email.delay / timedelta(days=1):g}",
        from_platform=email.from_platform,
    )


def described(sequence: Sequence) -> tuple[tuple[str, str], ...]:
    """Return each email as (subject, when it leaves, in words)."""
    return tuple(
        (email.subject, _when(number, email.delay))
        for number, email in enumerate(sequence.emails, 1)
    )


def _when(number: int, delay: timedelta) -> str:
    if number == 1:
        return "at once" if not delay else f"{_days(delay)} after the start"
    return f"{_days(delay)} after the one before"


def _days(delay: timedelta) -> str:
    days = delay / timedelta(days=1)
    return "1 day" if days == 1 else f"{days:g} days"


def _read_emails(drafts: Seq[EmailDraft]) -> tuple[tuple[Email, ...], tuple[str, ...]]:
    emails, problems = [], []
    for number, draft in enumerate(drafts, 1):
        days = _read_days(draft.delay_days) if number > 1 else 0.0
        if days is None:
            problems.append(
                f"“{draft.delay_days}” is not a number of days (email {number}). "
                f"Type a number from 0 to {_LONGEST_DELAY:g}."
            )
        delay = timedelta(days=days or 0.0)
        if days is None:
            delay = timedelta(days=1)  # said once above, not again as a missing delay
        emails.append(
            Email(
                subject=draft.subject.strip(),
                body=draft.body.strip(),
                delay=delay,
                from_platform=draft.from_platform,
            )
        )
    return tuple(emails), tuple(problems)


def _read_days(text: str) -> float | None:
    try:
        days = float(text.strip().replace(",", ".") or "0")
    except ValueError:
        return None
    return days if 0 <= days <= _LONGEST_DELAY else None


def _sequence_id(actor: Actor, form: SequenceForm) -> str:
    """The same words by the same person are the same sequence: a double press makes one."""
    words = "\x1f".join(
        [actor.tenant_id, actor.oid, form.program, form.name, form.mailbox_id]
        + [part for each in form.emails for part in (each.subject, each.body, each.delay_days)]
        + [str(number) for number, each in enumerate(form.emails) if each.from_platform]
    )
    return uuid.uuid5(uuid.NAMESPACE_OID, words).hex
