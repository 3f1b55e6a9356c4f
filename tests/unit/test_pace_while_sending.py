"""An email that is long in being written takes its turn anew: the pace is kept where Exchange
counts, at the request (G7).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.delivery import PUT_OFF, Outcome, OutgoingMail, SendReport
from bot.domain.schedule import LIMITS
from bot.services.sending import Sending
from tests.harness.memory_office import MONDAY, Office, office
from tests.harness.memory_sending import sending

ANA, BEN = "Ana Abel <ana@customer.example>", "Ben Bell <ben@customer.example>"
LONG = timedelta(seconds=5)


@dataclass
class Mailbox:
    """What leaves through Graph, by when; `token` is how long the first one waits for its token,
    and what happens meanwhile.
    """

    at: Office
    token: Callable[[], Awaitable[None]]
    left: list[tuple[str, datetime]] = field(default_factory=list)
    asked: int = 0

    async def send(
        self,
        mailbox_id: str,
        mail: OutgoingMail,
        *,
        until: datetime,
        wanted: Callable[[], Awaitable[bool]],
    ) -> SendReport:
        self.asked += 1
        if self.asked == 1:
            await self.token()
        if not await wanted():
            return SendReport(outcome=Outcome.NOT_WRITTEN, detail=PUT_OFF)
        self.left.append((mail.to_address, self.at.clock.now()))
        return SendReport(outcome=Outcome.ACCEPTED)


async def started(people: str) -> Office:
    at = await office()
    await at.confirmed(people)
    await at.work()
    at.clock.moment += LIMITS.pace  # both are due
    return at


async def sent(out: Sending) -> None:
    for due in await out.claim(10):
        await out.handle(due)


async def test_one_whose_turn_was_followed_by_another_waits_for_a_new_one() -> None:
    at = await started(f"{ANA}\n{BEN}")

    async def slow() -> None:
        at.clock.moment += LONG
        await sent(out)

    mailbox = Mailbox(at, slow)
    out = sending(at, mailbox)
    await sent(out)
    assert [moment for _, moment in mailbox.left] == [MONDAY + LIMITS.pace + LONG]
    at.clock.moment += timedelta(minutes=2)
    await sent(out)
    assert len({address for address, _ in mailbox.left}) == 2


async def test_one_nobody_followed_leaves_and_the_next_keeps_its_distance() -> None:
    at = await started(f"{ANA}\n{BEN}")

    async def slow() -> None:
        at.clock.moment += LONG

    mailbox = Mailbox(at, slow)
    out = sending(at, mailbox)
    await sent(out)
    ((_, left),) = mailbox.left
    at.clock.moment += LIMITS.pace - timedelta(milliseconds=1)
    await sent(out)
    assert len(mailbox.left) == 1
    at.clock.moment += timedelta(milliseconds=1)
    await sent(out)
    assert [moment - left for _, moment in mailbox.left] == [timedelta(0), LIMITS.pace]
