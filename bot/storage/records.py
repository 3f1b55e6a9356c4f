"""Records in Redis: get, list, and save with compare-and-set, queue and jobs in one step."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from bot.domain.delivery import SentCopy
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import ConcurrentChangeError, DayFullError
from bot.domain.inbound import our_enrolment
from bot.domain.tally import Tally
from bot.jobs import Job
from bot.ports import R, Record
from bot.storage import keys, scripts
from bot.storage.batch import Argument, Batch
from bot.storage.codec import decode, encode, encode_job, home_of, milliseconds
from bot.storage.connection import text, translated
from bot.storage.enrolments import LETTERS, day_of, digest, packed, raw_id, tally_of, unpacked
from bot.storage.exchange_ids import ids_of

_LISTED = {"Mailbox", "Sequence", "Distribution", "Conversation", "SendingDomain"}
_MOST_REMEMBERED = 4_000_000  # bytes
_NO_MORE = ("", "", "", "", "")  # what only an enrolment has


class RedisRecords:
    """ports.Records."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._save = batch.script(scripts.SAVE)
        self._delete = batch.script(scripts.DELETE)
        self._read_back = batch.script(scripts.READ_BACK)
        self._weight = 0
        self._read: OrderedDict[str, tuple[bytes, Record]] = OrderedDict()

    async def get(self, kind: type[R], home: str, id: str) -> R | None:
        """Return the record, or None."""
        found = await self.many(kind, home, [id])
        return found[0] if found else None

    async def many(self, kind: type[R], home: str, ids: Sequence[str]) -> Sequence[R]:
        """Return the records of one home that exist among `ids`, in that order."""
        if kind is Enrolment:
            return cast(Sequence[R], await self.enrolments(home, ids))
        if not ids:
            return []
        shard, name = keys.shard_of(home), kind.__name__
        names = [keys.record(shard, name, home, each) for each in ids]
        with translated():
            values = await self._batch.run("MGET", *names)
        found = zip(names, values, strict=True)
        return [self._decoded(kind, name, value) for name, value in found if value is not None]

    async def list(self, kind: type[R], home: str) -> Sequence[R]:
        """Return all records of a kind in one home, oldest first."""
        listing = keys.listing(keys.shard_of(home), kind.__name__, home)
        with translated():
            ids = [text(each) for each in await self._batch.run("ZRANGE", listing, 0, -1)]
        return await self.many(kind, home, ids)

    async def save(self, *records: Record, jobs: Sequence[Job] = (), at: datetime) -> None:
        """Save records of one home and queue jobs, in one step."""
        shard, change = changed(records, jobs)
        with translated():
            saved = await self._save([keys.tag(shard)], [milliseconds(at), *change])
        if saved < 0:
            raise DayFullError(day_of(-saved))
        if not saved:
            raise ConcurrentChangeError(f"{type(records[0]).__name__} was changed meanwhile")

    async def delete(self, kind: type[R], home: str, id: str) -> None:
        """Forget the record, in every list and index."""
        known = await self.get(kind, home, id)
        if known is None:
            return
        shard, change = changed([known], ())
        with translated():
            await self._delete([keys.tag(shard)], change)

    async def enrolments(self, mailbox_id: str, ids: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments that exist among `ids`, in that order."""
        wanted = [(each, raw) for each in ids if (raw := raw_id(each)) is not None]
        if not wanted:
            return []
        name = keys.enrolments(keys.shard_of(mailbox_id), mailbox_id)
        with translated():
            values = await self._batch.run("HMGET", name, *(raw for _, raw in wanted))
        return [
            enrolment_of(mailbox_id, id, value)
            for (id, _), value in zip(wanted, values, strict=True)
            if value is not None
        ]

    async def enrolment_by_message_id(self, mailbox_id: str, message_id: str) -> Enrolment | None:
        """Return the enrolment one of whose message ids this is: our own name it, those of
        Exchange are in the index.
        """
        ours = our_enrolment(message_id)
        if ours is not None:
            found = await self.enrolments(mailbox_id, [ours[0]])
            if found:
                return found[0]
        index = keys.message_ids(keys.shard_of(mailbox_id), mailbox_id)
        found = await self._indexed(mailbox_id, index, message_id)
        return next((each for each in found if message_id in each.message_ids), None)

    async def enrolments_by_address(self, mailbox_id: str, address: str) -> Sequence[Enrolment]:
        """Return the enrolments for a participant's address, newest last."""
        index = keys.addresses(keys.shard_of(mailbox_id), mailbox_id)
        found = await self._indexed(mailbox_id, index, address)
        return [each for each in found if each.participant.address == address]

    async def tally(self, mailbox_id: str, distribution_id: str) -> Tally:
        """Return the enrolments of a distribution from this mailbox in numbers."""
        name = keys.tally(keys.shard_of(mailbox_id), mailbox_id, distribution_id)
        with translated():
            letters = await self._batch.run("HMGET", name, *LETTERS)
        return tally_of(dict(zip(LETTERS, map(int, (each or 0 for each in letters)), strict=True)))

    async def enrolments_to(self, mailbox_id: str, addresses: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments of this mailbox for any of these addresses."""
        if not addresses:
            return []
        index = keys.addresses(keys.shard_of(mailbox_id), mailbox_id)
        with translated():
            found = await self._batch.run("HMGET", index, *map(digest, addresses))
        ids = [each[at : at + 16].hex() for each in found if each for at in range(0, len(each), 16)]
        wanted = frozenset(addresses)
        known = await self.enrolments(mailbox_id, ids)
        return [each for each in known if each.participant.address in wanted]

    async def read_back(self, mailbox_id: str, copies: Mapping[tuple[str, int], SentCopy]) -> None:
        """Note the ids Exchange gave to emails that left, by enrolment and number."""
        told: list[Argument] = [mailbox_id]
        for (id, number), copy in copies.items():
            raw = raw_id(id)
            if raw is not None:
                given = copy.internet_message_id
                ids = ids_of(number, given, copy.conversation_id)
                told += [raw, number, ids, digest(given)]
        with translated():
            await self._read_back([keys.tag(keys.shard_of(mailbox_id))], told)

    def _decoded(self, kind: type[R], name: str, value: bytes) -> R:
        """Return the record of a value; one that is as it was when it was last read is not read
        anew: what a thousand emails need changes once a week.
        """
        known = self._read.get(name)
        if known is not None and known[0] == value:
            self._read.move_to_end(name)
            return cast(R, known[1])
        rev, _, data = value.partition(b":")
        record = decode(kind, data, int(rev))
        self._weight += len(value) - (len(self._read.pop(name)[0]) if known else 0)
        self._read[name] = value, record
        while self._weight > _MOST_REMEMBERED:
            self._weight -= len(self._read.popitem(last=False)[1][0])
        return record

    async def _indexed(self, mailbox_id: str, index: str, named: str) -> Sequence[Enrolment]:
        with translated():
            found: bytes = await self._batch.run("HGET", index, digest(named)) or b""
        ids = [found[at : at + 16].hex() for at in range(0, len(found), 16)]
        return await self.enrolments(mailbox_id, ids)


def changed(records: Sequence[Record], jobs: Sequence[Job]) -> tuple[int, Sequence[Argument]]:
    """Return the shard of these records and the change as the scripts read it.

    Raises:
        ValueError: records of several homes, which cannot be saved in one step.
    """
    homes = {home_of(each) for each in records}
    if len(homes) != 1:
        raise ValueError("records saved together must have one home")
    told: list[Argument] = [len(jobs)]
    for job in jobs:
        told += (job.key, encode_job(job))
    for record in records:
        told += _enrolment(record) if isinstance(record, Enrolment) else _record(record)
    return keys.shard_of(homes.pop()), told


def enrolment_of(mailbox_id: str, id: str, value: bytes) -> Enrolment:
    """Return the enrolment of a value in the store."""
    rev, _, data = value.partition(b":")
    return unpacked(mailbox_id, id, int(rev), data)


def _record(record: Record) -> Sequence[Argument]:
    name, home = type(record).__name__, home_of(record)
    shard = keys.shard_of(home)
    listing = keys.listing(shard, name, home) if name in _LISTED else ""
    key = keys.record(shard, name, home, record.id)
    return (key, record.rev, encode(record), listing, record.id, *_NO_MORE)


def _enrolment(enrolment: Enrolment) -> Sequence[Argument]:
    raw = raw_id(enrolment.id)
    if raw is None:
        raise ValueError("the id of an enrolment is 32 hexadecimal digits")
    return (
        "",
        enrolment.rev,
        packed(enrolment),
        enrolment.mailbox_id,
        raw,
        _due(enrolment),
        int(enrolment.by_relay),
        enrolment.distribution_id,
        digest(enrolment.participant.address),
        b"".join(digest(each.exchange_id) for each in enrolment.deliveries if each.exchange_id),
    )


def _due(enrolment: Enrolment) -> int | str:
    """What moves away must not be under a claim: whoever holds it may be sending this moment."""
    if enrolment.state is EnrolmentState.MOVED:
        return scripts.MOVES
    due = enrolment.next_due
    return "" if due is None else milliseconds(due)
