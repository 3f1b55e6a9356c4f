"""Moving to another mailbox: everybody, once, whatever is interrupted when; or nobody at all."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import moving as rules
from bot.domain.delivery import DeliveryStatus, Outcome, SendReport
from bot.domain.distribution import DistributionState
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, rest, stop
from bot.domain.errors import NotAllowedError, TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission, block, break_connection
from bot.domain.obstacle import Obstacle
from bot.domain.quota import placed
from bot.domain.schedule import LIMITS
from bot.domain.submission import after_send
from bot.domain.views import DistributionCard
from bot.jobs import MoveDistribution, ReleasePlaces, SteerDistribution
from bot.services.enrolled import enrolments_of, present
from tests.contract import samples
from tests.harness.failing_store import FailingStore
from tests.harness.memory_desk import ADMIN, MEMBER, Desk, desk

NOW, SCHEDULE = samples.NOW, samples.schedule()
ACCEPTED, UNKNOWN = SendReport(outcome=Outcome.ACCEPTED), SendReport(outcome=Outcome.UNKNOWN)
REFUSED = SendReport(outcome=Outcome.REFUSED, code="ErrorInvalidRecipients")
MOVE = MoveDistribution(tenant_id="t1", distribution_id=samples.BATCH)
PEOPLE = 5
LATER = NOW + timedelta(days=20)


def sent(report: SendReport = ACCEPTED) -> Enrolment:
    return after_send(samples.enrolment(), 1, report, SCHEDULE, NOW)


def through(known: Enrolment, target: str = "m2") -> Enrolment:
    return rules.arrived(rules.sealed(known, target), SCHEDULE, NOW)


# -- one enrolment ------------------------------------------------------------------------------


def test_what_is_sealed_never_sends_and_says_where_it_went() -> None:
    gone = rules.sealed(sent(), "m2")
    assert (gone.state, gone.moved_to) == (EnrolmentState.MOVED, "m2")
    assert gone.next_due is None
    assert not gone.is_open
    assert not rules.can_move(gone)
    assert [each.cancelled for each in gone.deliveries] == [False, True]


def test_it_arrives_held_with_its_keys_and_what_left_says_from_where() -> None:
    before = placed(sent(), lambda moment: moment.date())
    there = through(before)
    assert (there.mailbox_id, there.state, there.moves) == ("m2", EnrolmentState.HELD, 1)
    assert [each.key for each in there.deliveries] == [each.key for each in before.deliveries]
    assert [e.message_id for e in there.deliveries] == [e.message_id for e in before.deliveries]
    first, second = there.deliveries
    assert (first.left_from, first.place, first.sent_at) == ("m1", None, NOW)
    assert (second.left_from, second.cancelled, second.place) == ("", False, None)
    assert second.due == before.deliveries[1].due
    assert there.unread_since == ()


def test_one_that_comes_back_is_as_if_it_had_never_been_away() -> None:
    back = through(through(sent()), "m1")
    assert back.moves == 2
    assert [each.left_from for each in back.deliveries] == ["", ""]


def test_what_may_have_left_stays_and_what_failed_goes_along_as_failed() -> None:
    assert not rules.can_move(sent(UNKNOWN))
    assert not rules.can_move(stop(sent(), StopReason.REPLIED, 1, NOW))
    failed = sent(REFUSED)
    assert rules.can_move(failed)
    there = through(failed)
    assert (there.state, there.stopped_for) == (EnrolmentState.STOPPED, StopReason.FAILED)
    assert [each.cancelled for each in there.deliveries] == [False, True]
    assert not rules.can_move(rest(samples.enrolment(), StopReason.CALLED_OFF))


def test_late_ones_leave_one_behind_the_other_and_the_rest_when_planned() -> None:
    late = [rules.sealed(samples.enrolment(number), "m2") for number in (1, 2, 3)]
    waits = rules.sealed(sent(), "m2")
    told = [at for _, at in rules.one_by_one([late[0], waits, late[1], late[2]], NOW)]
    assert told == [NOW, NOW + LIMITS.pace, NOW + LIMITS.pace, NOW + 2 * LIMITS.pace]


# -- a distribution -----------------------------------------------------------------------------


async def held(at: Desk, people: int = PEOPLE, *, leave: int = 2) -> list[tuple[str, str]]:
    """Have some first emails sent, and the mailbox lost then; return what left."""
    await at.begin(people)
    left: list[tuple[str, str]] = []
    while len(left) < leave:
        for claim in await at.store.sends.claim(at.clock.now(), 1, LIMITS):
            left.append(await at.send(claim))
        at.clock.forward(LIMITS.pace)
    now = at.clock.now()
    await at.store.records.save(break_connection(await at.mailbox(), "Lost."), at=now)
    known = await at.distribution()
    lost = replace(known, state=DistributionState.HELD, reason="Lost.", kept_since=now)
    follow = SteerDistribution(tenant_id="t1", distribution_id=known.id)
    await at.store.records.save(lost, jobs=[follow], at=now)
    await at.work()
    assert {each.state for each in await at.people()} == {EnrolmentState.HELD}
    return left


async def press(at: Desk, target: str = "m2") -> DistributionCard:
    view = await at.moving.move(ADMIN, samples.BATCH, target)
    assert isinstance(view, DistributionCard)
    return view


async def places_add_up(at: Desk) -> None:
    """What the days count is what the records hold, and nothing is booked any more."""
    for home in ("m1", "m2"):
        kept = Counter(
            each.place
            for one in await at.people(home)
            for each in one.deliveries
            if each.place and not each.cancelled
        )
        assert await at.store.places.taken(home) == kept


async def test_everything_leaves_once_from_the_new_mailbox_and_the_old_gets_its_places_back() -> (
    None
):
    at = await desk("m1", "m2")
    before = await held(at)
    assert (await press(at)).state is DistributionState.MOVING
    left = await at.leave(LATER)
    assert {home for home, _ in before} == {"m1"}
    assert {home for home, _ in left} == {"m2"}
    keys = Counter(key for _, key in before + left)
    assert len(keys) == 2 * PEOPLE
    assert set(keys.values()) == {1}
    known = await at.distribution()
    assert (known.state, known.mailbox_id) == (DistributionState.RUNNING, "m2")
    assert known.moved_from == ("m1",)
    assert (await at.store.places.taken("m1")).get(NOW.date()) == 2
    await places_add_up(at)
    view = await at.distributions.show(ADMIN, samples.BATCH)
    assert isinstance(view, DistributionCard)
    assert view.counts == {DeliveryStatus.SENT: 2 * PEOPLE}
    assert view.mailbox == "m2@contoso.example, before that m1@contoso.example"
    assert view.behind == 0


async def test_the_card_offers_what_can_send_and_says_what_waits() -> None:
    at = await desk("m1", "m2", "m3", "m4")
    await at.store.records.save(read_only(await at.mailbox("m3")), at=NOW)
    await at.store.records.save(full(await at.mailbox("m4")), at=NOW)
    await held(at)
    view = await at.distributions.show(ADMIN, samples.BATCH)
    assert isinstance(view, DistributionCard)
    assert view.held is not None
    assert [each.value for each in view.held.targets] == ["m2"]
    assert (view.held.emails, view.held.due) == (2 * PEOPLE - 2, NOW + 2 * LIMITS.pace)


async def test_an_email_in_doubt_stays_and_is_settled_where_it_was() -> None:
    at = await desk("m1", "m2")
    await held(at)
    stays = (await at.people())[PEOPLE - 1]
    doubtful = after_send(stays, 1, UNKNOWN, SCHEDULE, at.clock.now())
    await at.store.records.save(doubtful, at=at.clock.now())
    await press(at)
    await at.work()
    known = await at.distribution()
    here, there = await at.people("m1"), await at.people("m2")
    assert Counter(each.state for each in here)[EnrolmentState.MOVED] == PEOPLE - 1
    assert {each.id for each in there} == {each.id for each in here} - {stays.id}
    everybody = await enrolments_of(at.store.records, known)
    assert [each.id for each in everybody] == list(known.enrolment_ids)
    assert everybody[-1].mailbox_id == "m1"
    view = await at.distributions.show(ADMIN, samples.BATCH)
    assert isinstance(view, DistributionCard)
    assert view.behind == 2
    (unsure,) = [each for each in await at.people("m1") if each.id == stays.id]
    assert unsure.deliveries[0].doubt_since is not None


async def test_what_is_under_way_this_moment_is_waited_for() -> None:
    at = await desk("m1", "m2")
    await held(at, leave=1)
    flying = replace((await at.people())[1], state=EnrolmentState.ACTIVE)
    await at.store.records.save(flying, at=at.clock.now())
    (claim,) = await at.store.sends.claim(at.clock.now(), 9, LIMITS)
    await press(at)
    await at.work()
    known = await at.distribution()
    assert known.state is DistributionState.MOVING
    assert [each.id for each in await at.people("m2")] == [
        each for each in known.enrolment_ids if each != claim.enrolment_id
    ]
    assert {each.state for each in await at.people("m2")} == {EnrolmentState.HELD}
    assert await at.send(claim) == ("m1", f"{claim.enrolment_id}.1")
    at.clock.forward(timedelta(seconds=15))
    await at.work()
    assert (await at.distribution()).state is DistributionState.RUNNING
    assert len(await at.people("m2")) == PEOPLE
    await places_add_up(at)


async def test_where_there_is_no_room_nothing_moves() -> None:
    at = await desk("m1", "m2")
    await held(at)
    today = NOW.date()
    await at.store.places.limit("m2", 2500, {today: 2})
    before = await at.distribution(), await at.people()
    view = await press(at)
    assert view.refused == (
        "m2@contoso.example has room for 2 of 3 emails on Mon 23 Nov: 1 too many.",
    )
    assert (await at.distribution(), await at.people()) == before
    assert await at.store.places.taken("m2") == {}
    await at.store.places.limit("m2", 2500, {today: 3})
    assert (await press(at)).state is DistributionState.MOVING


def read_only(mailbox: Mailbox) -> Mailbox:
    return replace(mailbox, permission=Permission.READ_ONLY)


def full(mailbox: Mailbox) -> Mailbox:
    return block(mailbox, Obstacle.FULL)


@pytest.mark.parametrize(
    ("change", "why"), [(read_only, "not connected for sending"), (full, "This mailbox is full")]
)
async def test_it_moves_to_a_mailbox_that_can_send_only(
    change: Callable[[Mailbox], Mailbox], why: str
) -> None:
    at = await desk("m1", "m2")
    await held(at)
    await at.store.records.save(change(await at.mailbox("m2")), at=NOW)
    assert why in (await press(at)).refused[0]
    assert "Choose the mailbox" in (await press(at, "")).refused[0]
    assert "Choose the mailbox" in (await press(at, "of nobody")).refused[0]
    assert (await at.distribution()).state is DistributionState.HELD


async def test_only_who_may_manage_moves_anything_and_pressing_twice_moves_it_once() -> None:
    at = await desk("m1", "m2", "m3")
    await held(at)
    with pytest.raises(NotAllowedError):
        await at.moving.move(MEMBER, samples.BATCH, "m2")
    await press(at)
    assert (await press(at)).state is DistributionState.MOVING
    assert (await press(at, "m3")).state is DistributionState.MOVING
    await at.work()
    assert (await press(at, "m3")).state is DistributionState.RUNNING
    assert (await at.distribution()).mailbox_id == "m2"
    assert await at.store.places.taken("m3") == {}


async def test_it_moves_back_and_on_again() -> None:
    at = await desk("m1", "m2", "m3")
    left = await held(at)
    again = replace(await at.mailbox(), status=MailboxStatus.ACTIVE, problem="")
    await at.store.records.save(again, at=NOW)
    for target in ("m2", "m1", "m3", "m2"):
        await press(at, target)
        await at.work()
        assert (await at.distribution()).mailbox_id == target
        await at.steering.pause(ADMIN, samples.BATCH)
        await at.work()
        for each in await at.people("m1"):
            assert (await present(at.store.records, each)).mailbox_id == target
    await at.steering.resume(ADMIN, samples.BATCH, shifted=False)
    left += await at.leave(LATER)
    assert Counter(home for home, _ in left) == {"m1": 2, "m2": 2 * PEOPLE - 2}
    assert set(Counter(key for _, key in left).values()) == {1}
    await places_add_up(at)


async def test_an_answer_to_what_left_from_the_old_one_is_known_at_both() -> None:
    at = await desk("m1", "m2")
    await held(at)
    await press(at)
    await at.work()
    first = (await at.people("m1"))[0]
    there = await present(at.store.records, first)
    assert (there.mailbox_id, there.id) == ("m2", first.id)
    given = first.deliveries[0].exchange_id
    for home in ("m1", "m2"):
        found = await at.store.records.enrolment_by_message_id(home, given)
        assert found is not None
        assert found.id == first.id


async def test_an_answer_that_comes_between_two_homes_comes_again() -> None:
    at = await desk("m1", "m2")
    await held(at)
    first = rules.sealed((await at.people())[0], "m2")
    await at.store.records.save(first, at=NOW)
    with pytest.raises(TransientError):
        await present(at.store.records, first)


async def test_places_booked_by_a_press_that_came_to_nothing_come_back() -> None:
    at = await desk("m1", "m2")
    await held(at)
    known = await at.distribution()
    people = [rules.sealed(each, "m2") for each in await at.people()]
    there = [placed(rules.arrived(each, SCHEDULE, NOW), at.organisations.calendar.day_of)
             for each in people]  # fmt: skip
    assert await at.booking.rebook(known, await at.mailbox("m2"), there) == ()
    assert await at.store.places.taken("m2")
    watch = ReleasePlaces(tenant_id="t1", mailbox_id="m2", distribution_id=known.id)
    assert await at.booking.release(watch) is None
    assert await at.store.places.taken("m2") == {}


# -- interrupted --------------------------------------------------------------------------------


async def press_and_carry(at: Desk) -> None:
    await press(at)
    await at.moving.carry(MOVE)


async def writes() -> int:
    """Return how many writes a move takes."""
    at = await desk("m1", "m2", kind=FailingStore)
    await held(at)
    assert isinstance(at.store, FailingStore)
    at.store.fuse.writes = 0
    await press_and_carry(at)
    return at.store.fuse.writes


@pytest.mark.parametrize("done", [False, True])
async def test_wherever_it_is_cut_off_everything_leaves_once_and_an_answer_still_stops(
    done: bool,
) -> None:
    """At every write in turn, before or after it happened; and somebody answers right then."""
    many = await writes()
    assert many > 2 * PEOPLE
    for number in range(1, many + 1):
        at = await desk("m1", "m2", kind=FailingStore)
        left = await held(at)
        assert isinstance(at.store, FailingStore)
        at.store.fuse.writes, at.store.fuse.at, at.store.fuse.done = 0, number, done
        with pytest.raises(TransientError):
            await press_and_carry(at)
        at.store.fuse.at = 0
        answered = await answer(at, (await at.distribution()).enrolment_ids[0])
        if (await at.distribution()).state is DistributionState.HELD:
            await press(at)
        await at.store.jobs.put("t1", MOVE, at=at.clock.now())
        left += await at.leave(LATER)
        keys = Counter(key for _, key in left)
        assert set(keys.values()) == {1}, number
        assert len(keys) == 2 * PEOPLE - 1, number
        assert f"{answered.id}.2" not in keys, number
        assert (await at.distribution()).mailbox_id == "m2", number
        await places_add_up(at)


async def answer(at: Desk, id: str) -> Enrolment:
    """Have somebody's answer read at the old mailbox, again as long as nobody knows where they are:
    until then the move goes on.
    """
    while True:
        (known,) = await at.store.records.enrolments("m1", [id])
        try:
            there = await present(at.store.records, known)
        except TransientError:
            await at.moving.carry(MOVE)
            continue
        stopped = stop(there, StopReason.REPLIED, 1, at.clock.now())
        await at.store.records.save(stopped, at=at.clock.now())
        return stopped
