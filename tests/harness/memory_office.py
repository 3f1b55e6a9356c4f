"""An organisation over the store in memory: who may send, a mailbox, a sequence, and a worker."""

from collections.abc import Awaitable, Callable
from collections.abc import Sequence as Seq
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

from bot.distributing import Distributing
from bot.domain.calendar import Calendar
from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Message
from bot.domain.records import Conversation, ConversationKind
from bot.domain.roles import Actor, Organisation
from bot.domain.sequence import Sequence
from bot.domain.views import DistributeForm, DistributionNews, DistributionPreview, View
from bot.ports import Person
from bot.services.approving import Approving
from bot.services.booking import Booking
from bot.services.carrying_out import CarryingOut
from bot.services.confirming import Confirming
from bot.services.conversations import Conversations
from bot.services.distributions import Distributions
from bot.services.editing import Editing
from bot.services.moving import Moving
from bot.services.organisations import Organisations
from bot.services.progress import Progress
from bot.services.scheduling import Scheduling
from bot.services.senders import Senders
from bot.services.sent_items import SentItems
from bot.services.sequences import Sequences
from bot.services.steering import Steering
from bot.services.suppressions import Suppressions
from bot.storage.memory_store import MemoryStore
from bot.worker import Worker
from bot.workshop import Workshop
from tests.contract import samples

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
ADMIN = Actor(tenant_id="t1", oid="admin", name="Ada Abel")
OTHER = Actor(tenant_id="t1", oid="other", name="Otto Orth")
STRANGER = Actor(tenant_id="t1", oid="stranger", name="Sam")
CARD = Message(conversation_id="chat-admin", message_id="first")
CHANNEL = Conversation(
    id="channel", tenant_id="t1", kind=ConversationKind.CHANNEL, service_url="s", announce=True
)
ORGANISATION = replace(
    samples.organisation(),
    admins=frozenset({"admin"}),
    managers=frozenset({"other"}),
    calendar=Calendar(zone=BERLIN),
)


@dataclass
class HandClock:
    """A clock that is set by hand."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class Teams:
    """Teams, as far as it takes cards: what was posted where, and what stands there now."""

    posts: list[tuple[str, View]] = field(default_factory=list)
    shown: dict[Message, View] = field(default_factory=dict)

    async def post(self, conversation: Conversation, view: View) -> str:
        where = Message(conversation_id=conversation.id, message_id=str(len(self.posts)))
        self.posts.append((conversation.id, view))
        self.shown[where] = view
        return where.message_id

    async def update(self, conversation: Conversation, message_id: str, view: View) -> None:
        self.shown[Message(conversation_id=conversation.id, message_id=message_id)] = view

    async def open_personal(self, tenant_id: str, oid: str, service_url: str) -> Conversation:
        return Conversation(
            id=f"chat-{oid}",
            tenant_id=tenant_id,
            kind=ConversationKind.PERSONAL,
            service_url=service_url,
            user_oid=oid,
        )

    async def person(self, conversation: Conversation, oid: str) -> Person | None:
        return None

    def news(self, place: str) -> list[str]:
        """Return what a place was told."""
        return [
            view.news
            for where, view in self.posts
            if where == place and isinstance(view, DistributionNews)
        ]


@dataclass
class Office:
    """What people and the worker do there."""

    store: MemoryStore
    clock: HandClock
    teams: Teams
    distributions: Distributions
    confirming: Confirming
    scheduling: Scheduling
    approving: Approving
    sequences: Sequences
    steering: Steering
    moving: Moving
    editing: Editing
    suppressions: Suppressions
    worker: Worker
    organisation: Organisation

    async def check(self, people: str, day: str = "", hour: str = "") -> View:
        """Check a list of people as ADMIN; return what is shown."""
        form = DistributeForm(sequences=(), sequence_id="s1", recipients=people, day=day, hour=hour)
        return await self.distributions.check(ADMIN, form)

    async def draft(self, people: str, day: str = "", hour: str = "") -> str:
        """Check a list of people that is right; return the draft's id."""
        shown = await self.check(people, day, hour)
        assert isinstance(shown, DistributionPreview), shown
        return shown.distribution_id

    async def confirmed(self, people: str, day: str = "", hour: str = "") -> str:
        """Check a list of people and confirm it as ADMIN; return the distribution's id."""
        identity = await self.draft(people, day, hour)
        await self.confirming.confirm(ADMIN, identity, CARD)
        return identity

    async def known(self, identity: str) -> Distribution:
        """Return a distribution as it is kept."""
        found = await self.store.records.get(Distribution, "t1", identity)
        assert found is not None
        return found

    async def enrolled(self, identity: str) -> Seq[Enrolment]:
        """Return the enrolments made of a distribution."""
        ids = (await self.known(identity)).enrolment_ids
        return await self.store.records.enrolments("m1", ids)

    async def edit(self) -> None:
        """Change the sequence, as its form does."""
        known = await self.store.records.get(Sequence, "t1", "s1")
        assert known is not None
        form = await self.sequences.edit(ADMIN, "s1")
        first, *rest = cast(Any, form).emails
        changed = replace(cast(Any, form), emails=(replace(first, subject="New"), *rest))
        await self.sequences.save(ADMIN, changed)

    async def work(self) -> None:
        """Do every job that is due."""
        while taken := await self.store.jobs.take(self.clock.now(), 50, timedelta(minutes=5)):
            for each in taken:
                await self.worker._run_job(each)

    async def go_to(self, moment: datetime) -> None:
        """Let the clock run to `moment`, and do what is due then."""
        self.clock.moment = moment
        await self.work()


async def office(
    *, organisation: Organisation = ORGANISATION, sequence: Sequence | None = None
) -> Office:
    """Open it on MONDAY; one channel has asked to be told."""
    clock, teams = HandClock(MONDAY), Teams()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    chat = await teams.open_personal("t1", "admin", "s")
    for record in (samples.mailbox(), sequence or samples.sequence(), CHANNEL, chat):
        await store.records.save(record, at=MONDAY)
    return built_on(store, clock, teams, organisation)


def built_on(
    store: MemoryStore, clock: HandClock, teams: Teams, organisation: Organisation = ORGANISATION
) -> Office:
    """Put the use cases together over what is there already, as one process."""
    organisations = Organisations([organisation])
    records, chat = store.records, teams
    senders = Senders(records, cast(Any, None), "")  # nothing leaves by SMTP here
    suppressions = Suppressions(records, organisations, clock)
    booking = Booking(records, store.places, store.sends, organisations, clock)
    built = Distributing(
        records=records,
        chat=chat,
        booking=booking,
        organisations=organisations,
        conversations=Conversations(records, organisations, clock),
        senders=senders,
        suppressions=suppressions,
        clock=clock,
    )
    carrying_out = CarryingOut(records, store.jobs, booking, organisations, clock)
    editing = Editing(records, store.places, carrying_out, organisations, clock)
    steering = built.steering(store.jobs, carrying_out)
    moving = built.moving(SentItems(records, cast(Any, None), clock))  # all ids are known
    workshop = Workshop(
        **{
            **dict.fromkeys(Workshop.__dataclass_fields__, cast(Any, None)),
            "progress": Progress(records, chat, built.distributions, booking),
            "scheduling": built.scheduling(),
            "telling": built.telling,
            "steering": steering,
            "moving": moving,
            "editing": editing,
        }
    )
    return Office(
        store=store,
        clock=clock,
        teams=teams,
        distributions=built.distributions,
        confirming=built.confirming(),
        scheduling=built.scheduling(),
        approving=built.approving(),
        sequences=Sequences(records, organisations, senders, editing, clock),
        steering=steering,
        moving=moving,
        editing=editing,
        suppressions=suppressions,
        worker=Worker(workshop, store.jobs, store.inbound, clock, "w"),
        organisation=organisation,
    )


When = Literal["before", "after"]


class DiedError(BaseException):
    """A process died; nothing in it can catch that."""


@dataclass
class Life:
    """How long a process lives: it dies at a change (counts from 0), before or right after it."""

    changes: int
    when: When
    is_over: bool = False

    def reached(self, when: When) -> None:
        """Die where it is time to."""
        if self.when == when and self.changes == 0:
            self.is_over = True
        if self.is_over:
            raise DiedError
        self.changes -= when == "after"


class Mortal:
    """A part of the outside as a process sees it that dies at one of its changes."""

    def __init__(self, part: object, life: Life) -> None:
        self._part = part
        self._life = life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        return self._dying(method) if name in _CHANGES else method

    def _dying(self, method: Any) -> Any:
        async def dying(*arguments: Any, **named: Any) -> Any:
            self._life.reached("before")
            result = await method(*arguments, **named)
            self._life.reached("after")
            return result

        return dying


_CHANGES = ("save", "book", "release", "put", "finish", "again", "post", "update")


def mortal(at: Office, life: Life) -> Office:
    """Return another process over the same store and Teams, which lives only so long."""
    store = copy(at.store)
    for name in ("records", "places", "jobs"):
        setattr(store, name, Mortal(getattr(at.store, name), life))
    return built_on(store, at.clock, cast(Any, Mortal(at.teams, life)), at.organisation)


class Overtaken:
    """Records as a process sees them when somebody else acts right before it first saves."""

    def __init__(self, records: object, act: Callable[[], Awaitable[object]]) -> None:
        self._records = records
        self._act: Callable[[], Awaitable[object]] | None = act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    async def save(self, *records: Any, **named: Any) -> None:
        act, self._act = self._act, None
        if act is not None:
            await act()
        await cast(Any, self._records).save(*records, **named)


def overtaken(at: Office, act: Callable[[], Awaitable[object]]) -> Office:
    """Return another process over the same store, in which that happens."""
    store = copy(at.store)
    store.records = cast(Any, Overtaken(at.store.records, act))
    return built_on(store, at.clock, at.teams, at.organisation)
