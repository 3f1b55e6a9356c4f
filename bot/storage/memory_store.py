"""The store in memory: every port, the same behaviour, and nothing left when the process ends."""

from collections.abc import Sequence
from datetime import datetime

from bot.ports import Clock
from bot.storage.codec import milliseconds
from bot.storage.memory_inbound import MemoryInbound
from bot.storage.memory_jobs import MemoryJobQueue
from bot.storage.memory_places import MemoryPlaces
from bot.storage.memory_records import MemoryRecords
from bot.storage.memory_requests import MemoryRequests, MemorySweeps
from bot.storage.memory_secrets import MemorySecrets
from bot.storage.memory_sends import MemorySendQueue
from bot.storage.memory_watches import MemoryWatches


class MemoryStore:
    """The twin of `RedisStore`, held to the same contract tests."""

    def __init__(self, encryption_keys: Sequence[str], clock: Clock) -> None:
        self.jobs = MemoryJobQueue()
        self.places = MemoryPlaces(self.jobs)
        self.records = MemoryRecords(self.jobs, self.places)
        self.sweeps = MemorySweeps(self.records)
        self.requests = MemoryRequests()
        self.sends = MemorySendQueue(self.records, self.requests, self.sweeps)
        self.inbound = MemoryInbound()
        self.watches = MemoryWatches()
        self.secrets = MemorySecrets(encryption_keys, clock)

    async def waiting(self, now: datetime) -> int:
        """Return how much is due and not yet done; 0 says that everything up to `now` happened."""
        at = milliseconds(now)
        return self.sends.waiting(at) + self.jobs.waiting(at) + self.inbound.waiting()

    async def next_email(self) -> datetime | None:
        """Return when the send queue has something next to do, or None."""
        return self.sends.next()
