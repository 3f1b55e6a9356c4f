"""What Exchange refuses of a whole mailbox: one hold, one notice, and everything goes on after."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain import holding
from bot.domain.delivery import DeliveryStatus, Outcome, SendReport
from bot.domain.distribution import DistributionState, hold, release, shifted
from bot.domain.enrolment import EnrolmentState, StopReason, rest
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.mailbox import (
    Identity,
    MailboxStatus,
    block,
    break_connection,
    connect,
    unblock,
)
from bot.domain.obstacle import WAYS_OUT, WORDS, Obstacle
from bot.domain.submission import after_send
from bot.domain.views import DistributionCard, MailboxCard
from bot.jobs import HoldAfterFault, HoldDistributions, RefreshMailboxCards, TellOwner
from bot.services.blocking import Blocking, kept_back
from tests.contract import samples
from tests.harness.memory_desk import ADMIN, MEMBER, STRANGER, Desk, desk

NOW = samples.NOW
FULL = SendReport(
    outcome=Outcome.REFUSED,
    code="ErrorQuotaExceeded",
    detail="This mailbox is full.",
    obstacle=Obstacle.FULL,
)
FAULT = replace(FULL, code="BadRequest", detail="A fault.", obstacle=Obstacle.FAULT)
HOLD = HoldDistributions(tenant_id="t1", mailbox_id="m1")


def blocking(at: Desk) -> Blocking:
    return Blocking(at.store.records, at.clock)


# -- the email that met it ----------------------------------------------------------------------


@pytest.mark.parametrize("report", [FULL, FAULT])
def test_the_email_that_was_refused_waits_with_the_others_and_keeps_its_place(
    report: SendReport,
) -> None:
    due = replace(
        samples.enrolment(),
        deliveries=tuple(replace(e, place=NOW.date()) for e in samples.enrolment().deliveries),
    )
    held = after_send(due, 1, report, samples.schedule(), NOW)
    assert held.state is EnrolmentState.HELD
    first = held.deliveries[0]
    assert (first.status, first.submissions) == (DeliveryStatus.SCHEDULED, 0)
    assert first.place == NOW.date()
    assert first.reason == report.detail
    assert held.next_due is None
    again = holding.release(held, samples.schedule(), NOW + timedelta(days=1))
    assert again.next_due == NOW + timedelta(days=1)


def test_one_that_is_not_wanted_any_more_stays_so() -> None:
    off = rest(samples.enrolment(), StopReason.CALLED_OFF)
    assert after_send(off, 1, FULL, samples.schedule(), NOW) is off


def test_a_test_of_ones_own_fails_as_nothing_would_ever_release_it() -> None:
    test = replace(samples.enrolment(), test=True)
    failed = after_send(test, 1, FULL, samples.schedule(), NOW)
    assert failed.stopped_for is StopReason.FAILED
    assert failed.deliveries[0].reason == "This mailbox is full."


def test_what_waited_for_a_retry_leaves_at_once_when_it_is_released() -> None:
    waits = replace(samples.enrolment(), attempts=5, not_before=NOW + timedelta(hours=1))
    going_on = holding.release(holding.hold(waits, "Full."), samples.schedule(), NOW)
    assert going_on.next_due == NOW
    assert going_on.attempts == 0


# -- the mailbox --------------------------------------------------------------------------------


def test_a_blocked_mailbox_stays_connected_and_cannot_send() -> None:
    blocked = block(samples.mailbox(), Obstacle.FULL)
    assert blocked.status is MailboxStatus.ACTIVE
    assert not blocked.can_send
    assert blocked.cannot_send.startswith("m1@contoso.example cannot send. This mailbox is full.")
    assert block(blocked, Obstacle.LIMITED) is blocked
    free = unblock(blocked)
    assert free.can_send
    assert free.cannot_send == ""
    assert unblock(free) is free


def test_a_new_consent_does_not_make_room_in_a_full_mailbox() -> None:
    blocked = break_connection(block(samples.mailbox(), Obstacle.FULL), "Lost.")
    assert "not connected" in blocked.cannot_send
    assert block(blocked, Obstacle.LIMITED) is blocked
    identity = Identity(oid="o", tenant_id="t1", name="O", mail="", user_principal_name="")
    assert not connect(blocked, identity).can_send


def test_every_obstacle_has_words() -> None:
    assert set(WORDS) == set(WAYS_OUT) == set(Obstacle)


# -- one hold, one notice -----------------------------------------------------------------------


async def test_a_storm_of_refusals_makes_one_hold_and_one_notice() -> None:
    at = await desk()
    await at.begin()
    mailbox, due = await at.mailbox(), (await at.people())[0]
    met = await asyncio.gather(*(blocking(at).met(mailbox, due, FULL) for _ in range(4)))
    assert met == [(HOLD,)] * 4
    assert (await at.mailbox()).obstacle is Obstacle.FULL
    told = Counter(type(each) for each in await at.waiting())
    assert (told[RefreshMailboxCards], told[TellOwner], told[HoldDistributions]) == (1, 1, 1)
    await at.work()
    held = await at.distribution()
    assert held.state is DistributionState.HELD
    assert held.reason.startswith("m1@contoso.example cannot send. This mailbox is full.")
    await at.store.jobs.put("m1", HOLD, at=at.clock.now())
    await at.work()
    assert await at.distribution() == held
    assert {each.state for each in await at.people()} == {EnrolmentState.HELD}


async def test_a_permission_that_was_withdrawn_ends_the_connection() -> None:
    at = await desk()
    report = replace(FULL, obstacle=Obstacle.CONSENT)
    await blocking(at).met(await at.mailbox(), samples.enrolment(), report)
    known = await at.mailbox()
    assert known.status is MailboxStatus.INACTIVE
    assert known.problem == WORDS[Obstacle.CONSENT]


async def test_an_email_that_comes_up_at_a_mailbox_that_cannot_send_has_the_rest_held() -> None:
    """The distribution began as the mailbox was blocked: nobody saw the one or the other."""
    at = await desk()
    await at.begin()
    await at.store.records.save(block(await at.mailbox(), Obstacle.FULL), at=NOW)
    report = kept_back(await at.mailbox())
    assert report.outcome is Outcome.NOT_WRITTEN
    met = await blocking(at).met(await at.mailbox(), samples.enrolment(), report)
    assert met == (HOLD,)
    assert await at.steering.hold_all(HOLD) is None
    assert (await at.distribution()).state is DistributionState.HELD


async def test_what_goes_well_or_is_of_one_email_alone_holds_nothing() -> None:
    at = await desk()
    for report in (SendReport(outcome=Outcome.ACCEPTED), replace(FULL, obstacle=None)):
        assert await blocking(at).met(await at.mailbox(), samples.enrolment(), report) == ()
    assert (await at.mailbox()).can_send


async def test_a_distribution_that_is_still_being_made_is_held_once_it_is() -> None:
    at = await desk()
    known = await at.begin()
    starting = replace(known, state=DistributionState.STARTING)
    await at.store.records.save(starting, at=NOW)
    await at.store.records.save(block(await at.mailbox(), Obstacle.FULL), at=NOW)
    again = await at.steering.hold_all(HOLD)
    assert again is not None
    assert again > NOW
    fault = HoldAfterFault(tenant_id="t1", distribution_id=known.id, code="BadRequest")
    assert await at.steering.hold_after_fault(fault) is not None
    await at.store.records.save(replace(starting, rev=known.rev + 1, state=known.state), at=NOW)
    assert await at.steering.hold_all(HOLD) is None
    assert (await at.distribution()).state is DistributionState.HELD


# -- released -----------------------------------------------------------------------------------


async def test_after_a_person_has_it_try_again_a_release_lets_everything_go() -> None:
    at = await desk()
    known = await at.begin()
    await blocking(at).met(await at.mailbox(), samples.enrolment(), FULL)
    await at.work()
    refused = await at.steering.resume(ADMIN, known.id, shifted=False)
    assert isinstance(refused, DistributionCard)
    assert refused.state is DistributionState.HELD
    assert refused.refused[0].startswith("m1@contoso.example cannot send. This mailbox is full.")
    assert "Try sending again" in refused.refused[0]
    with pytest.raises(NotAllowedError):
        await at.releasing.try_again(MEMBER, "m1")
    with pytest.raises(UserMistakeError):
        await at.releasing.try_again(STRANGER, "m1")
    for _ in range(2):
        view = await at.releasing.try_again(ADMIN, "m1")
        assert isinstance(view, MailboxCard)
        assert not view.mailbox.blocked
    assert (await at.distribution()).state is DistributionState.HELD
    await at.steering.resume(ADMIN, known.id, shifted=False)
    await at.work()
    assert {each.state for each in await at.people()} == {EnrolmentState.ACTIVE}


async def test_a_refusal_that_is_settled_late_does_not_strand_its_email() -> None:
    """The mailbox was freed and all was released while the last answer was still on its way."""
    at = await desk()
    known = await at.begin()
    late = (await at.people())[0]
    await at.store.records.save(after_send(late, 1, FULL, samples.schedule(), NOW), at=NOW)
    moved = replace(known, shift=timedelta(days=2))
    await at.store.records.save(moved, at=NOW)
    await at.store.jobs.put("m1", HOLD, at=NOW)
    await at.work()
    assert {each.state for each in await at.people()} == {EnrolmentState.ACTIVE}


async def test_the_plan_moves_once_however_often_somebody_is_released() -> None:
    at = await desk()
    known = await at.begin(1)
    await at.steering.pause(ADMIN, known.id)
    await at.work()
    at.clock.forward(timedelta(days=1))
    await at.steering.resume(ADMIN, known.id, shifted=True)
    await at.work()
    (once,) = await at.people()
    assert once.next_due == NOW + timedelta(days=1)
    refused = after_send(once, 1, FULL, samples.schedule(), at.clock.now())
    await at.store.records.save(refused, at=at.clock.now())
    await at.store.jobs.put("m1", HOLD, at=at.clock.now())
    await at.work()
    (again,) = await at.people()
    assert (again.state, again.next_due) == (EnrolmentState.ACTIVE, once.next_due)


async def test_a_hold_that_came_in_between_keeps_its_own_shift() -> None:
    at = await desk()
    known = replace(await at.begin(1), kept_since=NOW, shift=timedelta(hours=1))
    held = hold(known, "Full.", Obstacle.FULL, NOW + timedelta(days=3))
    freed = release(held, NOW + timedelta(days=4), shifted=True)
    assert shifted(freed, known.kept_since) is freed
    assert shifted(freed, held.kept_since).shift == timedelta(0)


# -- a fault of ours ----------------------------------------------------------------------------


async def test_a_fault_of_ours_in_a_test_calls_the_operator_as_well() -> None:
    at = await desk()
    test = replace(samples.enrolment(), test=True)
    with capture_logs() as logs:
        assert await blocking(at).met(await at.mailbox(), test, FAULT) == ()
    assert [each["log_level"] for each in logs] == ["error"]


async def test_a_fault_of_ours_holds_the_distribution_and_calls_the_operator_once() -> None:
    at = await desk()
    known = await at.begin()
    due = (await at.people())[0]
    (job,) = await blocking(at).met(await at.mailbox(), due, FAULT)
    assert isinstance(job, HoldAfterFault)
    with capture_logs() as logs:
        await at.steering.hold_after_fault(job)
        await at.steering.hold_after_fault(job)
    errors = [each for each in logs if each["log_level"] == "error"]
    assert [(each["event"], each["code"]) for each in errors] == [
        ("send.fault_of_ours", "BadRequest")
    ]
    await at.work()
    held = await at.distribution()
    assert "A fault of Mailroom" in held.reason
    assert held.obstacle is Obstacle.FAULT
    assert (await at.mailbox()).can_send
    await at.steering.resume(ADMIN, known.id, shifted=False)
    await at.work()
    assert {each.state for each in await at.people()} == {EnrolmentState.ACTIVE}
