"""The send queue in Redis: claims under pace and in-flight limits, settled by fence."""

import secrets as random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count

from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError, DayFullError, PermanentError
from bot.domain.schedule import SendLimits
from bot.jobs import Job
from bot.ports import Claim, SweepDue
from bot.storage import keys, scripts
from bot.storage.batch import Argument, Batch
from bot.storage.claim_script import CLAIM
from bot.storage.codec import milliseconds, moment_of
from bot.storage.connection import translated
from bot.storage.due_script import DUE
from bot.storage.enrolments import day_of, number_of, raw_id
from bot.storage.epoch import Epochs
from bot.storage.lanes import KEEP_TURN
from bot.storage.polling import Rounds
from bot.storage.records import RedisRecords, changed, enrolment_of

_MILLISECOND = timedelta(milliseconds=1)


class RedisSendQueue:
    """ports.SendQueue."""

    def __init__(self, batch: Batch, records: RedisRecords, rounds: Rounds) -> None:
        self._batch = batch
        self._records = records
        self._claim = batch.script(CLAIM)
        self._keep_turn = batch.script(KEEP_TURN)
        self._settle = batch.script(scripts.SETTLE)
        self._let_go = batch.script(scripts.LET_GO)
        self._due = batch.script(DUE)
        self._rounds = rounds.of_sends
        self._epochs = Epochs(batch.redis)
        # No enrolment ever has a fence twice, even when the last second of the append-only file was
        # lost: nothing in the store counts them.
        self._boot, self._calls = random.token_hex(8), count(1)
        self._to_sweep: list[SweepDue] = []

    async def claim(
        self, now: datetime, most: int, limits: SendLimits, today: date | None = None
    ) -> Sequence[Claim]:
        """Take up to `most` due enrolments; expired leases first, as recovered."""
        at = milliseconds(now)
        shards = await self._rounds.due(at, most)
        if not shards:
            return []
        arguments = self._asked(at, most // len(shards), limits, today or now.date())
        with translated():
            answers = await self._claim.run_each([[keys.tag(shard)] for shard in shards], arguments)
        doubtful = await self._epochs.doubtful(self._batch.run_id, now)
        expires = moment_of(at) + limits.lease
        claims: list[Claim] = []
        for shard, (moment, handed_out, stale) in zip(shards, answers, strict=True):
            self._rounds.told(shard, int(moment))
            claims += [_claim(expires, *each) for each in handed_out]
            self._to_sweep += [_sweep(*each) for each in stale]
        if doubtful is not None:
            claims = [replace(each, doubtful=doubtful) for each in claims]
        return sorted(claims, key=lambda each: not each.recovered)

    def to_sweep(self) -> Sequence[SweepDue]:
        """Return the mailboxes that the claims since the last call want swept."""
        told, self._to_sweep = self._to_sweep, []
        return told

    def _asked(self, at: int, most: int, limits: SendLimits, today: date) -> Sequence[Argument]:
        return [
            at,
            most,
            limits.pace // _MILLISECOND,
            limits.in_flight,
            limits.lease // _MILLISECOND,
            f"{self._boot}.{next(self._calls)}",
            limits.relay_in_flight,
            number_of(today),
            limits.fresh // _MILLISECOND,
            limits.soon_stale // _MILLISECOND,
            limits.sweep // _MILLISECOND,
        ]

    async def keep_turn(self, claim: Claim, now: datetime, limits: SendLimits) -> bool:
        """Have a claim's turn be `now`, where no other was handed out since."""
        taken = claim.expires - limits.lease
        turns = [milliseconds(each + limits.pace) for each in (taken, now)]
        shard = keys.shard_of(claim.mailbox_id)
        with translated():
            return bool(await self._keep_turn([keys.tag(shard)], [claim.mailbox_id, *turns]))

    async def settle(
        self, claim: Claim, enrolment: Enrolment, *, jobs: Sequence[Job] = (), at: datetime
    ) -> None:
        """Save the enrolment and end the claim, in one step."""
        shard, change = changed([enrolment], jobs)
        arguments = [milliseconds(at), *_named(claim), *change]
        with translated():
            settled, *moment = await self._settle([keys.tag(shard)], arguments)
        if moment:
            self._rounds.heard(shard, int(moment[0]))
        if settled < -1:
            raise DayFullError(day_of(-settled))
        if settled == 0:
            raise ConcurrentChangeError("the enrolment was changed meanwhile")
        if settled < 0:
            raise PermanentError("the claim was taken over by somebody else", code="stale_claim")

    async def let_go(self, claim: Claim) -> None:
        """End the claim without a change; where the record moved meanwhile, by what it is now."""
        shard = keys.shard_of(claim.mailbox_id)
        while True:
            found = await self._records.enrolments(claim.mailbox_id, [claim.enrolment_id])
            due = found[0].next_due if found else None
            arguments: list[Argument] = [
                *_named(claim),
                "" if due is None else milliseconds(due),
                found[0].rev if found else 0,
                int(bool(found) and found[0].by_relay),
            ]
            with translated():
                ended, *moment = await self._let_go([keys.tag(shard)], arguments)
            if moment:
                self._rounds.told(shard, int(moment[0]))
            if ended >= 0:
                return

    async def due_between(
        self, mailbox_id: str, moments: Sequence[datetime], *, by_relay: bool = False
    ) -> Sequence[int]:
        """Return how many emails fall due from each of these moments up to the next."""
        lane = f"{mailbox_id}~relay" if by_relay else mailbox_id
        arguments: list[Argument] = [lane, *map(milliseconds, moments)]
        with translated():
            counts: list[int] = await self._due([keys.tag(keys.shard_of(mailbox_id))], arguments)
        return counts


def _named(claim: Claim) -> Sequence[Argument]:
    return claim.mailbox_id, raw_id(claim.enrolment_id) or b"", claim.fence


def _claim(  # noqa: PLR0917 - as the script writes it
    expires: datetime, member: bytes, fence: bytes, recovered: int, full: int, value: bytes
) -> Claim:
    mailbox, _, raw = member.partition(b"/")
    mailbox_id, enrolment_id = mailbox.decode(), raw.hex()
    return Claim(
        mailbox_id=mailbox_id,
        enrolment_id=enrolment_id,
        fence=fence.decode(),
        expires=expires,
        enrolment=enrolment_of(mailbox_id, enrolment_id, value) if value else None,
        recovered=bool(recovered),
        full=bool(full),
    )


def _sweep(mailbox: bytes, value: bytes) -> SweepDue:
    """Any record of the mailbox tells whose it is."""
    mailbox_id = mailbox.decode()
    return SweepDue(tenant_id=enrolment_of(mailbox_id, "", value).tenant_id, mailbox_id=mailbox_id)
