"""Editing under way: whom an edit of a sequence reaches, what keeps it from being saved, and how
everybody who is on their way follows it (G4).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.edit_reach import (
    Effect,
    Reach,
    changed_texts,
    edit_problems,
    effect_of,
    last_left,
    reach,
)
from bot.domain.editing import Edit, edit_for, followed
from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Mailbox
from bot.domain.participant import Participant
from bot.domain.quota import placed
from bot.domain.route import Route
from bot.domain.schedule import LIMITS
from bot.domain.sequence import Sequence
from bot.jobs import FollowEdit
from bot.ports import Clock, Places, Records
from bot.services.carrying_out import CarryingOut
from bot.services.checking import unfit_values
from bot.services.enrolled import enrolments_of, tally_of
from bot.services.organisations import Organisations

OnTheirWay = Seq[tuple[Distribution, Seq[Enrolment]]]
_RUNNING = (DistributionState.RUNNING, DistributionState.PAUSED, DistributionState.HELD)
_UNSETTLED = (DistributionState.STARTING, DistributionState.MOVING)
_JUST_NOW = (
    "A distribution of this sequence is just starting, or moving to another mailbox. "
    "Save the sequence again in a moment."
)
# By then whatever was under way at the moment of an edit has been settled.
_ONCE_MORE = LIMITS.lease + timedelta(minutes=1)


class Editing:
    """What an edit does to people who are on their way."""

    def __init__(
        self,
        records: Records,
        places: Places,
        carrying_out: CarryingOut,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._places = places
        self._carry_out = carrying_out.carry_out
        self._organisations = organisations
        self._clock = clock

    async def on_their_way(self, sequence: Sequence) -> OnTheirWay:
        """Return everybody who is on their way through a sequence, by distribution; one that is
        just starting or moving comes without any.
        """
        found: list[tuple[Distribution, Seq[Enrolment]]] = []
        for each in await self._records.list(Distribution, sequence.tenant_id):
            if each.sequence_id != sequence.id:
                continue
            if each.state in _UNSETTLED:
                found.append((each, ()))
            elif each.state in _RUNNING and await self._anything_left(each):
                known = await enrolments_of(self._records, each)
                found.append((each, [of for of in known if of.is_open]))
        return found

    async def _anything_left(self, known: Distribution) -> bool:
        tally, _ = await tally_of(self._records, known)
        return bool(tally.counts.get(DeliveryStatus.SCHEDULED))

    def reach(self, people: OnTheirWay, emails: int) -> Reach:
        """Return whom an edit of a sequence of so many emails reaches."""
        return reach((each for _, some in people for each in some), emails, self._clock.now())

    def problems(
        self, people: OnTheirWay, known: Sequence, changed: Sequence, mailbox: Mailbox | None
    ) -> tuple[str, ...]:
        """Return what keeps an edit from being saved, with the names of those whose values it could
        not be filled in with (G5).
        """
        if any(each.state in _UNSETTLED for each, _ in people):
            return (_JUST_NOW,)
        wrong = edit_problems(known, changed, self.reach(people, len(changed.emails)))
        organisation = self._organisations.of(known.tenant_id).name
        for rest, waiting in _still_to_come(people, changed):
            sender = mailbox.owner_name if mailbox else ""
            wrong += unfit_values(rest, waiting, organisation, sender)
        return wrong

    async def effect(self, people: OnTheirWay, known: Sequence, changed: Sequence) -> Effect:
        """Return what an edit does to everybody, as things stand."""
        now, day_of = self._clock.now(), self._organisations.calendar.day_of
        changes: list[tuple[Enrolment, Enrolment]] = []
        for distribution, some in people:
            edit_of = self._edit_of(distribution, changed)
            changes += [(each, placed(followed(each, edit_of(each), now), day_of)) for each in some]
        free = await self._free(known.tenant_id, {each.mailbox_id for each, _ in changes})
        texts = changed_texts(known, changed)
        return effect_of(changes, texts, len(changed.emails), free)

    async def _free(self, tenant_id: str, homes: Iterable[str]) -> Callable[[str, date], int]:
        """Return what tells how many places a day of one of these mailboxes has left."""
        ids = list(homes)
        known = await self._records.many(Mailbox, tenant_id, ids)
        mailboxes = {each.id: each for each in known}
        taken = {each: await self._places.taken(each) for each in ids}

        def free(home: str, day: date) -> int:
            most = mailboxes[home].limit_on(day) if home in mailboxes else 0
            return most - taken[home].get(day, 0)

        return free

    async def follow(self, job: FollowEdit) -> datetime | None:
        """Have everybody who is on their way follow an edit; return when to do so once more. A
        later edit does it instead.

        Raises:
            TransientError: they change too fast for us; come again.
        """
        sequence = await self._records.get(Sequence, job.tenant_id, job.sequence_id)
        if sequence is None or sequence.version != job.version:
            return None
        for distribution, _ in await self.on_their_way(sequence):
            await self._follow(distribution, sequence)
        again = job.edited_at + _ONCE_MORE
        return again if self._clock.now() < again else None

    async def _follow(self, distribution: Distribution, sequence: Sequence) -> None:
        edit_of = self._edit_of(distribution, sequence)
        await self._carry_out(
            distribution,
            sequence,
            lambda each, _: followed(each, edit_of(each), self._clock.now()),
        )

    def _edit_of(
        self, distribution: Distribution, sequence: Sequence
    ) -> Callable[[Enrolment], Edit]:
        """Return what tells of each enrolment of a distribution what the edit means to it."""
        calendar = self._organisations.calendar_of(sequence.tenant_id)
        began = distribution.started_at or self._clock.now()
        number = {id: at for at, id in enumerate(distribution.enrolment_ids)}

        def edit_of(each: Enrolment) -> Edit:
            paced = each.deliveries[0].route is Route.MAILBOX
            behind = number[each.id] * LIMITS.pace if paced else timedelta(0)
            return edit_for(each, sequence, began + behind, calendar)

        return edit_of


def _still_to_come(
    people: OnTheirWay, sequence: Sequence
) -> Iterator[tuple[Sequence, Seq[Participant]]]:
    """Give what of a sequence has still to come, and to whom; nobody who has got all of it."""
    by_last: defaultdict[int, list[Participant]] = defaultdict(list)
    for _, some in people:
        for each in some:
            by_last[last_left(each)].append(each.participant)
    for last, waiting in sorted(by_last.items()):
        if last < len(sequence.emails):
            yield replace(sequence, emails=sequence.emails[last:]), waiting
