"""The send queue in memory: what `sends` does in Redis, in one process."""

import secrets as random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from bot.domain.enrolment import Enrolment
from bot.domain.errors import PermanentError
from bot.domain.schedule import SendLimits
from bot.jobs import Job
from bot.ports import Claim
from bot.storage.codec import milliseconds, moment_of
from bot.storage.memory_records import MemoryRecords, Place


class MemorySendQueue:
    """ports.SendQueue."""

    def __init__(self, records: MemoryRecords) -> None:
        self._records = records
        self._claims: dict[Place, Claim] = {}
        self._paced: dict[str, int] = {}
        self._boot = random.token_hex(8)
        self._fences = count(1)

    async def claim(self, now: datetime, most: int, limits: SendLimits) -> Sequence[Claim]:
        """Take up to `most` due enrolments; expired leases first, as recovered."""
        expired = [place for place, claim in self._claims.items() if claim.expires <= now]
        expired.sort(key=lambda place: self._claims[place].expires)
        claims = [self._hand_out(each, now, limits, recovered=True) for each in expired[:most]]
        for place in self._ready(now, limits)[: most - len(claims)]:
            del self._records.due[place]
            self._paced[place[0]] = milliseconds(now) + limits.pace // timedelta(milliseconds=1)
            claims.append(self._hand_out(place, now, limits, recovered=False))
        return claims

    async def settle(
        self, claim: Claim, enrolment: Enrolment, *, jobs: Sequence[Job] = (), at: datetime
    ) -> None:
        """Save the enrolment and end the claim, in one step."""
        place = claim.mailbox_id, claim.enrolment_id
        if not self._holds(claim):
            raise PermanentError("the claim was taken over by somebody else", code="stale_claim")
        self._records.write([enrolment], jobs, at)
        self._end(place)
        self._records.place(enrolment)

    async def let_go(self, claim: Claim) -> None:
        """End the claim without a change."""
        if not self._holds(claim):
            return
        self._end((claim.mailbox_id, claim.enrolment_id))
        for each in await self._records.enrolments(claim.mailbox_id, [claim.enrolment_id]):
            self._records.place(each)

    def waiting(self, now: int) -> int:
        """Return how many enrolments are due or under a claim."""
        return len(self._claims) + sum(due <= now for due in self._records.due.values())

    def next(self) -> datetime | None:
        """Return when an enrolment falls due or a lease runs out next, or None."""
        due = [moment_of(each) for each in self._records.due.values()]
        return min([*due, *(claim.expires for claim in self._claims.values())], default=None)

    def _ready(self, now: datetime, limits: SendLimits) -> list[Place]:
        """Return one due enrolment of each mailbox that may send, longest waiting mailbox first."""
        at = milliseconds(now)
        flying = Counter(mailbox for mailbox, _ in self._claims)
        first: dict[str, tuple[int, Place]] = {}
        for place, due in self._records.due.items():
            free = flying[place[0]] < limits.in_flight and self._paced.get(place[0], 0) <= at
            if due <= at and free:
                first[place[0]] = min((due, place), first.get(place[0], (due, place)))
        mailboxes = sorted(first, key=lambda mailbox: (self._paced.get(mailbox, 0), mailbox))
        return [first[mailbox][1] for mailbox in mailboxes]

    def _hand_out(
        self, place: Place, now: datetime, limits: SendLimits, *, recovered: bool
    ) -> Claim:
        claim = Claim(
            mailbox_id=place[0],
            enrolment_id=place[1],
            fence=f"{self._boot}.{next(self._fences)}",
            expires=moment_of(milliseconds(now)) + limits.lease,
            recovered=recovered,
        )
        self._claims[place] = claim
        self._records.claimed.add(place)
        return claim

    def _holds(self, claim: Claim) -> bool:
        held = self._claims.get((claim.mailbox_id, claim.enrolment_id))
        return held is not None and held.fence == claim.fence

    def _end(self, place: Place) -> None:
        del self._claims[place]
        self._records.claimed.discard(place)
