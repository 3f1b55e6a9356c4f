"""Subscriptions on a mailbox over the in-memory store: made, renewed, made anew, ended."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import ConsentRequiredError, PermanentError, TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.records import Subscription
from bot.jobs import Job, Subscribe, SweepMailbox
from bot.services.known_subscriptions import subscription_key
from bot.services.watching import WATCHED, Watching
from bot.storage.memory_store import MemoryStore
from tests.contract.conftest import NOW, HandClock
from tests.contract.samples import mailbox

INBOX, JUNK = WATCHED
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REFUSED = PermanentError("a policy", code="ErrorAccessDenied")
GONE = ConsentRequiredError("revoked")
AWAY = TransientError("no answer")


@dataclass
class Graph:
    """Graph's subscriptions on one mailbox; `faults` by resource are raised as long as they stand.
    It grants `lifetime` at most.
    """

    clock: HandClock
    lifetime: timedelta = timedelta(days=7)
    faults: dict[str, Exception] = field(default_factory=dict)
    there: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    renewed: list[tuple[str, datetime]] = field(default_factory=list)
    loses_its_answer: bool = False

    async def create(
        self,
        mailbox_id: str,
        resource: str,
        *,
        url: str,
        lifecycle_url: str,
        client_state: str,
        expires: datetime,
    ) -> tuple[str, datetime]:
        assert url == "https://hook.example/graph/notifications"
        assert lifecycle_url == "https://hook.example/graph/lifecycle"
        self._refuse(resource)
        self.there = {id: of for id, of in self.there.items() if of != resource}  # as on a 409
        id = f"s{len(self.states)}"
        self.there[id], self.states[id] = resource, client_state
        if self.loses_its_answer:
            raise AWAY
        return id, min(expires, self.clock.now() + self.lifetime)

    async def renew(
        self, mailbox_id: str, subscription_id: str, expires: datetime
    ) -> datetime | None:
        if subscription_id not in self.there:
            return None
        self._refuse(self.there[subscription_id])
        self.renewed.append((subscription_id, self.clock.now()))
        return min(expires, self.clock.now() + self.lifetime)

    async def delete(self, mailbox_id: str, subscription_id: str) -> None:
        self._refuse(self.there.get(subscription_id, ""))
        self.there.pop(subscription_id, None)

    def _refuse(self, resource: str) -> None:
        if fault := self.faults.get(resource) or self.faults.get("everything"):
            raise fault


@dataclass
class Lookout:
    """A mailbox, and who watches it."""

    store: MemoryStore
    clock: HandClock
    graph: Graph
    watching: Watching

    async def look(self) -> datetime | None:
        """Look after the mailbox; return when to come again."""
        return await self.watching.keep_watching("t1", "m1")

    async def run(self, span: timedelta) -> None:
        """Look after the mailbox whenever it is to be, for so long."""
        end = self.clock.now() + span
        while (again := await self.look()) is not None and again < end:
            assert again > self.clock.now()
            self.clock.moment = again
        self.clock.moment = end

    async def mailbox(self) -> Mailbox:
        known = await self.store.records.get(Mailbox, "t1", "m1")
        assert known is not None
        return known

    async def becomes(self, status: MailboxStatus) -> None:
        known = replace(await self.mailbox(), status=status)
        await self.store.records.save(known, at=self.clock.now())

    async def known(self, resource: str) -> Subscription | None:
        id = (await self.mailbox()).subscriptions.get(resource, "")
        return await self.store.records.get(Subscription, id, id)

    def kept(self) -> int:
        """Return how many records of subscriptions there are, named by anything or not."""
        return sum(kind == "Subscription" for kind, _, _ in self.store.records._kept)

    async def jobs(self, span: timedelta = timedelta(0)) -> list[Job]:
        """Take the jobs that are due within a span."""
        now = self.clock.now() + span
        return [each.job for each in await self.store.jobs.take(now, 9, timedelta(minutes=5))]


@pytest.fixture
async def there() -> Lookout:
    clock = HandClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    await store.records.save(mailbox(), at=NOW)
    graph = Graph(clock)
    watching = Watching(
        records=store.records,
        jobs=store.jobs,
        subscriptions=graph,
        watches=store.watches,
        clock=clock,
        webhook_url="https://hook.example",
    )
    return Lookout(store, clock, graph, watching)


async def test_inbox_and_junk_email_are_watched_each_by_a_secret_of_its_own(
    there: Lookout,
) -> None:
    await there.look()
    assert list(there.graph.there.values()) == [INBOX, JUNK]
    assert len(set(there.graph.states.values())) == 2
    for id, resource in there.graph.there.items():
        state, known = there.graph.states[id], await there.known(resource)
        assert known is not None
        assert len(state) >= 128 / 6  # bits, six a character
        assert (known.id, known.graph_id, known.resource) == (subscription_key(state), id, resource)
        assert not any(state.encode() in data for _, data in there.store.records._kept.values())
    assert (await there.store.watches.watch()).watched == 1


async def test_the_expiry_is_the_one_graph_gave(there: Lookout) -> None:
    there.graph.lifetime = timedelta(minutes=30)
    assert await there.look() == NOW + 25 * MINUTE
    for resource in WATCHED:
        known = await there.known(resource)
        assert known is not None
        assert known.expires == NOW + 30 * MINUTE
    there.clock.moment = NOW + 25 * MINUTE
    there.graph.lifetime = timedelta(days=7)
    assert await there.look() == there.clock.now() + 40 * MINUTE


async def test_both_are_renewed_together_before_the_token_expires(there: Lookout) -> None:
    await there.run(DAY)
    times = [at for _, at in there.graph.renewed]
    assert times == [NOW + n * 40 * MINUTE for n in range(1, 36) for _ in range(2)]
    assert len(there.graph.states) == 2


async def test_one_made_anew_in_between_falls_into_step(there: Lookout) -> None:
    await there.run(35 * MINUTE)
    there.graph.there.pop("s1")
    await there.run(2 * DAY)
    assert len(there.graph.states) == 3
    by_id = {id: [at for each, at in there.graph.renewed if each == id] for id in there.graph.there}
    for times in by_id.values():
        assert len(times) < 80
        pauses = [late - early for early, late in pairwise(times)]
        assert min(pauses) >= 10 * MINUTE
        assert max(pauses) <= 40 * MINUTE


async def test_a_renewal_asked_for_comes_at_once_but_never_within_ten_minutes(
    there: Lookout,
) -> None:
    await there.look()
    there.clock.forward(3 * MINUTE)
    assert await there.look() == NOW + 10 * MINUTE
    assert there.graph.renewed == []
    there.clock.moment = NOW + 10 * MINUTE
    assert await there.look() == NOW + 50 * MINUTE
    assert len(there.graph.renewed) == 2


async def test_one_that_graph_knows_no_more_is_made_anew_and_the_mailbox_swept(
    there: Lookout,
) -> None:
    await there.look()
    assert await there.jobs() == [SweepMailbox(tenant_id="t1", mailbox_id="m1", once=True)]
    before = await there.known(INBOX)
    there.graph.there.pop("s0")
    there.clock.forward(40 * MINUTE)
    await there.look()
    after = await there.known(INBOX)
    assert after is not None
    assert before is not None
    assert (after.graph_id, there.graph.there["s2"]) == ("s2", INBOX)
    assert await there.store.records.get(Subscription, before.id, before.id) is None
    assert await there.jobs() == [SweepMailbox(tenant_id="t1", mailbox_id="m1", once=True)]
    assert there.kept() == 2


async def test_a_folder_that_is_refused_keeps_no_other_from_being_watched(there: Lookout) -> None:
    there.graph.faults[INBOX] = REFUSED
    with pytest.raises(TransientError, match="a policy"):
        await there.look()
    assert list(there.graph.there.values()) == [JUNK]
    told = await there.store.watches.watch()
    assert (told.mailboxes, told.watched) == (1, 0)
    there.graph.faults.clear()
    there.clock.forward(MINUTE)
    assert await there.look() == NOW + 10 * MINUTE
    assert set(there.graph.there.values()) == {INBOX, JUNK}
    assert (await there.store.watches.watch()).watched == 1


async def test_however_often_it_fails_nothing_piles_up(there: Lookout) -> None:
    there.graph.loses_its_answer = True
    for _ in range(30):
        with pytest.raises(TransientError):
            await there.look()
        there.clock.forward(MINUTE)
    there.graph.loses_its_answer = False
    await there.look()
    assert there.kept() == 2
    for resource in WATCHED:
        known = await there.known(resource)
        assert known is not None
        assert there.graph.there[known.graph_id] == resource
        assert subscription_key(there.graph.states[known.graph_id]) == known.id


async def test_what_graph_tells_before_its_answer_is_known_by_then(there: Lookout) -> None:
    there.graph.loses_its_answer = True
    with pytest.raises(TransientError):
        await there.look()
    key = subscription_key(there.graph.states["s0"])
    known = await there.store.records.get(Subscription, key, key)
    assert known is not None
    assert known.graph_id == ""


async def test_a_removed_mailbox_is_told_of_no_more(there: Lookout) -> None:
    await there.look()
    await there.becomes(MailboxStatus.REMOVED)
    assert await there.look() is None
    assert there.graph.there == {}
    assert there.kept() == 0
    assert (await there.mailbox()).subscriptions == {}
    assert (await there.store.watches.watch()).mailboxes == 0
    assert await there.look() is None


async def test_one_removed_without_a_connection_is_forgotten_all_the_same(there: Lookout) -> None:
    await there.look()
    await there.becomes(MailboxStatus.REMOVED)
    there.graph.faults["everything"] = GONE
    assert await there.look() is None
    assert there.kept() == 0


async def test_a_removal_graph_did_not_hear_of_is_told_again(there: Lookout) -> None:
    await there.look()
    await there.becomes(MailboxStatus.REMOVED)
    there.graph.faults["everything"] = AWAY
    with pytest.raises(TransientError):
        await there.look()
    there.graph.faults.clear()
    assert await there.look() is None
    assert there.graph.there == {}


async def test_a_broken_connection_is_told_and_watched_again_once_it_is_back(
    there: Lookout,
) -> None:
    await there.look()
    there.clock.forward(40 * MINUTE)
    there.graph.faults["everything"] = GONE
    with pytest.raises(TransientError):
        await there.look()
    assert (await there.mailbox()).status is MailboxStatus.INACTIVE
    assert await there.look() is None
    assert (await there.store.watches.watch()).mailboxes == 0
    there.graph.faults.clear()
    await there.becomes(MailboxStatus.ACTIVE)
    there.clock.forward(MINUTE)
    assert await there.look() == there.clock.now() + 40 * MINUTE
    assert len(there.graph.states) == 2


async def test_whoever_is_watched_is_swept_too(there: Lookout) -> None:
    await there.look()
    await there.jobs()
    await there.run(2 * HOUR)
    assert SweepMailbox(tenant_id="t1", mailbox_id="m1") in await there.jobs(HOUR)
    assert Subscribe(tenant_id="t1", mailbox_id="m1") not in await there.jobs(HOUR)
