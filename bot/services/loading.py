"""Loading: everything a batch of claims is about, in one go."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.enrolment import Enrolment
from bot.domain.errors import TransientError
from bot.domain.mailbox import Mailbox
from bot.domain.planning import schedule_of
from bot.domain.schedule import ANY_TIME
from bot.domain.sequence import Sequence as MailSequence
from bot.ports import Claim, Records
from bot.services.organisations import Organisations
from bot.services.settling import Work
from bot.services.suppressions import Suppressions

_TRIES, _AGAIN = 20, 0.5  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A claim with what it is about: None when there is nothing left to send. `suppressed`: nothing
    is sent to its address any more.
    """

    claim: Claim
    work: Work | None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the emails of one organisation need, by id."""

    mailboxes: dict[str, Mailbox]
    sequences: dict[str, MailSequence]
    suppressed: frozenset[str]


class Loading:
    """Brings claims together with mailboxes, sequences and suppressions: facts of other shards,
    which a claim cannot see.
    """

    def __init__(
        self, records: Records, suppressions: Suppressions, organisations: Organisations
    ) -> None:
        self._records = records
        self._suppressions = suppressions
        self._organisations = organisations

    async def loaded(self, claims: Sequence[Claim]) -> Sequence[Due]:
        """Return the claims with what they are about. They are ours for minutes: a store that does
        not answer is asked again, or their emails would count as lost under way.

        Raises:
            TransientError: the store cannot be reached for long.
        """
        tenants = {each.enrolment.tenant_id for each in claims if each.enrolment}
        for _ in range(_TRIES):
            with suppress(TransientError):
                facts = {tenant_id: await self._facts(tenant_id, claims) for tenant_id in tenants}
                return [self._due(each, facts) for each in claims]
            await asyncio.sleep(_AGAIN)
        raise TransientError("what was claimed cannot be loaded")

    async def _facts(self, tenant_id: str, claims: Sequence[Claim]) -> _Facts:
        known = (each.enrolment for each in claims if each.enrolment)
        theirs = [each for each in known if each.tenant_id == tenant_id]
        many = self._records.many
        mailboxes, sequences, suppressed = await asyncio.gather(
            many(Mailbox, tenant_id, list({each.mailbox_id for each in theirs})),
            many(MailSequence, tenant_id, list({each.sequence_id for each in theirs})),
            self._suppressions.among(tenant_id, [each.participant.address for each in theirs]),
        )
        return _Facts(
            mailboxes={each.id: each for each in mailboxes},
            sequences={each.id: each for each in sequences},
            suppressed=suppressed,
        )

    def _due(self, claim: Claim, facts: dict[str, _Facts]) -> Due:
        enrolment = claim.enrolment
        delivery = _unsettled(enrolment) if enrolment else None
        if enrolment is None or delivery is None:
            return Due(claim=claim, work=None)
        found = facts[enrolment.tenant_id]
        sequence = found.sequences.get(enrolment.sequence_id)
        mailbox = found.mailboxes.get(enrolment.mailbox_id)
        if sequence is None or mailbox is None:
            return Due(claim=claim, work=None)
        if enrolment.test:  # whoever asks for one waits for it
            sequence = replace(sequence, window=ANY_TIME)
        calendar = self._organisations.calendar_of(enrolment.tenant_id)
        work = Work(
            claim=claim,
            enrolment=enrolment,
            delivery=delivery,
            sequence=sequence,
            schedule=schedule_of(sequence, enrolment.participant, calendar),
            mailbox=mailbox,
        )
        suppressed = enrolment.participant.address in found.suppressed
        return Due(claim=claim, work=work, suppressed=suppressed)


def _unsettled(enrolment: Enrolment) -> Delivery | None:
    """Return the email a claim is about: the first without an outcome, cancelled or not (an answer
    may have come while it was under way); None when there is none.
    """
    scheduled = DeliveryStatus.SCHEDULED
    return next((each for each in enrolment.deliveries if each.status is scheduled), None)
