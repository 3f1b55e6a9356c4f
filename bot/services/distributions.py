"""Distributions as admins handle them: check a list, confirm, watch (A17, A24)."""

import uuid
from collections.abc import Sequence as Seq
from dataclasses import replace

from bot.domain import distribution as rules
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.footer import lacking
from bot.domain.holding import may_try_again
from bot.domain.mailbox import Mailbox, Message
from bot.domain.participant import LeftOut, Participant, read_recipients
from bot.domain.quota import Preflight, not_enough_room
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.views import (
    Choice,
    DistributeForm,
    DistributionCard,
    DistributionPreview,
    History,
    View,
)
from bot.jobs import RefreshDistributionCard, StartDistribution
from bot.ports import Clock, Records
from bot.services.booking import Booking, Plan
from bot.services.composing import wrong_links
from bot.services.organisations import Organisations
from bot.services.send_windows import window_words
from bot.services.senders import Senders
from bot.services.sequence_forms import described
from bot.services.suppressions import Suppressions

_MOST_SHOWN = 10
_CHANGED = (
    "The sequence was changed after this preview, so nothing was sent. "
    "Say “distribute” and check the list once more."
)


class Distributions:
    """What admins and program managers do with distributions."""

    def __init__(
        self,
        *,
        records: Records,
        booking: Booking,
        organisations: Organisations,
        senders: Senders,
        suppressions: Suppressions,
        clock: Clock,
    ) -> None:
        self._records = records
        self._booking = booking
        self._senders = senders
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock

    async def form(self, actor: Actor) -> View:
        """Return an empty form: which sequence, and to whom."""
        self._organisations.managed_by(actor)
        return DistributeForm(sequences=await self._choices(actor))

    async def check(self, actor: Actor, form: DistributeForm) -> View:
        """Check the list and keep it as a draft; nothing is sent before it is confirmed.

        Returns the preview, or the form with what is wrong: then nothing was made.
        """
        organisation = self._organisations.managed_by(actor)
        listed, left_out = read_recipients(form.recipients)
        people, suppressed = await self._suppressions.divided(actor.tenant_id, listed)
        left_out = (*left_out, *suppressed)
        sequence = await self._sequence(actor, form.sequence_id)
        mailbox = await self._mailbox(sequence) if sequence else None
        problems = lacking(organisation) + rules.people_problems(people, left_out)
        if sequence is None:
            problems = ("Choose the sequence to send.", *problems)
        elif obstacle := await self._senders.obstacle(sequence, mailbox):
            problems = (obstacle, *problems)
        elif mailbox is not None:
            sender = mailbox.owner_name
            problems += rules.missing_values(sequence, people, organisation.name, sender)
            problems += wrong_links(sequence, people)
            problems += rules.wrong_zones(sequence, people)
        if problems or sequence is None or mailbox is None:
            return replace(form, sequences=await self._choices(actor), problems=problems)
        now = self._clock.now()
        draft = self._draft(actor, sequence, people, left_out)
        plan = Plan(distribution=draft, sequence=sequence, mailbox=mailbox, start=now)
        asked = await self._booking.preflight(plan)
        if asked.short:
            return replace(
                form,
                sequences=await self._choices(actor),
                problems=not_enough_room(asked, mailbox.address, len(people)),
            )
        await self._records.save(draft, at=now)
        return self._preview(plan, asked)

    async def confirm(self, actor: Actor, distribution_id: str, card: Message) -> View:
        """Start a draft, once: whoever presses second sees what the first one started."""
        self._organisations.managed_by(actor)
        draft = await self._load(actor.tenant_id, distribution_id)
        now = self._clock.now()
        decided = rules.confirm(draft, actor.name, now)
        if decided is not draft:
            plan = await self._require_as_previewed(decided)
            if not await self._booking.book(plan):
                asked = await self._booking.preflight(plan)
                raise UserMistakeError(
                    *not_enough_room(asked, plan.mailbox.address, len(draft.people))
                )
            job = StartDistribution(tenant_id=draft.tenant_id, distribution_id=draft.id)
            try:
                # With the sequence: an edit at the same moment loses, or makes this one lose.
                started = replace(decided, card=card)
                await self._records.save(started, plan.sequence, jobs=(job,), at=now)
            except ConcurrentChangeError:
                decided = await self._load(actor.tenant_id, distribution_id)
                if decided.state is DistributionState.DRAFT:
                    raise UserMistakeError(_CHANGED) from None
        return await self._card(decided)

    async def _require_as_previewed(self, draft: Distribution) -> Plan:
        """Return the plan, while the sequence says what was previewed and its mailbox can send."""
        mailbox = await self._records.get(Mailbox, draft.tenant_id, draft.mailbox_id)
        sequence = await self._records.get(Sequence, draft.tenant_id, draft.sequence_id)
        if sequence is None or sequence.version != draft.sequence_version:
            raise UserMistakeError(_CHANGED)
        if problems := lacking(self._organisations.of(draft.tenant_id)):
            raise UserMistakeError(*problems)
        if obstacle := await self._senders.obstacle(sequence, mailbox):
            raise UserMistakeError(obstacle)
        return _plan(draft, sequence, mailbox)

    async def cancel(self, actor: Actor, distribution_id: str) -> View:
        """Drop a draft; one that was confirmed meanwhile goes on and is shown."""
        self._organisations.managed_by(actor)
        draft = await self._load(actor.tenant_id, distribution_id)
        decided = rules.cancel(draft, actor.name)
        if decided is not draft:
            try:
                await self._records.save(decided, at=self._clock.now())
            except ConcurrentChangeError:
                decided = await self._load(actor.tenant_id, distribution_id)
        return await self._card(decided)

    async def show(self, actor: Actor, distribution_id: str) -> View:
        """Return a distribution as it stands now."""
        self._organisations.managed_by(actor)
        known = await self._load(actor.tenant_id, distribution_id)
        if known.state is not DistributionState.DRAFT:
            return await self._card(known)
        sequence = await self._sequence(actor, known.sequence_id)
        mailbox = await self._mailbox(sequence) if sequence else None
        if sequence is None or mailbox is None:
            raise UserMistakeError("The sequence of this distribution no longer exists.")
        plan = replace(_plan(known, sequence, mailbox), start=self._clock.now())
        return self._preview(plan, await self._booking.preflight(plan))

    async def history(self, actor: Actor) -> View:
        """Return Distribution History, newest first, with counts."""
        self._organisations.managed_by(actor)
        known = await self._records.list(Distribution, actor.tenant_id)
        started = [each for each in reversed(known) if each.started_at is not None]
        cards = [await self._card(each) for each in started[:_MOST_SHOWN]]
        return History(distributions=tuple(cards))

    async def start(self, tenant_id: str, distribution_id: str) -> None:
        """Make the enrolments of a confirmed distribution. Goes on where a crash left it."""
        known = await self._load(tenant_id, distribution_id)
        if known.state is not DistributionState.STARTING:
            return
        sequence = await self._records.get(Sequence, tenant_id, known.sequence_id)
        mailbox = await self._records.get(Mailbox, tenant_id, known.mailbox_id)
        await self._booking.make(_plan(known, sequence, mailbox))
        job = RefreshDistributionCard(tenant_id=tenant_id, distribution_id=known.id)
        running = replace(known, state=DistributionState.RUNNING)
        await self._records.save(running, jobs=(job,), at=self._clock.now())

    async def card(self, tenant_id: str, distribution_id: str) -> tuple[Message, View] | None:
        """Return where a distribution's card stands, and what it shows now; None without one."""
        known = await self._load(tenant_id, distribution_id)
        return (known.card, await self._card(known)) if known.card else None

    async def _card(self, known: Distribution) -> DistributionCard:
        enrolments: Seq[Enrolment] = ()
        started = known.started_at
        if started is not None:
            enrolments = await self._records.enrolments(known.mailbox_id, known.enrolment_ids)
        counts = dict(rules.counts(enrolments))
        since = known.kept_since if known.reason else None
        return DistributionCard(
            distribution_id=known.id,
            title=known.title,
            mailbox=await self._sender(known),
            people=len(known.people),
            state=known.state,
            decided_by=known.decided_by_name,
            started_at=started and self._organisations.local(known.tenant_id, started),
            counts=counts,
            ended=rules.has_ended(known, counts),
            reason=known.reason,
            kept_since=since and self._organisations.local(known.tenant_id, since),
            retryable=sum(may_try_again(each) for each in enrolments),
        )

    async def _sender(self, known: Distribution) -> str:
        """Return how its sender is called, "" where that is gone."""
        mailbox = await self._records.get(Mailbox, known.tenant_id, known.mailbox_id)
        sequence = await self._records.get(Sequence, known.tenant_id, known.sequence_id)
        return self._senders.named(sequence, [mailbox]) if sequence and mailbox else ""

    def _preview(self, plan: Plan, asked: Preflight) -> DistributionPreview:
        draft, sequence, mailbox = plan.distribution, plan.sequence, plan.mailbox
        calendar = self._organisations.calendar_of(draft.tenant_id)
        return DistributionPreview(
            distribution_id=draft.id,
            title=draft.title,
            mailbox=self._senders.named(sequence, [mailbox]),
            people=len(draft.people),
            window=window_words(sequence.window, calendar),
            emails=described(sequence),
            left_out=draft.left_out,
            days=asked.days,
            last=asked.last and calendar.local(asked.last),
        )

    def _draft(
        self,
        actor: Actor,
        sequence: Sequence,
        people: Seq[Participant],
        left_out: Seq[LeftOut],
    ) -> Distribution:
        return Distribution(
            id=uuid.uuid4().hex,
            tenant_id=actor.tenant_id,
            sequence_id=sequence.id,
            sequence_version=sequence.version,
            mailbox_id=sequence.mailbox_id,
            title=f"{sequence.program}: {sequence.name}",
            people=tuple(people),
            left_out=tuple(left_out),
            created_by=actor.oid,
            created_by_name=actor.name,
            created_at=self._clock.now(),
        )

    async def _choices(self, actor: Actor) -> tuple[Choice, ...]:
        known = await self._records.list(Sequence, actor.tenant_id)
        return tuple(Choice(title=f"{each.program}: {each.name}", value=each.id) for each in known)

    async def _sequence(self, actor: Actor, sequence_id: str) -> Sequence | None:
        return await self._records.get(Sequence, actor.tenant_id, sequence_id)

    async def _mailbox(self, sequence: Sequence) -> Mailbox | None:
        return await self._records.get(Mailbox, sequence.tenant_id, sequence.mailbox_id)

    async def _load(self, tenant_id: str, distribution_id: str) -> Distribution:
        known = await self._records.get(Distribution, tenant_id, distribution_id)
        if known is None:
            raise UserMistakeError("This distribution no longer exists.")
        return known


def _plan(known: Distribution, sequence: Sequence | None, mailbox: Mailbox | None) -> Plan:
    if sequence is None or mailbox is None:
        raise UserMistakeError("The sequence or its mailbox no longer exists.")
    start = known.started_at or known.created_at
    return Plan(distribution=known, sequence=sequence, mailbox=mailbox, start=start)
