"""Records in Redis: get, list, and save with compare-and-set, queue and jobs in one step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError, DayFullError
from bot.domain.inbound import our_enrolment
from bot.jobs import Job
from bot.ports import R, Record
from bot.storage import keys, scripts
from bot.storage.batch import Batch
from bot.storage.codec import decode, encode, encode_job, home_of, milliseconds
from bot.storage.connection import text, translated
from bot.storage.heads import day_of, head_of, split, with_head

_LONGEST_REV = 20
_LISTED = {"Mailbox", "Sequence", "Distribution", "Conversation", "SendingDomain"}


class RedisRecords:
    """ports.Records."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._save = batch.script(scripts.SAVE)
        self._delete = batch.script(scripts.DELETE)

    async def get(self, kind: type[R], home: str, id: str) -> R | None:
        """Return the record, or None."""
        async with translated():
            value = await self._batch.run("GET", key_of(kind.__name__, home, id))
        return _decoded(kind, value)

    async def many(self, kind: type[R], home: str, ids: Sequence[str]) -> Sequence[R]:
        """Return the records of one home that exist among `ids`, in that order."""
        if not ids:
            return []
        names = [key_of(kind.__name__, home, each) for each in ids]
        async with translated():
            values = await self._batch.run("MGET", *names)
        found = [_decoded(kind, each) for each in values]
        return [each for each in found if each is not None]

    async def list(self, kind: type[R], home: str) -> Sequence[R]:
        """Return all records of a kind in one home, oldest first."""
        name = kind.__name__
        async with translated():
            listing = keys.listing(keys.shard_of(home), name, home)
            ids = [_id(each) for each in await self._batch.run("ZRANGE", listing, 0, -1)]
            names = [key_of(name, home, each) for each in ids]
            values = await self._batch.run("MGET", *names) if names else []
        found = [_decoded(kind, each) for each in values]
        return [each for each in found if each is not None]

    async def save(self, *records: Record, jobs: Sequence[Job] = (), at: datetime) -> None:
        """Save records of one home and queue jobs, in one step."""
        shard, change = packed(records, jobs)
        async with translated():
            saved = await self._save(keys=[keys.tag(shard)], args=[change, milliseconds(at)])
        if saved < 0:
            raise DayFullError(day_of(-saved))
        if not saved:
            raise ConcurrentChangeError(f"{type(records[0]).__name__} was changed meanwhile")

    async def delete(self, kind: type[R], home: str, id: str) -> None:
        """Forget the record, in every list and index."""
        known = await self.get(kind, home, id)
        if known is None:
            return
        async with translated():
            gone = orjson.dumps(_packed(known))
            await self._delete(keys=[keys.tag(keys.shard_of(home))], args=[gone])

    async def enrolments(self, mailbox_id: str, ids: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments that exist among `ids`, in that order."""
        return await self.many(Enrolment, mailbox_id, ids)

    async def unchanged(self, enrolment: Enrolment) -> bool:
        """Return whether the enrolment is still at its rev."""
        name = key_of("Enrolment", enrolment.mailbox_id, enrolment.id)
        async with translated():
            start = await self._batch.run("GETRANGE", name, 0, _LONGEST_REV)
        return text(start).partition(":")[0] == str(enrolment.rev)

    async def enrolment_by_message_id(self, mailbox_id: str, message_id: str) -> Enrolment | None:
        """Return the enrolment one of whose message ids this is: our own name it, those of
        Exchange are in the index.
        """
        ours = our_enrolment(message_id)
        if ours is not None:
            found = await self.enrolments(mailbox_id, [ours[0]])
            if found:
                return found[0]
        index = keys.message_ids(keys.shard_of(mailbox_id))
        async with translated():
            known = await self._batch.run("HGET", index, f"{mailbox_id}|{message_id}")
        indexed = await self.enrolments(mailbox_id, [text(known)]) if known else []
        return indexed[0] if indexed else None

    async def enrolments_by_address(self, mailbox_id: str, address: str) -> Sequence[Enrolment]:
        """Return the enrolments for a participant's address, newest last."""
        index = keys.addresses(keys.shard_of(mailbox_id))
        async with translated():
            known = await self._batch.run("HGET", index, f"{mailbox_id}|{address}")
        return await self.enrolments(mailbox_id, text(known).split(",") if known else [])


def key_of(kind: str, home: str, id: str) -> str:
    """Return the key of a record."""
    return keys.record(keys.shard_of(home), kind, home, id)


def member_of(mailbox_id: str, enrolment_id: str) -> str:
    """Return an enrolment's name in the send queue."""
    return f"{mailbox_id}/{enrolment_id}"


def packed(records: Sequence[Record], jobs: Sequence[Job]) -> tuple[int, bytes]:
    """Return the shard of these records and the change as the scripts read it.

    Raises:
        ValueError: records of several homes, which cannot be saved in one step.
    """
    homes = {home_of(each) for each in records}
    if len(homes) != 1:
        raise ValueError("records saved together must have one home")
    change = {
        "records": [_packed(each) for each in records],
        "jobs": [{"key": each.key, "data": encode_job(each).decode()} for each in jobs],
    }
    return keys.shard_of(homes.pop()), orjson.dumps(change)


def _packed(record: Record) -> dict[str, Any]:
    name, home = type(record).__name__, home_of(record)
    told: dict[str, Any] = {
        "key": key_of(name, home, record.id),
        "id": record.id,
        "rev": record.rev,
        "head": head_of(record),
        "json": encode(record).decode(),
    }
    if name in _LISTED:
        told["list"] = keys.listing(keys.shard_of(home), name, home)
    if isinstance(record, Enrolment):
        told["send"] = _send(record)
    return told


def _send(enrolment: Enrolment) -> dict[str, Any]:
    due = enrolment.next_due
    return {
        "member": member_of(enrolment.mailbox_id, enrolment.id),
        "mailbox": enrolment.mailbox_id,
        "enrolment": enrolment.id,
        "distribution": enrolment.distribution_id,
        "address": enrolment.participant.address,
        "ids": [each.exchange_id for each in enrolment.deliveries if each.exchange_id],
        "due": "" if due is None else str(milliseconds(due)),
        "by_relay": enrolment.by_relay,
    }


def _id(member: object) -> str:
    return member.decode() if isinstance(member, bytes) else str(member)


def _decoded(kind: type[R], value: bytes | str | None) -> R | None:
    if value is None:
        return None
    rev, head, data = split(text(value))
    return with_head(decode(kind, data, rev), head)
