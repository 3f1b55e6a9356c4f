"""Sweeping over the in-memory store: from where it was, however it was interrupted, by itself."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.domain.enrolment import EnrolmentState
from bot.domain.errors import (
    ConsentRequiredError,
    MailboxClosedError,
    PermanentError,
    TransientError,
)
from bot.domain.inbound import IncomingMail
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.records import Notification
from bot.jobs import Subscribe, SweepMailbox
from bot.ports import SweepDue
from bot.services.sweeping import Sweeping
from bot.storage.memory_store import MemoryStore
from tests.contract.conftest import NOW, HandClock
from tests.contract.samples import enrolment, mailbox
from tests.harness.memory_inbox import inbox, letter

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JOB = SweepMailbox(tenant_id="t1", mailbox_id="m1")
DUE = SweepDue(tenant_id="t1", mailbox_id="m1")
PAGE, PAGES = 4, 5
AWAY = TransientError("no answer")


@dataclass
class Outlook:
    """What lies in the mailbox, oldest first, and since when it was asked for. `faults` strike the
    list at a page.
    """

    mails: list[IncomingMail] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    faults: dict[int, Exception] = field(default_factory=dict)

    async def arrived_since(
        self, mailbox_id: str, since: datetime
    ) -> AsyncIterator[Sequence[IncomingMail]]:
        self.asked.append(since)
        found = [each for each in self.mails if each.received_at >= since]
        for number, at in enumerate(range(0, len(found) + 1, PAGE)):
            if number in self.faults:
                raise self.faults.pop(number)
            yield found[at : at + PAGE]


@dataclass
class Reader:
    """What was read, in order; `faults` strike at a message once, `unreadable` each time."""

    read: list[str] = field(default_factory=list)
    faults: dict[str, BaseException] = field(default_factory=dict)
    unreadable: dict[str, Exception] = field(default_factory=dict)

    async def arrived(self, notification: Notification, mail: IncomingMail) -> None:
        assert (notification.mailbox_id, notification.message_id) == ("m1", mail.id)
        if mail.id in self.unreadable:
            raise self.unreadable[mail.id]
        if mail.id in self.faults:
            raise self.faults.pop(mail.id)
        self.read.append(mail.id)


def mail(number: int, at: datetime) -> IncomingMail:
    return IncomingMail(
        id=f"a{number}",
        internet_message_id=f"<{number}@customer.example>",
        conversation_id="c",
        from_address="p@customer.example",
        from_name="P",
        subject="s",
        received_at=at,
    )


@dataclass
class Desk:
    """A mailbox, and what sweeps it."""

    store: MemoryStore
    clock: HandClock
    outlook: Outlook
    reader: Reader
    sweeping: Sweeping

    def restart(self) -> None:
        """Have another process sweep: nothing is in its memory."""
        self.sweeping = Sweeping(
            records=self.store.records,
            jobs=self.store.jobs,
            mail=cast(Any, self.outlook),
            reading=cast(Any, self.reader),
            sweeps=self.store.sweeps,
            watches=self.store.watches,
            clock=self.clock,
        )

    async def becomes(self, status: MailboxStatus) -> None:
        known = await self.store.records.get(Mailbox, "t1", "m1")
        assert known is not None
        await self.store.records.save(replace(known, status=status), at=self.clock.now())


@pytest.fixture
async def desk() -> Desk:
    clock = HandClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    await store.records.save(mailbox(), at=NOW)
    await store.watches.expect("m1", NOW)
    made = Desk(store, clock, Outlook(), Reader(), cast(Any, None))
    made.restart()
    return made


async def full(desk: Desk) -> list[str]:
    """Have mail of twenty minutes lie there, one a minute, twenty minutes old; return the ids."""
    many = PAGE * PAGES
    desk.outlook.mails = [mail(n, NOW - 40 * MINUTE + n * MINUTE) for n in range(many)]
    return [each.id for each in desk.outlook.mails]


@pytest.mark.parametrize("place", [("page", n) for n in range(1, PAGES + 1)]
                         + [("mail", n) for n in range(PAGE * PAGES)])  # fmt: skip
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_sweep_interrupted_anywhere_goes_on_where_it_was(
    desk: Desk, place: tuple[str, int], restarted: bool
) -> None:
    ids = await full(desk)
    kind, number = place
    if kind == "page":
        desk.outlook.faults[number] = AWAY
    else:
        desk.reader.faults[ids[number]] = asyncio.CancelledError()
    with pytest.raises((TransientError, asyncio.CancelledError)):
        await desk.sweeping.sweep(DUE)
    whole = (number if kind == "page" else number // PAGE) * PAGE
    mark = await desk.store.sweeps.read_to("m1")
    assert mark == (desk.outlook.mails[whole - 1].received_at if whole else None)
    assert (await desk.store.watches.watch()).heard_at == NOW
    if restarted:
        desk.restart()
    before = list(desk.reader.read)
    desk.clock.forward(MINUTE)
    await desk.sweeping.sweep(DUE)
    assert set(desk.reader.read) == set(ids)
    if mark is not None:
        assert desk.outlook.asked[-1] == mark - 5 * MINUTE
    again = set(before) & set(desk.reader.read[len(before) :])
    assert len(again) <= (9 if restarted else 0)  # those of five minutes, and of the page
    assert (await desk.store.watches.watch()).heard_at == NOW + MINUTE


async def test_what_the_store_has_lost_again_is_read_again(desk: Desk) -> None:
    desk.outlook.mails = [mail(1, NOW - MINUTE)]
    await desk.sweeping.sweep(DUE)
    assert await desk.store.sweeps.read_to("m1") == NOW
    desk.clock.forward(MINUTE)
    desk.outlook.mails.append(mail(2, NOW))
    await desk.sweeping.sweep(DUE)
    assert desk.reader.read == ["a1", "a2"]
    desk.store.sweeps._read_to["m1"] = NOW
    await desk.sweeping.sweep(DUE)
    assert desk.reader.read == ["a1", "a2", "a1", "a2"]


async def test_what_was_listed_late_is_found_on_the_timer(desk: Desk) -> None:
    await desk.sweeping.keep_sweeping(JOB)
    desk.clock.forward(HOUR)
    desk.outlook.mails = [mail(1, NOW - 50 * MINUTE)]
    await desk.sweeping.keep_sweeping(JOB)
    assert desk.reader.read == ["a1"]


async def swept_in(desk: Desk, span: timedelta) -> int:
    """Let the timer run for so long; return how often the mailbox was swept."""
    before, end = len(desk.outlook.asked), desk.clock.now() + span
    while desk.clock.now() < end:
        again = await desk.sweeping.keep_sweeping(JOB)
        assert again == desk.clock.now() + 10 * MINUTE
        desk.clock.moment = again
    return len(desk.outlook.asked) - before


async def test_a_quiet_mailbox_is_swept_every_hour_a_busy_one_every_ten_minutes(
    desk: Desk,
) -> None:
    assert await swept_in(desk, DAY) == 24
    await desk.store.records.save(enrolment(), at=NOW)
    assert await swept_in(desk, HOUR) == 6
    stopped = replace(enrolment(), rev=1, state=EnrolmentState.STOPPED)
    await desk.store.records.save(stopped, at=NOW)
    assert await swept_in(desk, 6 * HOUR) in (5, 6)
    await desk.store.sweeps.answered("m1", desk.clock.now())
    assert await swept_in(desk, DAY) == 24 * 6
    assert await swept_in(desk, DAY) in (23, 24, 25)


async def test_something_happened_and_the_timer_is_not_waited_for(desk: Desk) -> None:
    await desk.sweeping.keep_sweeping(JOB)
    desk.outlook.mails = [mail(1, NOW)]
    assert await desk.sweeping.keep_sweeping(replace(JOB, once=True)) is None
    assert desk.reader.read == ["a1"]


async def test_only_a_connected_mailbox_is_swept(desk: Desk) -> None:
    for status in set(MailboxStatus) - {MailboxStatus.ACTIVE}:
        await desk.becomes(status)
        assert await desk.sweeping.keep_sweeping(JOB) is None
    assert await desk.sweeping.keep_sweeping(replace(JOB, mailbox_id="nobody's")) is None
    assert desk.outlook.asked == []


async def test_a_connection_found_gone_ends_it(desk: Desk) -> None:
    desk.outlook.faults[0] = ConsentRequiredError("revoked")
    with pytest.raises(TransientError):
        await desk.sweeping.keep_sweeping(JOB)
    assert await desk.sweeping.keep_sweeping(JOB) is None


async def test_a_message_graph_will_not_hear_of_holds_up_no_other(desk: Desk) -> None:
    ids = await full(desk)
    desk.reader.faults[ids[3]] = PermanentError("no such id")
    await desk.sweeping.keep_sweeping(JOB)
    assert desk.reader.read == [*ids[:3], *ids[4:]]


@pytest.mark.parametrize("fault", [AWAY, MailboxClosedError("not yours"), ValueError("a bug")])
async def test_a_message_that_cannot_be_read_holds_up_no_other_and_is_not_forgotten(
    desk: Desk, fault: Exception
) -> None:
    ids = await full(desk)
    desk.reader.unreadable = {ids[5]: fault}
    for _ in range(2):
        with pytest.raises(TransientError):
            await desk.sweeping.sweep(DUE)
        desk.clock.forward(MINUTE)
    assert desk.reader.read == [*ids[:5], *ids[6:]]
    assert await desk.store.sweeps.read_to("m1") == desk.outlook.mails[PAGE - 1].received_at
    assert (await desk.store.watches.watch()).heard_at == NOW
    desk.reader.unreadable.clear()
    await desk.sweeping.sweep(DUE)
    assert desk.reader.read == [*ids[:5], *ids[6:], ids[5]]
    assert await desk.store.sweeps.read_to("m1") == desk.clock.now()
    known = await desk.store.records.get(Mailbox, "t1", "m1")
    assert known is not None
    assert known.status is MailboxStatus.ACTIVE


async def test_a_connection_found_gone_at_a_message_ends_the_sweep(desk: Desk) -> None:
    ids = await full(desk)
    desk.reader.faults[ids[3]] = ConsentRequiredError("revoked")
    with pytest.raises(TransientError):
        await desk.sweeping.sweep(DUE)
    assert desk.reader.read == ids[:3]
    assert await desk.sweeping.keep_sweeping(JOB) is None


async def test_a_message_that_could_not_be_read_for_a_day_is_given_up_loudly(desk: Desk) -> None:
    ids = await full(desk)
    desk.reader.unreadable = {ids[5]: TransientError(f"no answer about {ids[5]}")}
    for _ in range(24):
        with pytest.raises(TransientError):
            await desk.sweeping.sweep(DUE)
        desk.clock.forward(HOUR)
    with capture_logs() as logs:
        await desk.sweeping.sweep(DUE)
    (told,) = logs
    assert (told["log_level"], told["event"]) == ("error", "sweep.unread_given_up")
    assert ids[5] not in repr(told)
    assert await desk.store.sweeps.read_to("m1") == desk.clock.now()
    with capture_logs() as logs:
        await desk.sweeping.sweep(DUE)
    assert logs == []


async def test_a_reply_behind_an_unreadable_one_counts_and_follow_ups_wait_a_day_for_that() -> None:
    at = await inbox()
    await at.run(3 * DAY - 2 * HOUR)
    for number in (1, 0):
        ours = (await at.person(number)).deliveries[0].message_id
        answer = letter(
            sender=f"p{number}@customer.example", answers=ours, identity=f"<{number}@x>"
        )
        item = at.mail.deliver("m1", answer)
        at.at.clock.moment += MINUTE
        if number == 1:
            at.mail.unreadable = {item.mail.id: AWAY}
    due = SweepDue(tenant_id="t1", mailbox_id="m1")
    for _ in range(24):
        with pytest.raises(TransientError):
            await at.workshop.sweeping.sweep(due)
        await at.work()
        at.at.clock.moment += HOUR
        assert await at.send() == 0
    assert (await at.person()).state is EnrolmentState.STOPPED
    await at.run(MINUTE)
    assert (len(at.left()), len(at.left(1))) == (1, 2)


async def test_whoever_is_swept_is_watched_too(desk: Desk) -> None:
    desk.outlook.faults[0] = AWAY
    with pytest.raises(TransientError):
        await desk.sweeping.keep_sweeping(JOB)
    (watch,) = await desk.store.jobs.take(NOW + HOUR, 9, timedelta(minutes=5))
    assert watch.job == Subscribe(tenant_id="t1", mailbox_id="m1")
