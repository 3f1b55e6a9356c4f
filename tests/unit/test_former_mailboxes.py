"""A follow-up that goes on a thread from another mailbox: the old one is read before it leaves."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.domain.delivery import Outcome, SendReport
from bot.domain.enrolment import Enrolment, StopReason, stop
from bot.domain.errors import TransientError
from bot.domain.mailbox import block, break_connection
from bot.domain.moving import arrived, sealed
from bot.domain.obstacle import Obstacle
from bot.domain.submission import after_send
from bot.ports import SweepDue
from bot.services.former_mailboxes import FormerMailboxes
from tests.contract import samples
from tests.harness.memory_desk import Desk, desk

SWEEP = SweepDue(tenant_id="t1", mailbox_id="m1")


@dataclass
class Sweeper:
    """What was swept; `finds` is what is found there."""

    at: Desk
    swept: list[SweepDue] = field(default_factory=list)
    finds: Enrolment | None = None
    closed: bool = False

    async def sweep(self, due: SweepDue) -> None:
        if self.closed:
            raise TransientError("busy")
        self.swept.append(due)
        if self.finds:
            stopped = stop(self.finds, StopReason.REPLIED, 1, samples.NOW)
            await self.at.store.records.save(stopped, at=samples.NOW)


async def scene() -> tuple[Sweeper, FormerMailboxes, Enrolment]:
    at = await desk("m1", "m2")
    sent = after_send(
        samples.enrolment(),
        1,
        SendReport(outcome=Outcome.ACCEPTED),
        samples.schedule(),
        samples.NOW,
    )
    there = arrived(sealed(sent, "m2"), samples.schedule(), samples.NOW)
    going_on = replace(there, state=samples.enrolment().state)
    await at.store.records.save(going_on, at=samples.NOW)
    sweeper = Sweeper(at)
    former = FormerMailboxes(at.store.records, sweeper.sweep, at.clock)
    return sweeper, former, replace(going_on, rev=1)


async def test_it_is_read_and_not_again_within_a_moment() -> None:
    sweeper, former, known = await scene()
    assert await former.are_silent(known)
    assert await former.are_silent(known)
    assert sweeper.swept == [SWEEP]
    sweeper.at.clock.forward(timedelta(seconds=20))
    assert await former.are_silent(known)
    assert sweeper.swept == [SWEEP] * 2


async def test_an_answer_that_is_found_there_is_heard() -> None:
    sweeper, former, known = await scene()
    sweeper.finds = known
    assert not await former.are_silent(known)


async def test_what_cannot_be_read_just_now_is_waited_for() -> None:
    sweeper, former, known = await scene()
    sweeper.closed = True
    assert not await former.are_silent(known)
    sweeper.closed = False
    assert await former.are_silent(known)


@pytest.mark.parametrize("obstacle", [None, Obstacle.LICENCE, Obstacle.NOT_FOUND])
async def test_what_nobody_can_read_any_more_holds_up_nothing(obstacle: Obstacle | None) -> None:
    sweeper, former, known = await scene()
    mailbox = await sweeper.at.mailbox()
    lost = block(mailbox, obstacle) if obstacle else break_connection(mailbox, "Lost.")
    await sweeper.at.store.records.save(lost, at=samples.NOW)
    assert await former.are_silent(known)
    assert sweeper.swept == []


async def test_one_that_has_always_been_here_needs_no_look() -> None:
    sweeper, former, _ = await scene()
    assert await former.are_silent(samples.enrolment())
    assert sweeper.swept == []
