"""The store in memory, and the moment it goes away: at one write, before or after it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.errors import TransientError
from bot.jobs import Job
from bot.ports import Clock, Record
from bot.storage.memory_jobs import MemoryJobQueue
from bot.storage.memory_places import MemoryPlaces
from bot.storage.memory_records import MemoryRecords
from bot.storage.memory_requests import MemorySweeps
from bot.storage.memory_sends import MemorySendQueue
from bot.storage.memory_store import MemoryStore


@dataclass
class Fuse:
    """Blows at write number `at`, counted from 1, 0 never; `done`: after it happened."""

    at: int = 0
    done: bool = False
    writes: int = 0

    def begin(self) -> int:
        self.writes += 1
        if self.writes == self.at and not self.done:
            raise TransientError("the store is gone")
        return self.writes

    def end(self, number: int) -> None:
        if number == self.at and self.done:
            raise TransientError("the store is gone, its answer with it")


class FailingRecords(MemoryRecords):
    """ports.Records."""

    def __init__(self, jobs: MemoryJobQueue, places: MemoryPlaces, fuse: Fuse) -> None:
        super().__init__(jobs, places)
        self._fuse = fuse

    async def save(self, *records: Record, jobs: Sequence[Job] = (), at: datetime) -> None:
        number = self._fuse.begin()
        await super().save(*records, jobs=jobs, at=at)
        self._fuse.end(number)


class FailingPlaces(MemoryPlaces):
    """ports.Places."""

    def __init__(self, jobs: MemoryJobQueue, fuse: Fuse) -> None:
        super().__init__(jobs)
        self._fuse = fuse

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
        number = self._fuse.begin()
        short = await super().book(
            mailbox_id, distribution_id, wanted, today=today, watch=watch, at=at
        )
        self._fuse.end(number)
        return short

    async def release(self, mailbox_id: str, distribution_id: str) -> None:
        number = self._fuse.begin()
        await super().release(mailbox_id, distribution_id)
        self._fuse.end(number)


class FailingStore(MemoryStore):
    """A whole store that fails once its `fuse` is set."""

    def __init__(self, encryption_keys: Sequence[str], clock: Clock) -> None:
        super().__init__(encryption_keys, clock)
        self.fuse = Fuse()
        self.places = FailingPlaces(self.jobs, self.fuse)
        self.records = FailingRecords(self.jobs, self.places, self.fuse)
        self.sweeps = MemorySweeps(self.records)
        self.sends = MemorySendQueue(self.records, self.requests, self.sweeps)
