"""The places of days in Redis (ports.Places)."""

from collections.abc import Mapping
from datetime import date, datetime

from redis.asyncio import Redis

from bot.jobs import Job
from bot.storage import keys, place_scripts, scripts
from bot.storage.codec import encode_job, milliseconds
from bot.storage.connection import text, translated
from bot.storage.enrolments import day_of, number_of


class RedisPlaces:
    """ports.Places."""

    def __init__(self, redis: Redis) -> None:
        counted = scripts.QUEUE + place_scripts.PLACES
        self._redis = redis
        self._book = redis.register_script(counted + place_scripts.BOOK)
        self._release = redis.register_script(counted + place_scripts.RELEASE)
        self._limit = redis.register_script(counted + place_scripts.LIMIT)

    async def book(
        self,
        mailbox_id: str,
        distribution_id: str,
        wanted: Mapping[date, int],
        *,
        today: date,
        watch: Job,
        at: datetime,
    ) -> Mapping[date, int]:
        """Book places for a whole distribution, all or nothing."""
        shard = keys.shard_of(mailbox_id)
        arguments: list[str | int | bytes] = [
            mailbox_id,
            distribution_id,
            number_of(today),
            milliseconds(at),
            watch.key,
            encode_job(watch),
            *_flat(wanted),
        ]
        with translated():
            short = await self._book(keys=[keys.tag(shard)], args=arguments)
        return {
            day_of(int(day)): int(missing)
            for day, missing in zip(short[::2], short[1::2], strict=True)
        }

    async def release(self, mailbox_id: str, distribution_id: str) -> None:
        """Give back what a distribution has booked and its enrolments have not taken."""
        shard = keys.shard_of(mailbox_id)
        with translated():
            await self._release(keys=[keys.tag(shard)], args=[mailbox_id, distribution_id])

    async def taken(self, mailbox_id: str) -> Mapping[date, int]:
        """Return how many places of which days are taken or booked."""
        with translated():
            kept = await self._redis.hgetall(keys.days(keys.shard_of(mailbox_id), mailbox_id))
        days = {text(field): int(count) for field, count in kept.items()}
        return {day_of(int(day)): n for day, n in days.items() if day.isdecimal()}

    async def limit(self, mailbox_id: str, most: int, days: Mapping[date, int]) -> None:
        """Hold the mailbox to `most` a day, and to less on days of their own."""
        shard = keys.shard_of(mailbox_id)
        with translated():
            await self._limit(keys=[keys.tag(shard)], args=[mailbox_id, most, *_flat(days)])


def _flat(days: Mapping[date, int]) -> list[int]:
    return [part for day, n in sorted(days.items()) for part in (number_of(day), n)]
