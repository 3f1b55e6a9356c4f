"""A whole day of one mailbox: its 2,500 emails leave at its pace, never faster in any minute."""

from datetime import datetime, timedelta

from bot.domain.daily_limit import MOST_A_DAY
from bot.domain.schedule import LIMITS
from bot.storage.redis_store import RedisStore
from tests.contract.conftest import NOW, HandClock
from tests.contract.samples import enrolment
from tests.contract.test_store_sends import settle_sent

_MOST_A_MINUTE = 25


async def test_2500_emails_leave_at_the_pace_and_never_above_it(
    redis_store: RedisStore, clock: HandClock
) -> None:
    made = [enrolment(number) for number in range(MOST_A_DAY)]
    for at in range(0, MOST_A_DAY, 100):
        await redis_store.records.save(*made[at : at + 100], at=NOW)
    left: list[datetime] = []
    while len(left) < MOST_A_DAY:
        soonest = await redis_store.next_email()
        assert soonest is not None
        clock.moment = max(clock.moment, soonest)
        for claim in await redis_store.sends.claim(clock.moment, 10, LIMITS):
            await settle_sent(redis_store, claim, clock.moment)
            left.append(clock.moment)
    assert left[-1] - left[0] == LIMITS.pace * (MOST_A_DAY - 1)
    minute = timedelta(seconds=60)
    later = left[_MOST_A_MINUTE:]
    assert all(b - a >= minute for a, b in zip(left, later, strict=False))
