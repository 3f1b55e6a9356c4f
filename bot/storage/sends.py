"""The send queue in Redis: claims under pace and in-flight limits, settled by fence."""

import secrets as random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError, DayFullError, PermanentError
from bot.domain.schedule import SendLimits
from bot.jobs import Job
from bot.ports import Claim
from bot.storage import keys, scripts
from bot.storage.batch import Batch
from bot.storage.codec import milliseconds, moment_of
from bot.storage.connection import text, translated
from bot.storage.epoch import Epochs
from bot.storage.heads import day_of, number_of
from bot.storage.polling import Rounds
from bot.storage.records import RedisRecords, key_of, member_of, packed

_MOST_MOVES = 200
_MILLISECOND = timedelta(milliseconds=1)


class RedisSendQueue:
    """ports.SendQueue."""

    def __init__(self, batch: Batch, records: RedisRecords, rounds: Rounds) -> None:
        self._records = records
        self._claim = batch.script(scripts.CLAIM)
        self._settle = batch.script(scripts.SETTLE)
        self._let_go = batch.script(scripts.LET_GO)
        self._rounds = rounds.of_sends
        self._epochs = Epochs(batch.redis)
        # A fence never repeats, even when the last second of the append-only file was lost and the
        # counter in the store goes back: every process counts under a name of its own.
        self._boot = random.token_hex(8)

    async def claim(
        self, now: datetime, most: int, limits: SendLimits, today: date | None = None
    ) -> Sequence[Claim]:
        """Take up to `most` due enrolments; expired leases first, as recovered."""
        at = milliseconds(now)
        shards = await self._rounds.due(at, most)
        if not shards:
            return []
        arguments: list[str | int] = [
            at,
            most // len(shards),
            limits.pace // _MILLISECOND,
            limits.in_flight,
            limits.lease // _MILLISECOND,
            self._boot,
            _MOST_MOVES,
            limits.relay_in_flight,
            number_of(today or now.date()),
        ]
        async with translated():
            server, *answers = await self._claim.run_each(
                [[keys.tag(shard)] for shard in shards], arguments
            )
        doubtful = await self._epochs.doubtful(text(server["run_id"]), now)
        expires = moment_of(at) + limits.lease
        claims = []
        for shard, (moment, handed_out) in zip(shards, answers, strict=True):
            self._rounds.told(shard, int(moment))
            claims += [replace(_claim(expires, *each), doubtful=doubtful) for each in handed_out]
        return sorted(claims, key=lambda each: not each.recovered)

    async def settle(
        self, claim: Claim, enrolment: Enrolment, *, jobs: Sequence[Job] = (), at: datetime
    ) -> None:
        """Save the enrolment and end the claim, in one step."""
        shard, change = packed([enrolment], jobs)
        member = member_of(claim.mailbox_id, claim.enrolment_id)
        arguments: list[str | int | bytes] = [
            change,
            milliseconds(at),
            member,
            claim.mailbox_id,
            claim.fence,
        ]
        async with translated():
            settled = await self._settle(keys=[keys.tag(shard)], args=arguments)
        self._rounds.told(shard, 0)
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
            arguments: list[str | int] = [
                member_of(claim.mailbox_id, claim.enrolment_id),
                claim.mailbox_id,
                claim.enrolment_id,
                claim.fence,
                "" if due is None else milliseconds(due),
                key_of("Enrolment", claim.mailbox_id, claim.enrolment_id),
                found[0].rev if found else 0,
                int(bool(found) and found[0].by_relay),
            ]
            async with translated():
                ended = await self._let_go(keys=[keys.tag(shard)], args=arguments)
            if ended >= 0:
                break
        self._rounds.told(shard, 0)


def _claim(expires: datetime, member: bytes, fence: bytes, recovered: int, full: int) -> Claim:
    mailbox, _, enrolment = member.decode().partition("/")
    return Claim(
        mailbox_id=mailbox,
        enrolment_id=enrolment,
        fence=fence.decode(),
        expires=expires,
        recovered=bool(recovered),
        full=bool(full),
    )
