"""A mailbox and what is sent from it, over the store in memory: time is moved by hand, and jobs are
done when a test says so.
"""

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from cryptography.fernet import Fernet

from bot.domain.delivery import Outcome, SendReport, SentCopy
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment, EnrolmentState, read_back
from bot.domain.mailbox import Mailbox
from bot.domain.participant import Participant
from bot.domain.quota import placed
from bot.domain.roles import Actor, Organisation
from bot.domain.schedule import LIMITS
from bot.domain.sequence import Sequence
from bot.domain.submission import after_send
from bot.jobs import (
    HoldAfterFault,
    HoldDistributions,
    Job,
    MoveDistribution,
    ReleasePlaces,
    SteerDistribution,
)
from bot.ports import Claim
from bot.services.booking import Booking, Plan
from bot.services.carrying_out import CarryingOut
from bot.services.distributions import Distributions
from bot.services.mailboxes import Mailboxes
from bot.services.moving import Moving
from bot.services.organisations import Organisations
from bot.services.releasing import Releasing
from bot.services.second_person import SecondPerson
from bot.services.senders import Senders
from bot.services.sent_items import SentItems
from bot.services.steering import Steering
from bot.services.suppressions import Suppressions
from bot.services.under_way import UnderWay
from bot.storage.memory_store import MemoryStore
from tests.contract import samples
from tests.contract.conftest import HandClock

ADMIN = Actor(tenant_id="t1", oid="admin", name="Ada Admin")
MEMBER = Actor(tenant_id="t1", oid="somebody", name="Mo Member")
STRANGER = Actor(tenant_id="t2", oid="other admin", name="Stranger")
_LEASE = timedelta(minutes=5)


@dataclass
class Desk:
    """The services over one store, and what was done of the jobs in it."""

    store: MemoryStore
    clock: HandClock
    organisations: Organisations
    booking: Booking
    distributions: Distributions
    mailboxes: Mailboxes
    steering: Steering
    releasing: Releasing
    moving: Moving

    async def begin(
        self,
        people: int = 3,
        *,
        batch: str = samples.BATCH,
        mailbox_id: str = "m1",
        domain: str = "customer.example",
        tag: str = "",
    ) -> Distribution:
        """Have a distribution under way, its first emails due now; `tag` is that of an address that
        has one: "+news".
        """
        now = self.clock.now()
        known = Distribution(
            id=batch,
            tenant_id="t1",
            sequence_id="s1",
            sequence_version=1,
            mailbox_id=mailbox_id,
            title="Feedback: Autumn",
            people=tuple(
                Participant(address=f"p{number}{tag}@{domain}", fields={})
                for number in range(people)
            ),
            left_out=(),
            created_by="admin",
            created_by_name="Ada Admin",
            created_at=now,
            state=DistributionState.STARTING,
            started_at=now,
        )
        plan = Plan(
            distribution=known,
            sequence=await self.sequence(),
            mailbox=await self.mailbox(mailbox_id),
            start=now,
        )
        assert await self.booking.book(plan)
        await self.store.records.save(known, at=now)
        await self.distributions.start("t1", batch)
        return await self.distribution(batch)

    async def mailbox(self, identity: str = "m1") -> Mailbox:
        found = await self.store.records.get(Mailbox, "t1", identity)
        assert found is not None
        return found

    async def sequence(self) -> Sequence:
        found = await self.store.records.get(Sequence, "t1", "s1")
        assert found is not None
        return found

    async def distribution(self, batch: str = samples.BATCH) -> Distribution:
        found = await self.store.records.get(Distribution, "t1", batch)
        assert found is not None
        return found

    async def people(self, home: str = "m1", batch: str = samples.BATCH) -> Seq[Enrolment]:
        """Return the enrolments of a distribution that lie with a mailbox."""
        known = await self.distribution(batch)
        return await self.store.records.enrolments(home, known.enrolment_ids)

    async def waiting(self) -> list[Job]:
        """Return the jobs that are due, and put them back."""
        taken = await self.store.jobs.take(self.clock.now(), 100, _LEASE)
        for each in taken:
            await self.store.jobs.again(each, self.clock.now(), failed=False)
        return [each.job for each in taken]

    async def work(self) -> None:
        """Do every due job that steers distributions; drop the others."""
        while taken := await self.store.jobs.take(self.clock.now(), 100, _LEASE):
            for each in taken:
                again = await self.do(each.job)
                if again is None:
                    await self.store.jobs.finish(each)
                else:
                    await self.store.jobs.again(each, again, failed=False)

    async def do(self, job: Job) -> datetime | None:
        """Do a job that steers distributions; any other is dropped."""
        match job:
            case HoldDistributions():
                return await self.steering.hold_all(job)
            case HoldAfterFault():
                return await self.steering.hold_after_fault(job)
            case SteerDistribution():
                await self.steering.follow(job)
            case MoveDistribution():
                return await self.moving.carry(job)
            case ReleasePlaces():
                return await self.booking.release(job)
        return None

    async def leave(self, until: datetime) -> list[tuple[str, str]]:
        """Let the calendar run: do the jobs, and send what is due. Returns each email that left, by
        its mailbox and its key.
        """
        left = []
        while self.clock.now() < until:
            await self.work()
            for each in await self.store.records.list(Mailbox, "t1"):
                await self.store.sweeps.done(each.id, self.clock.now(), self.clock.now())
            today = self.clock.now().date()
            claims = await self.store.sends.claim(self.clock.now(), 100, LIMITS, today)
            for claim in claims:
                left.append(await self.send(claim))
            self.clock.forward(LIMITS.pace if claims else await self._idle(until))
        return left

    async def _idle(self, until: datetime) -> timedelta:
        due = await self.store.next_email() or until
        return min(max(due - self.clock.now(), LIMITS.pace), timedelta(hours=6))

    async def send(self, claim: Claim) -> tuple[str, str]:
        """Have a claimed email leave; return its mailbox and its key."""
        known = claim.enrolment
        assert known is not None
        assert known.current is not None
        assert known.state is EnrolmentState.ACTIVE
        report, number = SendReport(outcome=Outcome.ACCEPTED), known.current.number
        at, plan = self.clock.now(), samples.schedule()
        sent = placed(
            after_send(known, number, report, plan, at), self.organisations.calendar.day_of
        )
        copy = SentCopy(
            internet_message_id=f"<x{known.current.key}>", conversation_id="", sent_at=at
        )
        named = read_back(sent, number, copy)
        await self.store.sends.settle(claim, named, at=at)
        return claim.mailbox_id, known.current.key


async def desk(*mailbox_ids: str, kind: type[MemoryStore] = MemoryStore) -> Desk:
    """Set up an organisation with connected mailboxes and a sequence sent from the first."""
    clock = HandClock()
    store = kind([Fernet.generate_key().decode()], clock)
    records = store.records
    other = Organisation(tenant_id="t2", name="Other", support="", admins=frozenset({STRANGER.oid}))
    organisations = Organisations([samples.organisation(), other])
    senders = Senders(records, cast(Any, None), "")  # nothing leaves by SMTP here
    booking = Booking(records, store.places, store.sends, organisations, clock)
    under_way = UnderWay(records)
    distributions = Distributions(
        records=records,
        booking=booking,
        organisations=organisations,
        senders=senders,
        suppressions=Suppressions(records, organisations, clock),
        under_way=under_way,
        second_person=SecondPerson(records, organisations),
        clock=clock,
    )
    mailboxes = Mailboxes(
        records=records,
        places=store.places,
        secrets=store.secrets,
        chat=cast(Any, None),  # nobody is invited
        organisations=organisations,
        clock=clock,
        public_url="https://mailroom.example",
    )
    known = [samples.mailbox(each) for each in mailbox_ids or ("m1",)]
    await records.save(*known, samples.sequence(known[0].id), at=clock.now())
    return Desk(
        store=store,
        clock=clock,
        organisations=organisations,
        booking=booking,
        distributions=distributions,
        mailboxes=mailboxes,
        steering=Steering(
            records=records,
            jobs=store.jobs,
            carrying_out=CarryingOut(records, store.jobs, booking, organisations, clock),
            distributions=distributions,
            senders=senders,
            under_way=under_way,
            organisations=organisations,
            clock=clock,
        ),
        releasing=Releasing(records, mailboxes, organisations, clock),
        moving=Moving(
            records=records,
            booking=booking,
            distributions=distributions,
            senders=senders,
            sent_items=SentItems(records, cast(Any, None), clock),  # all ids are known
            under_way=under_way,
            organisations=organisations,
            clock=clock,
        ),
    )
