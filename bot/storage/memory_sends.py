"""The send queue in memory: what `sends` does in Redis, in one process."""

import secrets as random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count

from bot.domain.enrolment import Enrolment
from bot.domain.errors import PermanentError
from bot.domain.schedule import SendLimits
from bot.jobs import Job
from bot.ports import Claim
from bot.storage.codec import milliseconds, moment_of
from bot.storage.memory_records import MemoryRecords, Place

_Lane = tuple[str, bool]


class MemorySendQueue:
    """ports.SendQueue."""

    def __init__(self, records: MemoryRecords) -> None:
        self._records = records
        self._claims: dict[Place, Claim] = {}
        self._lanes: dict[Place, _Lane] = {}
        self._paced: dict[_Lane, int] = {}
        self._boot = random.token_hex(8)
        self._fences = count(1)

    async def claim(
        self, now: datetime, most: int, limits: SendLimits, today: date | None = None
    ) -> Sequence[Claim]:
        """Take up to `most` due enrolments; expired leases first, as recovered."""
        expired = [place for place, claim in self._claims.items() if claim.expires <= now]
        expired.sort(key=lambda place: self._claims[place].expires)
        claims = [self._hand_out(each, now, limits, recovered=True) for each in expired[:most]]
        for place in self._ready(now, limits)[: most - len(claims)]:
            del self._records.due[place]
            lane = self._lanes[place] = self._lane_of(place)
            full = not lane[1] and not self._records.take_place(*place, today or now.date())
            if not lane[1] and not full:
                self._paced[lane] = milliseconds(now) + limits.pace // timedelta(milliseconds=1)
            claim = self._hand_out(place, now, limits, recovered=False)
            claims.append(replace(claim, full=full))
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
        """Return one due enrolment of each lane that may send, longest waiting lane first."""
        at = milliseconds(now)
        flying = Counter(self._lanes[place] for place in self._claims)
        first: dict[_Lane, tuple[int, Place]] = {}
        for place, due in self._records.due.items():
            lane = self._lane_of(place)
            room = limits.relay_in_flight if lane[1] else limits.in_flight
            free = flying[lane] < room and self._paced.get(lane, 0) <= at
            if due <= at and free:
                first[lane] = min((due, place), first.get(lane, (due, place)))
        lanes = sorted(first, key=lambda lane: (self._paced.get(lane, 0), lane))
        return [first[lane][1] for lane in lanes]

    def _lane_of(self, place: Place) -> _Lane:
        """What leaves by SMTP waits beside its mailbox's own queue."""
        return place[0], place in self._records.by_relay

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
        del self._lanes[place]
        self._records.claimed.discard(place)
