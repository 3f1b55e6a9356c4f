"""Distributions as admins handle them: check a list, confirm, watch (A17, A24)."""

import uuid
from collections.abc import Sequence as Seq
from dataclasses import replace
from functools import partial

from bot.domain import distribution as rules
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.errors import UserMistakeError
from bot.domain.footer import lacking
from bot.domain.mailbox import Mailbox
from bot.domain.participant import LeftOut, Participant, read_recipients
from bot.domain.preflight import Preflight, not_enough_room
from bot.domain.roles import Actor, Organisation
from bot.domain.sequence import Sequence
from bot.domain.starting import read_start
from bot.domain.views import (
    Choice,
    DistributeForm,
    DistributionCard,
    DistributionPreview,
    History,
    View,
)
from bot.jobs import RefreshDistributionCard
from bot.ports import Clock, Records
from bot.services.booking import Booking, Plan
from bot.services.checking import unfit_values
from bot.services.enrolled import tally_of
from bot.services.kept_back import held
from bot.services.organisations import Organisations
from bot.services.second_person import SecondPerson
from bot.services.send_windows import place_words, window_words
from bot.services.senders import Senders
from bot.services.sequence_forms import described
from bot.services.suppressions import Suppressions
from bot.services.under_way import UnderWay

_MOST_SHOWN = 10


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
        second_person: SecondPerson,
        under_way: UnderWay,
        clock: Clock,
    ) -> None:
        self._records = records
        self._booking = booking
        self._senders = senders
        self._suppressions = suppressions
        self._second_person = second_person
        self._under_way = under_way
        self._organisations = organisations
        self._clock = clock

    async def form(self, actor: Actor) -> View:
        """Return an empty form: which sequence, and to whom."""
        self._organisations.managed_by(actor)
        return await self._offered(actor, DistributeForm(sequences=()))

    async def check(self, actor: Actor, form: DistributeForm) -> View:
        """Check the list and keep it as a draft; nothing is sent before it is confirmed.

        Returns the preview, or the form with what is wrong: then nothing was made.
        """
        organisation = self._organisations.managed_by(actor)
        listed, left_out = read_recipients(form.recipients)
        people, suppressed = await self._suppressions.divided(actor.tenant_id, listed)
        left_out = (*left_out, *suppressed)
        now = self._clock.now()
        starts_at, wrong_start = read_start(form.day, form.hour, organisation.calendar, now)
        sequence = await self._sequence(actor, form.sequence_id)
        mailbox = await self._mailbox(sequence) if sequence else None
        if sequence and mailbox:
            people, unfit = await self._divided(organisation, sequence, mailbox, people)
            left_out = (*left_out, *unfit)
        problems = lacking(organisation) + wrong_start + rules.people_problems(people, left_out)
        if sequence is None:
            problems = ("Choose the sequence to send.", *problems)
        elif obstacle := await self._senders.obstacle(sequence, mailbox):
            problems = (obstacle, *problems)
        elif mailbox is not None:
            problems += unfit_values(sequence, people, organisation.name, mailbox.owner_name)
        if problems or sequence is None or mailbox is None:
            return await self._offered(actor, form, problems)
        draft = replace(self._draft(actor, sequence, people, left_out), starts_at=starts_at)
        plan = self._plan(draft, sequence, mailbox)
        asked = await self._booking.preflight(plan)
        if asked.short and starts_at is None:  # one that begins later is looked at again then
            short = not_enough_room(asked, mailbox.address, len(people))
            return await self._offered(actor, form, short)
        await self._records.save(draft, at=now)
        return await self._preview(plan, asked, actor)

    async def show(self, actor: Actor, distribution_id: str, *refused: str) -> View:
        """Return a distribution as it stands now; `refused` is why what was asked was not done."""
        self._organisations.managed_by(actor)
        view = await self.view(await self.load(actor.tenant_id, distribution_id), actor)
        return replace(view, refused=refused) if isinstance(view, DistributionCard) else view

    async def view(self, known: Distribution, actor: Actor | None = None) -> View:
        """Return a distribution as it stands now: its preview, as `actor` sees it, as long as
        somebody has to decide.

        Raises:
            UserMistakeError: its sequence or mailbox is gone.
        """
        if known.state not in (DistributionState.DRAFT, DistributionState.ASKED):
            return await self.card_of(known)
        sequence = await self._records.get(Sequence, known.tenant_id, known.sequence_id)
        mailbox = await self._mailbox(sequence) if sequence else None
        plan = self._plan(known, sequence, mailbox)
        return await self._preview(plan, await self._booking.preflight(plan), actor)

    async def history(self, actor: Actor) -> View:
        """Return Distribution History with counts: what is still to begin, then newest first."""
        self._organisations.managed_by(actor)
        known = await self._records.list(Distribution, actor.tenant_id)
        told = [each for each in reversed(known) if each.started_at or each.decided_at]
        told.sort(key=lambda each: each.state not in rules.WAITING)  # something is still to be done
        cards = [await self.card_of(each) for each in told[:_MOST_SHOWN]]
        return History(distributions=tuple(cards))

    async def start(self, tenant_id: str, distribution_id: str) -> None:
        """Make the enrolments of a confirmed distribution. Goes on where a crash left it."""
        known = await self.load(tenant_id, distribution_id)
        if known.state is not DistributionState.STARTING:
            return
        sequence = await self._records.get(Sequence, tenant_id, known.sequence_id)
        mailbox = await self._records.get(Mailbox, tenant_id, known.mailbox_id)
        await self._booking.make(self._plan(known, sequence, mailbox))
        job = RefreshDistributionCard(tenant_id=tenant_id, distribution_id=known.id)
        running = replace(known, state=DistributionState.RUNNING)
        await self._records.save(running, jobs=(job,), at=self._clock.now())

    async def card_of(self, known: Distribution) -> DistributionCard:
        """Return a distribution in numbers."""
        started = known.started_at
        tally, behind = await tally_of(self._records, known)
        local = partial(self._organisations.local, known.tenant_id)
        since = known.kept_since if known.reason else None
        return DistributionCard(
            distribution_id=known.id,
            title=known.title,
            mailbox=await self._sender(known),
            people=len(known.people),
            state=known.state,
            decided_by=known.decided_by_name,
            started_at=started and local(started),
            counts=dict(tally.counts),
            ended=rules.has_ended(known, tally.counts),
            reason=known.reason,
            kept_since=since and local(since),
            retryable=tally.retryable,
            starts_at=known.starts_at and local(known.starts_at),
            approved_by=known.approved_by_name,
            problems=known.problems,
            dropped=known.dropped,
            held=await held(self._records, self._organisations, known),
            behind=behind,
        )

    async def _sender(self, known: Distribution) -> str:
        """Return how its sender is called, "" where that is gone; and what it was before."""
        sequence = await self._records.get(Sequence, known.tenant_id, known.sequence_id)
        found = await self._records.many(Mailbox, known.tenant_id, known.homes)
        mailboxes = {each.id: each for each in found}
        mailbox = mailboxes.get(known.mailbox_id)
        if sequence is None or mailbox is None:
            return ""
        now = self._senders.named(replace(sequence, mailbox_id=mailbox.id), [mailbox])
        before = [mailboxes[each].address for each in known.moved_from if each in mailboxes]
        return f"{now}, before that {', '.join(before)}" if before else now

    async def _preview(
        self, plan: Plan, asked: Preflight, actor: Actor | None
    ) -> DistributionPreview:
        known, sequence, mailbox = plan.distribution, plan.sequence, plan.mailbox
        calendar, begins = self._organisations.calendar_of(known.tenant_id), known.starts_at
        approval = await self._second_person.why(known, mailbox)
        waits = known.state is DistributionState.ASKED
        short = not_enough_room(asked, mailbox.address, len(known.people)) if asked.short else ()
        return DistributionPreview(
            distribution_id=known.id,
            title=known.title,
            mailbox=self._senders.named(sequence, [mailbox]),
            people=len(known.people),
            window=window_words(sequence.window, calendar),
            emails=described(sequence),
            left_out=known.left_out,
            days=asked.days,
            last=asked.last and calendar.local(asked.last),
            starts_at=begins and calendar.local(begins),
            late=begins is not None and begins <= self._clock.now(),
            short=short,
            approval=approval,
            nobody=self._second_person.nobody(actor) if approval and actor and not waits else "",
            asked_by=known.decided_by_name if waits else "",
            asked_at=known.decided_at and calendar.local(known.decided_at),
        )

    async def _divided(
        self,
        organisation: Organisation,
        sequence: Sequence,
        mailbox: Mailbox,
        people: Seq[Participant],
    ) -> tuple[Seq[Participant], Seq[LeftOut]]:
        """Return who of a list can go through the sequence, and who cannot and why."""
        free, under_way = await self._under_way.divided(sequence, people)
        name, sender = organisation.name, mailbox.owner_name
        whole, lacking_values = rules.divided_by_values(sequence, free, name, sender)
        return whole, (*under_way, *lacking_values)

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

    async def _offered(
        self, actor: Actor, form: DistributeForm, problems: tuple[str, ...] = ()
    ) -> DistributeForm:
        """Return the form with what may be chosen in it now."""
        place = place_words(self._organisations.calendar_of(actor.tenant_id))
        choices = await self._choices(actor)
        return replace(form, sequences=choices, place=place, problems=problems)

    async def _choices(self, actor: Actor) -> tuple[Choice, ...]:
        known = await self._records.list(Sequence, actor.tenant_id)
        return tuple(Choice(title=f"{each.program}: {each.name}", value=each.id) for each in known)

    async def _sequence(self, actor: Actor, sequence_id: str) -> Sequence | None:
        return await self._records.get(Sequence, actor.tenant_id, sequence_id)

    async def _mailbox(self, sequence: Sequence) -> Mailbox | None:
        return await self._records.get(Mailbox, sequence.tenant_id, sequence.mailbox_id)

    async def load(self, tenant_id: str, distribution_id: str) -> Distribution:
        """Return a distribution.

        Raises:
            UserMistakeError: there is none.
        """
        known = await self._records.get(Distribution, tenant_id, distribution_id)
        if known is None:
            raise UserMistakeError("This distribution no longer exists.")
        return known

    def _plan(
        self, known: Distribution, sequence: Sequence | None, mailbox: Mailbox | None
    ) -> Plan:
        """Return the plan from its start; from now, or its time, where it has not begun."""
        if sequence is None or mailbox is None:
            raise UserMistakeError("The sequence or its mailbox no longer exists.")
        now = self._clock.now()
        start = known.started_at or max(known.starts_at or now, now)
        return Plan(distribution=known, sequence=sequence, mailbox=mailbox, start=start)
