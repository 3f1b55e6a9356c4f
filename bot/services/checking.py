"""Checking: what keeps a sequence from being sent to people, looked at once more when it begins."""

from collections.abc import Sequence as Seq
from dataclasses import replace
from datetime import datetime

from bot.domain import distribution as rules
from bot.domain.approval import fingerprint
from bot.domain.distribution import Distribution
from bot.domain.errors import UserMistakeError
from bot.domain.footer import lacking
from bot.domain.mailbox import Mailbox
from bot.domain.participant import Participant
from bot.domain.sequence import Sequence
from bot.ports import Records
from bot.services.booking import Plan
from bot.services.composing import wrong_links
from bot.services.organisations import Organisations
from bot.services.senders import Senders
from bot.services.suppressions import Suppressions
from bot.services.under_way import UnderWay

_GONE = "The sequence or its mailbox no longer exists, so nothing was sent."
_CHANGED = (
    "The sequence was changed after this preview, so nothing was sent. "
    "Say “distribute” and check the list once more."
)
_NOBODY = "Nobody on this list can be written to any more, so nothing was sent."


def unfit_values(
    sequence: Sequence, people: Seq[Participant], organisation: str, sender: str
) -> tuple[str, ...]:
    """Return a sentence for each value of the list that is missing or cannot be used."""
    missing = rules.missing_values(sequence, people, organisation, sender)
    return (*missing, *wrong_links(sequence, people), *rules.wrong_zones(sequence, people))


class Checking:
    """Looks at everything a distribution needs, from scratch; changes nothing."""

    def __init__(
        self,
        records: Records,
        organisations: Organisations,
        senders: Senders,
        suppressions: Suppressions,
        under_way: UnderWay,
    ) -> None:
        self._records = records
        self._organisations = organisations
        self._senders = senders
        self._suppressions = suppressions
        self._under_way = under_way

    async def plan(self, known: Distribution, now: datetime) -> Plan:
        """Return the plan of what begins now; whoever may not be written to any more, or is under
        way in the same sequence, is dropped.

        Raises:
            UserMistakeError: everything that is wrong; or it is not what was previewed or approved.
        """
        sequence, mailbox = await self._as_previewed(known)
        organisation = self._organisations.of(known.tenant_id)
        reached, suppressed = await self._suppressions.divided(known.tenant_id, known.people)
        people, enrolled = await self._under_way.divided(sequence, reached)
        problems = lacking(organisation)
        if obstacle := await self._senders.obstacle(sequence, mailbox):
            problems += (obstacle,)
        if not people:
            problems += (_NOBODY,)
        problems += unfit_values(sequence, people, organisation.name, mailbox.owner_name)
        if problems:
            raise UserMistakeError(*problems)
        return Plan(
            distribution=replace(known, people=tuple(people), dropped=(*suppressed, *enrolled)),
            sequence=await self._under_way.joined_by(sequence, known),
            mailbox=mailbox,
            start=now,
        )

    async def voided(self, known: Distribution) -> Seq[str]:
        """Return why it is not what was previewed, or approved, any more; () while it is."""
        try:
            await self._as_previewed(known)
        except UserMistakeError as error:
            return error.problems
        return ()

    async def _as_previewed(self, known: Distribution) -> tuple[Sequence, Mailbox]:
        mailbox = await self._records.get(Mailbox, known.tenant_id, known.mailbox_id)
        sequence = await self._records.get(Sequence, known.tenant_id, known.sequence_id)
        if sequence is None or mailbox is None:
            raise UserMistakeError(_GONE)
        if sequence.version != known.sequence_version:
            raise UserMistakeError(_CHANGED)
        if known.fingerprint and known.fingerprint != fingerprint(known, sequence, mailbox):
            raise UserMistakeError(_CHANGED)
        return sequence, mailbox
