"""The circuit breaker: three of fifty, each counted once; asked once, answered once."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from bot.domain import breaker as rules
from bot.domain.breaker import MOST_READ, TRIPS_AT, WINDOW, Answer, Breaker, Cause, Loss
from bot.domain.delivery import SentCopy
from bot.domain.distribution import DistributionState, hold
from bot.domain.enrolment import EnrolmentState
from bot.domain.errors import NotAllowedError, TransientError, UserMistakeError
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.mailbox import Message, block, break_connection
from bot.domain.obstacle import ASKED, Obstacle
from bot.domain.records import Conversation, ConversationKind
from bot.domain.returned_mail import by_own_tenant, is_lost, sender_block
from bot.domain.route import Route
from bot.domain.views import SenderQuestion, View
from bot.jobs import (
    AskAboutSender,
    CountLoss,
    FollowAnswer,
    RefreshMailboxCards,
    ShowQuestion,
    TellOwner,
)
from bot.services.blocking import block as block_mailbox
from bot.services.breaking import Breaking, after_bounce
from bot.services.conversations import Conversations
from bot.services.questions import Questions
from tests.contract import samples
from tests.harness.memory_desk import ADMIN, MEMBER, STRANGER, Desk, desk
from tests.harness.memory_office import Teams

NOW = samples.NOW
SECOND = timedelta(seconds=1)
NEW = Breaker(id="m1", tenant_id="t1")
CHANNEL = Conversation(
    id="channel", tenant_id="t1", kind=ConversationKind.CHANNEL, service_url="s", announce=True
)
OWN = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example"


def loss(number: int, left_at: datetime | None = None) -> Loss:
    return Loss(key=f"k{number}", left_at=left_at or NOW + number * SECOND)


def copies(*seconds: int) -> dict[str, SentCopy]:
    return {
        f"k{at}": SentCopy(internet_message_id="", conversation_id="", sent_at=NOW + at * SECOND)
        for at in seconds
    }


def with_losses(*numbers: int) -> Breaker:
    known = NEW
    for number in numbers:
        known = rules.with_loss(known, loss(number))
    return known


# -- what counts --------------------------------------------------------------------------------


def test_three_of_fifty_are_the_first_above_five_of_a_hundred() -> None:
    assert (WINDOW, TRIPS_AT) == (50, 3)
    assert TRIPS_AT / WINDOW > 0.05 >= (TRIPS_AT - 1) / WINDOW


def test_the_latest_three_are_kept_in_the_order_they_left_each_once() -> None:
    known = with_losses(5, 1, 9)
    assert [each.key for each in known.losses] == ["k1", "k5", "k9"]
    assert rules.with_loss(known, loss(5)) is known
    later = rules.with_loss(known, loss(7))
    assert [each.key for each in later.losses] == ["k5", "k7", "k9"]
    assert rules.with_loss(later, loss(1)) is later
    assert rules.suspect_since(with_losses(1, 2)) is None
    assert rules.suspect_since(later) == NOW + 5 * SECOND


@pytest.mark.parametrize(
    ("sent", "lost", "of"),
    [
        (range(60), (0, 1, 49), 50),
        (range(60), (0, 1, 50), 0),
        (range(60), (10, 30, 40), 31),
        (range(3), (0, 1, 2), 3),
        (range(0), (0, 1, 2), 3),  # not in Sent Items yet, or not any more
        (range(MOST_READ), (0, 1, MOST_READ + 9), 0),  # read no further
        (range(MOST_READ), (0, 1, 20), 21),
    ],
)
def test_the_window_is_what_left_between_them(sent: range, lost: tuple[int, ...], of: int) -> None:
    assert rules.window_of(with_losses(*lost), copies(*sent)) == of


def test_nothing_counts_that_left_before_somebody_looked() -> None:
    known = rules.forgiven(with_losses(1, 2, 3), NOW + 10 * SECOND)
    assert known.losses == ()
    assert rules.with_loss(known, loss(9)) is known
    assert rules.with_loss(known, loss(10)).losses == (loss(10),)


def test_a_mailbox_is_blocked_and_asked_about_once() -> None:
    cause = Cause(obstacle=Obstacle.LOSSES, left_at=NOW, lost=3, of=41)
    asked, blocked = rules.broken_off(NEW, samples.mailbox(), cause, NOW)
    assert blocked.obstacle is Obstacle.LOSSES
    assert asked.question is not None
    assert (asked.question.number, asked.question.lost, asked.question.of) == (1, 3, 41)
    assert rules.broken_off(asked, blocked, cause, NOW) == (asked, blocked)
    for other in (
        block(samples.mailbox(), Obstacle.FULL),
        break_connection(samples.mailbox(), "Lost."),
    ):
        assert rules.broken_off(NEW, other, cause, NOW) == (NEW, other)
    looked = rules.forgiven(NEW, NOW + SECOND)
    assert rules.broken_off(looked, samples.mailbox(), cause, NOW)[0] is looked


def test_an_answer_is_taken_once_and_begins_to_count_anew() -> None:
    cause = Cause(obstacle=Obstacle.BLOCKED, left_at=NOW)
    asked, blocked = rules.broken_off(with_losses(1, 2), samples.mailbox(), cause, NOW)
    assert rules.answered(asked, 2, Answer.STOP, "Ada", NOW) is asked
    told = rules.answered(asked, 1, Answer.GO_ON, "Ada", NOW + SECOND)
    assert told.question is not None
    assert (told.question.answer, told.question.answered_by) == (Answer.GO_ON, "Ada")
    assert (told.losses, told.since) == ((), NOW + SECOND)
    assert rules.answered(told, 1, Answer.STOP, "Otto", NOW + 2 * SECOND) is told
    again = replace(cause, left_at=NOW + SECOND)
    anew, _ = rules.broken_off(told, replace(blocked, obstacle=None), again, NOW + SECOND)
    assert anew.question is not None
    assert (anew.question.number, anew.question.answer) == (2, None)


# -- whose fault it is --------------------------------------------------------------------------


def read(kind: Kind, status: str = "") -> MailReading:
    return MailReading(kind=kind, why="", status=status)


@pytest.mark.parametrize(
    ("kind", "status", "obstacle"),
    [
        (Kind.SENDER_BLOCK, "5.1.8", Obstacle.BLOCKED),
        (Kind.SENDER_BLOCK, "5.1.90", Obstacle.LIMITED),
        (Kind.SENDER_BLOCK, "5.7.232", Obstacle.LIMITED),
        (Kind.SENDER_BLOCK, "5.7.233", Obstacle.LIMITED),
        (Kind.SENDER_BLOCK, "5.7.501", Obstacle.BLOCKED),
        (Kind.SENDER_BLOCK, "5.7.502", Obstacle.BLOCKED),
        (Kind.SENDER_BLOCK, "5.7.503", Obstacle.BLOCKED),
        (Kind.SENDER_BLOCK, "5.7.705", Obstacle.BLOCKED),
        (Kind.SENDER_BLOCK, "5.7.708", Obstacle.BLOCKED),
        (Kind.SENDER_BLOCK, "5.2.2", Obstacle.LIMITED),  # it speaks of submissions
        (Kind.BOUNCE_SOFT, "5.2.2", None),
        (Kind.SENDER_BLOCK, "5.7.1", None),
        (Kind.SENDER_BLOCK, "5.7.515", None),
        (Kind.BOUNCE_HARD, "5.1.1", None),
        (Kind.BOUNCE_HARD, "", None),
    ],
)
def test_what_a_report_says_of_its_sender(
    kind: Kind, status: str, obstacle: Obstacle | None
) -> None:
    assert sender_block(read(kind, status)) is obstacle
    assert obstacle is None or obstacle in ASKED


@pytest.mark.parametrize("kind", Kind)
def test_dead_addresses_and_refusals_by_policy_count(kind: Kind) -> None:
    assert is_lost(read(kind)) is (kind in (Kind.BOUNCE_HARD, Kind.SENDER_BLOCK))


@pytest.mark.parametrize(
    ("reported_by", "own"),
    [
        (OWN, True),
        (OWN.upper(), True),
        (OWN.replace("contoso", "fabrikam"), False),
        ("postmaster@contoso.example", False),
        ("", False),
    ],
)
def test_only_the_own_tenant_is_believed_about_the_sender(reported_by: str, own: bool) -> None:
    assert by_own_tenant(reported_by, {"contoso.example"}) is own


def test_what_follows_a_bounce() -> None:
    known = samples.enrolment()
    due = known.deliveries[0]
    left = replace(due, sent_at=NOW - SECOND)
    dead = read(Kind.BOUNCE_HARD, "5.1.1")
    sent = replace(known, deliveries=(left, *known.deliveries[1:]))
    count = CountLoss(tenant_id="t1", mailbox_id="m1", email=due.key, left_at=NOW - SECOND)
    assert after_bounce(sent, 1, dead, NOW, own_tenant=True) == (None, (count,))
    overtaken = replace(count, left_at=NOW)
    assert after_bounce(known, 1, dead, NOW, own_tenant=True) == (None, (overtaken,))
    elsewhere = replace(sent, deliveries=(replace(left, left_from="m0"), *known.deliveries[1:]))
    moved = replace(count, mailbox_id="m0")
    assert after_bounce(elsewhere, 1, dead, NOW, own_tenant=True) == (None, (moved,))
    blocked = read(Kind.SENDER_BLOCK, "5.1.8")
    ask = AskAboutSender(
        tenant_id="t1", mailbox_id="m1", obstacle=Obstacle.BLOCKED, left_at=NOW - SECOND
    )
    assert after_bounce(sent, 1, blocked, NOW, own_tenant=True) == (Obstacle.BLOCKED, (ask,))
    assert after_bounce(sent, 1, blocked, NOW, own_tenant=False) == (None, (count,))
    for other in (
        replace(sent, test=True),
        replace(sent, deliveries=(replace(left, route=Route.DKIM), *known.deliveries[1:])),
    ):
        assert after_bounce(other, 1, dead, NOW, own_tenant=True) == (None, ())
    assert after_bounce(sent, 1, read(Kind.BOUNCE_SOFT, "4.4.7"), NOW, own_tenant=True) == (
        None,
        (),
    )
    assert after_bounce(sent, 9, dead, NOW, own_tenant=True) == (None, ())


# -- over a store -------------------------------------------------------------------------------


@dataclass
class SentItems:
    """The Sent Items of a mailbox, as far as they are read."""

    copies: dict[str, SentCopy] = field(default_factory=dict)
    asked: int = 0
    closed: bool = False

    async def sent_since(
        self, mailbox_id: str, since: datetime, most: int | None = None
    ) -> dict[str, SentCopy]:
        self.asked += 1
        if self.closed:
            raise TransientError("Graph is busy")
        return {key: each for key, each in self.copies.items() if each.sent_at >= since}


@dataclass
class Scene:
    """A desk with a channel that is asked."""

    at: Desk
    sent: SentItems
    teams: Teams
    breaking: Breaking
    questions: Questions

    async def lose(self, *numbers: int) -> None:
        for number in numbers:
            await self.breaking.count(lost(number))

    async def breaker(self) -> Breaker:
        return await self.at.store.records.get(Breaker, "t1", "m1") or NEW

    async def work(self) -> Counter[type]:
        """Do every job that is due; return how many of what."""
        done: Counter[type] = Counter()
        take = self.at.store.jobs.take
        while taken := await take(self.at.clock.now(), 100, timedelta(minutes=5)):
            for each in taken:
                done[type(each.job)] += 1
                match each.job:
                    case ShowQuestion():
                        await self.questions.show(each.job)
                    case FollowAnswer():
                        await self.questions.follow(each.job)
                    case AskAboutSender():
                        await self.breaking.ask(each.job)
                    case _:
                        await self.at.do(each.job)
                await self.at.store.jobs.finish(each)
        return done

    def card(self) -> View:
        (where,) = self.teams.shown
        return self.teams.shown[where]


def lost(number: int) -> CountLoss:
    each = loss(number)
    return CountLoss(tenant_id="t1", mailbox_id="m1", email=each.key, left_at=each.left_at)


async def scene() -> Scene:
    at = await desk()
    await at.store.records.save(CHANNEL, at=NOW)
    sent, teams = SentItems(copies(*range(40))), Teams()
    conversations = Conversations(at.store.records, at.organisations, at.clock)
    breaking = Breaking(at.store.records, cast(Any, sent), conversations, at.clock)
    questions = Questions(at.store.records, teams, at.organisations, at.clock)
    at.clock.forward(timedelta(minutes=5))
    return Scene(at, sent, teams, breaking, questions)


async def test_the_third_holds_what_is_under_way_and_asks_once() -> None:
    here = await scene()
    await here.at.begin()
    await here.lose(1, 2, 2, 1)
    assert here.sent.asked == 0
    assert (await here.at.mailbox()).can_send
    await here.lose(30, 30)
    assert here.sent.asked == 1
    done = await here.work()
    assert (done[ShowQuestion], done[RefreshMailboxCards], done[TellOwner]) == (1, 1, 1)
    held = await here.at.distribution()
    assert held.state is DistributionState.HELD
    assert "Too many of its last emails came back" in held.reason
    view = here.card()
    assert isinstance(view, SenderQuestion)
    assert (view.lost, view.of, view.answer) == (3, 30, "")
    await here.lose(31, 32)
    assert (await here.work())[ShowQuestion] == 0
    assert len(here.teams.posts) == 1


async def test_three_that_lie_far_apart_hold_nothing() -> None:
    here = await scene()
    here.sent.copies = copies(*range(0, 120))
    await here.lose(0, 30, 60)
    assert (await here.at.mailbox()).can_send
    await here.lose(70)
    assert not (await here.at.mailbox()).can_send


async def test_counted_at_the_same_moment_none_is_lost_and_it_is_asked_once() -> None:
    here = await scene()
    await asyncio.gather(*(here.breaking.count(lost(number)) for number in (3, 1, 2, 3, 2, 1)))
    assert len((await here.breaker()).losses) == TRIPS_AT
    assert (await here.work())[ShowQuestion] == 1


async def test_what_could_not_be_weighed_is_weighed_when_it_comes_again() -> None:
    here = await scene()
    await here.lose(1, 2)
    here.sent.closed = True
    with pytest.raises(TransientError):
        await here.lose(3)
    here.sent.closed = False
    await here.lose(3)
    assert (await here.at.mailbox()).obstacle is Obstacle.LOSSES


async def test_going_on_lets_go_what_was_held_for_it_and_nothing_else() -> None:
    here = await scene()
    at = here.at
    paused, full = f"{1:032x}", f"{2:032x}"
    for batch in (samples.BATCH, paused, full):
        await at.begin(2, batch=batch)
    await at.steering.pause(ADMIN, paused)
    other = hold(await at.distribution(full), "Full.", Obstacle.FULL, NOW)
    await at.store.records.save(other, at=NOW)
    await here.lose(1, 2, 3)
    await here.work()
    at.clock.forward(timedelta(hours=1))
    for actor in (MEMBER, STRANGER):
        with pytest.raises((NotAllowedError, UserMistakeError)):
            await here.questions.answer(actor, "m1", "1", Answer.GO_ON)
    view = await here.questions.answer(ADMIN, "m1", "1", Answer.GO_ON)
    assert isinstance(view, SenderQuestion)
    assert (view.answer, view.answered_by) == (Answer.GO_ON, "Ada Admin")
    assert (await at.mailbox()).can_send
    await here.work()
    assert here.card() == view
    states = [(await at.distribution(each)).state for each in (samples.BATCH, paused, full)]
    assert states == [DistributionState.RUNNING, DistributionState.PAUSED, DistributionState.HELD]
    assert {each.state for each in await at.people()} == {EnrolmentState.ACTIVE}
    await here.lose(4, 5)  # they left before it was looked at
    late = timedelta(hours=1, minutes=5)
    for number in (1, 2):
        await here.breaking.count(replace(lost(100 + number), left_at=NOW + late))
    assert (await at.mailbox()).can_send


async def test_stopping_is_for_good_and_the_mailbox_waits_to_be_tried_again() -> None:
    here = await scene()
    await here.at.begin(2)
    await here.lose(1, 2, 3)
    await here.work()
    await here.questions.answer(ADMIN, "m1", "1", Answer.STOP)
    await here.work()
    known = await here.at.distribution()
    assert (known.state, known.reason) == (DistributionState.STOPPED, "Stopped by Ada Admin.")
    assert not (await here.at.mailbox()).can_send
    await here.at.releasing.try_again(ADMIN, "m1")
    assert (await here.at.mailbox()).can_send


async def test_an_old_card_answers_with_what_holds_now() -> None:
    here = await scene()
    await here.at.begin(2)
    await here.lose(1, 2, 3)
    await here.work()
    first = await here.questions.answer(ADMIN, "m1", "1", Answer.GO_ON)
    assert await here.questions.answer(ADMIN, "m1", "1", Answer.STOP) == first
    assert await here.questions.answer(ADMIN, "m1", "7", Answer.STOP) == first
    assert await here.questions.answer(ADMIN, "m1", "x", Answer.STOP) == first
    await here.work()
    assert (await here.at.distribution()).state is DistributionState.RUNNING
    with pytest.raises(UserMistakeError):
        await here.questions.answer(ADMIN, "m2", "1", Answer.GO_ON)


async def test_having_it_try_again_forgives_and_leaves_the_question_to_be_answered() -> None:
    here = await scene()
    await here.at.begin(2)
    await here.lose(1, 2, 3)
    await here.work()
    await here.at.releasing.try_again(ADMIN, "m1")
    assert (await here.breaker()).losses == ()
    assert (await here.at.distribution()).state is DistributionState.HELD
    await here.questions.answer(ADMIN, "m1", "1", Answer.GO_ON)
    await here.work()
    assert (await here.at.distribution()).state is DistributionState.RUNNING


async def test_a_sender_that_exchange_stopped_is_held_and_asked_about() -> None:
    here = await scene()
    await here.at.begin(2)
    job = AskAboutSender(tenant_id="t1", mailbox_id="m1", obstacle=Obstacle.BLOCKED, left_at=NOW)
    await asyncio.gather(*(here.breaking.ask(job) for _ in range(3)))
    assert (await here.work())[ShowQuestion] == 1
    assert (await here.at.distribution()).obstacle is Obstacle.BLOCKED
    view = here.card()
    assert isinstance(view, SenderQuestion)
    assert (view.lost, view.why[:8]) == (0, "Exchange")
    here.at.clock.forward(SECOND)
    await here.questions.answer(ADMIN, "m1", "1", Answer.GO_ON)
    await here.breaking.ask(job)  # of an email that left before
    assert (await here.at.mailbox()).can_send


async def test_a_refusal_of_the_sender_is_asked_about_as_well() -> None:
    here = await scene()
    await here.at.begin(2)
    mailbox = await here.at.mailbox()
    await block_mailbox(here.at.store.records, mailbox, Obstacle.LIMITED, here.at.clock.now())
    done = await here.work()
    assert (done[AskAboutSender], done[ShowQuestion], done[TellOwner]) == (1, 1, 1)
    await block_mailbox(here.at.store.records, mailbox, Obstacle.LIMITED, here.at.clock.now())
    assert sum((await here.work()).values()) == 0


async def test_a_channel_that_was_asked_already_is_not_asked_twice() -> None:
    here = await scene()
    await here.lose(1, 2, 3)
    show = ShowQuestion(tenant_id="t1", mailbox_id="m1", number=1, conversation_id="channel")
    await here.questions.show(show)
    await here.questions.show(show)
    await here.questions.show(replace(show, number=2))
    assert len(here.teams.posts) == 1
    question = (await here.breaker()).question
    assert question is not None
    assert question.cards == (Message(conversation_id="channel", message_id="0"),)
