"""Under way: who is on their way through a sequence already, in whatever distribution of it."""

from collections.abc import Sequence as Seq
from dataclasses import replace

from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment
from bot.domain.participant import LeftOut, Omission, Participant
from bot.domain.sequence import Sequence
from bot.ports import Records

_UNSETTLED = (DistributionState.STARTING, DistributionState.MOVING)


class UnderWay:
    """Keeps anybody from going through a sequence twice at the same time (B6).

    Whoever has a distribution start, or move, saves the sequence in the same step. So two who do it
    at the same moment know of each other, and it is known in which mailboxes to look.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    async def divided(
        self, sequence: Sequence, people: Seq[Participant]
    ) -> tuple[Seq[Participant], Seq[LeftOut]]:
        """Return who of a list may be enrolled, and who is under way already."""
        taken = {
            person.address for each in await self._unsettled(sequence) for person in each.people
        }
        addresses = [each.address for each in people]
        taken |= {each.participant.address for each in await self._open(sequence, addresses)}
        wanted = [each for each in people if each.address not in taken]
        left_out = [
            LeftOut(
                text=each.address,
                why="is under way in this sequence already",
                kind=Omission.UNDER_WAY,
            )
            for each in people
            if each.address in taken
        ]
        return wanted, left_out

    async def elsewhere(self, distribution: Distribution, sequence: Sequence) -> frozenset[str]:
        """Return the addresses of its people who are under way in another distribution of the same
        sequence.
        """
        addresses = [each.address for each in distribution.people]
        return frozenset(
            each.participant.address
            for each in await self._open(sequence, addresses)
            if each.distribution_id != distribution.id
        )

    async def joined_by(self, sequence: Sequence, known: Distribution) -> Sequence:
        """Return the sequence to be saved with a distribution that is about to start, or to move:
        until it has, all of its people count as under way.
        """
        others = [each.id for each in await self._unsettled(sequence) if each.id != known.id]
        return replace(
            sequence,
            unsettled=(*others, known.id),
            homes=tuple(dict.fromkeys((*sequence.homes, *known.homes))),
        )

    async def _unsettled(self, sequence: Sequence) -> Seq[Distribution]:
        known = await self._records.many(Distribution, sequence.tenant_id, sequence.unsettled)
        return [each for each in known if each.state in _UNSETTLED]

    async def _open(self, sequence: Sequence, addresses: Seq[str]) -> Seq[Enrolment]:
        """Return those of people with these addresses that go on, from every mailbox of theirs."""
        found: list[Enrolment] = []
        for home in dict.fromkeys((sequence.mailbox_id, *sequence.homes)):
            found += await self._records.enrolments_to(home, addresses)
        return [
            each
            for each in found
            if each.sequence_id == sequence.id and each.is_open and not each.test
        ]
