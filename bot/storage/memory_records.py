"""Records in memory: what `records` does in Redis, in one process."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import cast

from bot.domain import enrolment as rules
from bot.domain.delivery import Delivery, SentCopy
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.errors import ConcurrentChangeError
from bot.domain.inbound import our_enrolment
from bot.domain.tally import Tally, tally
from bot.jobs import Job
from bot.ports import R, Record
from bot.storage.codec import decode, encode, home_of, milliseconds
from bot.storage.enrolments import packed, unpacked
from bot.storage.memory_jobs import MemoryJobQueue
from bot.storage.memory_places import MemoryPlaces

Place = tuple[str, str]
_Key = tuple[str, str, str]


class MemoryRecords:
    """ports.Records. Kept as JSON: nobody's later change of an object reaches what was saved.

    `due` is where the send queue finds enrolments, by (mailbox, enrolment); one in `claimed` keeps
    its place there until its claim ends; those in `by_relay` leave by SMTP.
    """

    def __init__(self, jobs: MemoryJobQueue, places: MemoryPlaces) -> None:
        self.due: dict[Place, int] = {}
        self.claimed: set[Place] = set()
        self.by_relay: set[Place] = set()
        self._jobs = jobs
        self._places = places
        self._kept: dict[_Key, tuple[int, bytes]] = {}
        self._first_saved: dict[_Key, int] = {}

    async def get(self, kind: type[R], home: str, id: str) -> R | None:
        """Return the record, or None."""
        return self._get(kind, home, id)

    async def many(self, kind: type[R], home: str, ids: Sequence[str]) -> Sequence[R]:
        """Return the records of one home that exist among `ids`, in that order."""
        found = [self._get(kind, home, each) for each in ids]
        return [each for each in found if each is not None]

    async def list(self, kind: type[R], home: str) -> Sequence[R]:
        """Return all records of a kind in one home, oldest first."""
        found = self._of(kind, home)
        return sorted(found, key=lambda each: (self._first_saved[_key(each)], each.id))

    async def save(self, *records: Record, jobs: Sequence[Job] = (), at: datetime) -> None:
        """Save records of one home and queue jobs, in one step."""
        self.write(records, jobs, at)
        for each in records:
            if isinstance(each, Enrolment) and place_of(each) not in self.claimed:
                self.place(each)

    async def delete(self, kind: type[R], home: str, id: str) -> None:
        """Forget the record."""
        known = self._get(kind, home, id)
        if isinstance(known, Enrolment):
            self._places.give_back(known)
        self._kept.pop((kind.__name__, home, id), None)
        self._first_saved.pop((kind.__name__, home, id), None)
        if kind is Enrolment:
            self.due.pop((home, id), None)

    async def enrolments(self, mailbox_id: str, ids: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments that exist among `ids`, in that order."""
        return await self.many(Enrolment, mailbox_id, ids)

    async def enrolment_by_message_id(self, mailbox_id: str, message_id: str) -> Enrolment | None:
        """Return the enrolment one of whose message ids this is."""
        ours = our_enrolment(message_id)
        named = self._get(Enrolment, mailbox_id, ours[0]) if ours else None
        known = (each for each in self._of(Enrolment, mailbox_id) if message_id in each.message_ids)
        return named or next(known, None)

    async def enrolments_by_address(self, mailbox_id: str, address: str) -> Sequence[Enrolment]:
        """Return the enrolments for a participant's address, newest last."""
        found = self._of(Enrolment, mailbox_id)
        return [each for each in found if each.participant.address == address]

    async def tally(self, mailbox_id: str, distribution_id: str) -> Tally:
        """Return the enrolments of a distribution from this mailbox in numbers."""
        found = self._of(Enrolment, mailbox_id)
        return tally(each for each in found if each.distribution_id == distribution_id)

    async def enrolments_to(self, mailbox_id: str, addresses: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments of this mailbox for any of these addresses."""
        wanted = frozenset(addresses)
        found = self._of(Enrolment, mailbox_id)
        return [each for each in found if each.participant.address in wanted]

    async def read_back(self, mailbox_id: str, copies: Mapping[tuple[str, int], SentCopy]) -> None:
        """Note the ids Exchange gave to emails that left, by enrolment and number."""
        for (id, number), copy in copies.items():
            known = self._get(Enrolment, mailbox_id, id)
            if known and any(_is_unread(each, number) for each in known.deliveries):
                self._keep(rules.read_back(known, number, copy))

    def write(self, records: Sequence[Record], jobs: Sequence[Job], at: datetime) -> None:
        """Keep records and queue jobs; what is due next is left to the caller.

        Raises:
            ConcurrentChangeError: one of them moved; nothing was changed.
            DayFullError: no place is left for one of them; nothing was changed.
            ValueError: they are of several homes.
        """
        homes = {home_of(each) for each in records}
        if len(homes) != 1:
            raise ValueError("records saved together must have one home")
        if any(self.rev_of(_key(each)) != each.rev for each in records):
            raise ConcurrentChangeError(f"{type(records[0]).__name__} was changed meanwhile")
        enrolments = [each for each in records if isinstance(each, Enrolment)]
        if any(_moves(each) and place_of(each) in self.claimed for each in enrolments):
            raise ConcurrentChangeError("somebody may be sending it this moment")
        self._places.change(
            [(self._get(Enrolment, each.mailbox_id, each.id), each) for each in enrolments]
        )
        for each in records:
            self._keep(each)
            self._first_saved.setdefault(_key(each), milliseconds(at))
        self._jobs.queue(homes.pop(), jobs, at)

    def known(self, mailbox_id: str, enrolment_id: str) -> Enrolment | None:
        """Return an enrolment, or None."""
        return self._get(Enrolment, mailbox_id, enrolment_id)

    def rev_of(self, key: _Key) -> int:
        """Return the rev a record stands at, 0 where there is none."""
        return self._kept[key][0] if key in self._kept else 0

    def take_place(self, mailbox_id: str, enrolment_id: str, today: date) -> bool:
        """Move the email that leaves next to a place of today; return whether it has one now."""
        known = self._get(Enrolment, mailbox_id, enrolment_id)
        current = known.current if known else None
        doubted = current is not None and current.doubt_since is not None
        if known is None or current is None or doubted or current.place in (None, today):
            return True
        if self._places.room(mailbox_id, today) < 1:
            return False
        moved = replace(
            known,
            deliveries=tuple(
                replace(each, place=today) if each is current else each for each in known.deliveries
            ),
        )
        self._places.change([(known, moved)])
        self._keep(moved)
        return True

    def place(self, enrolment: Enrolment) -> None:
        """Have the send queue find the enrolment when it is due next, if ever."""
        self.due.pop(place_of(enrolment), None)
        self.by_relay.discard(place_of(enrolment))
        if enrolment.next_due is not None:
            self.due[place_of(enrolment)] = milliseconds(enrolment.next_due)
            if enrolment.by_relay:
                self.by_relay.add(place_of(enrolment))

    def _get(self, kind: type[R], home: str, id: str) -> R | None:
        kept = self._kept.get((kind.__name__, home, id))
        return None if kept is None else _read(kind, home, id, *kept)

    def _keep(self, record: Record) -> None:
        data = packed(record) if isinstance(record, Enrolment) else encode(record)
        self._kept[_key(record)] = record.rev + 1, data

    def _of(self, kind: type[R], home: str) -> Sequence[R]:
        """Return the records of one kind and home, by when they were first saved."""
        wanted = (kind.__name__, home)
        return [
            _read(kind, home, id, rev, data)
            for (*of, id), (rev, data) in self._kept.items()
            if tuple(of) == wanted
        ]


def place_of(enrolment: Enrolment) -> Place:
    """Return an enrolment's name in the send queue."""
    return enrolment.mailbox_id, enrolment.id


def _read(kind: type[R], home: str, id: str, rev: int, data: bytes) -> R:
    if kind is Enrolment:
        return cast(R, unpacked(home, id, rev, data))
    return decode(kind, data, rev)


def _moves(enrolment: Enrolment) -> bool:
    return enrolment.state is EnrolmentState.MOVED


def _is_unread(delivery: Delivery, number: int) -> bool:
    return delivery.number == number and not delivery.exchange_id


def _key(record: Record) -> _Key:
    return type(record).__name__, home_of(record), record.id
