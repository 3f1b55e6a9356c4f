"""The send queue in memory: what `sends` does in Redis, in one process."""

import secrets as random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count, pairwise

from bot.domain.enrolment import Enrolment
from bot.domain.errors import PermanentError
from bot.domain.schedule import SendLimits
from bot.jobs import Job
from bot.ports import Claim, SweepDue
from bot.storage.codec import milliseconds, moment_of
from bot.storage.memory_records import MemoryRecords, Place
from bot.storage.memory_requests import MemoryRequests, MemorySweeps

_Lane = tuple[str, bool]


class MemorySendQueue:
    """ports.SendQueue."""

    def __init__(
        self, records: MemoryRecords, requests: MemoryRequests, sweeps: MemorySweeps
    ) -> None:
        self._records = records
        self._requests = requests
        self._sweeps = sweeps
        self._claims: dict[Place, Claim] = {}
        self._lanes: dict[Place, _Lane] = {}
        self._paced: dict[_Lane, int] = {}
        self._boot = random.token_hex(8)
        self._fences = count(1)
        self._to_sweep: list[SweepDue] = []

    async def claim(
        self, now: datetime, most: int, limits: SendLimits, today: date | None = None
    ) -> Sequence[Claim]:
        """Take up to `most` due enrolments; expired leases first, as recovered."""
        expired = [place for place, claim in self._claims.items() if claim.expires <= now]
        expired.sort(key=lambda place: self._claims[place].expires)
        claims = [self._hand_out(each, now, limits, recovered=True) for each in expired[:most]]
        for place in self._ready(now, limits)[: most - len(claims)]:
            if self._must_wait(place, now, limits):
                continue
            del self._records.due[place]
            lane = self._lanes[place] = self._lane_of(place)
            self._requests.flying[lane[0]] += not lane[1]
            full = not lane[1] and not self._records.take_place(*place, today or now.date())
            if not lane[1] and not full:
                self._paced[lane] = milliseconds(now) + limits.pace // timedelta(milliseconds=1)
            claim = self._hand_out(place, now, limits, recovered=False)
            claims.append(replace(claim, full=full))
        return claims

    def to_sweep(self) -> Sequence[SweepDue]:
        """Return the mailboxes that the claims since the last call want swept."""
        told, self._to_sweep = self._to_sweep, []
        return told

    async def keep_turn(self, claim: Claim, now: datetime, limits: SendLimits) -> bool:
        """Have a claim's turn be `now`, where no other was handed out since."""
        lane, taken = (claim.mailbox_id, False), claim.expires - limits.lease
        if self._paced.get(lane, 0) > milliseconds(taken + limits.pace):
            return False
        self._paced[lane] = milliseconds(now + limits.pace)
        return True

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

    async def due_between(
        self, mailbox_id: str, moments: Sequence[datetime], *, by_relay: bool = False
    ) -> Sequence[int]:
        """Return how many emails fall due from each of these moments up to the next."""
        lane = mailbox_id, by_relay
        due = [at for place, at in self._records.due.items() if self._lane_of(place) == lane]
        spans = pairwise(map(milliseconds, moments))
        return [sum(begin <= at < end for at in due) for begin, end in spans]

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
            calls = 0 if lane[1] else self._requests.under_way(lane[0], now)
            room = limits.relay_in_flight if lane[1] else limits.in_flight - calls
            free = flying[lane] < room and self._paced.get(lane, 0) <= at
            if due <= at and free:
                first[lane] = min((due, place), first.get(lane, (due, place)))
        lanes = sorted(first, key=lambda lane: (self._paced.get(lane, 0), lane))
        return [first[lane][1] for lane in lanes]

    def _must_wait(self, place: Place, now: datetime, limits: SendLimits) -> bool:
        """Whether it is a follow-up whose mailbox was not swept of late; asks for what is due."""
        known = self._records.known(*place)
        current = known.current if known else None
        doubted = current is not None and current.doubt_since is not None
        if known is None or doubted or current is known.deliveries[0]:
            return False
        if self._sweeps.ask(place[0], now, limits):
            self._to_sweep.append(SweepDue(tenant_id=known.tenant_id, mailbox_id=place[0]))
        return not self._sweeps.is_fresh(place[0], now, limits)

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
            enrolment=self._records.known(*place),
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
        mailbox_id, by_relay = self._lanes.pop(place)
        self._requests.flying[mailbox_id] -= not by_relay
        self._records.claimed.discard(place)
