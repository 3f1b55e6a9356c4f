"""Records and jobs as JSON: one small codec over dataclass fields, each record with its version.

Times are microseconds since 1970, spans are microseconds, days read 2026-11-23; what
stands at its default is left out.
"""

import types
import typing
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Any

import orjson

from bot.domain.breaker import Breaker
from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Mailbox
from bot.domain.records import Arrivals, Conversation, Invite, Subscription
from bot.domain.sending_domain import SendingDomain
from bot.domain.sequence import Sequence
from bot.domain.suppression import Suppression
from bot.jobs import Job
from bot.ports import R, Record
from bot.storage.upgrades import upgraded, upgraded_arrivals, upgraded_job

# Raise the version when old JSON would be read wrongly, and teach `upgrades` the old one.
VERSION = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLAIN = frozenset((str, int, float, bool, type(None)))
Reader = Callable[[Any], Any]
P = typing.TypeVar("P")
_JOBS: Mapping[str, type[Job]] = {each.__name__: each for each in typing.get_args(Job)}


def home_of(record: Record) -> str:
    """Return the home of a record, which decides its shard (ports.Records)."""
    match record:
        case Enrolment():
            return record.mailbox_id
        case Invite() | Subscription():
            return record.id
        case (
            Mailbox()
            | Sequence()
            | Distribution()
            | Conversation()
            | SendingDomain()
            | Suppression()
            | Breaker()
        ):
            return record.tenant_id


def encode(record: Record) -> bytes:
    """Return the record as JSON, without its rev. Enrolments have a form of their own."""
    return orjson.dumps({"v": VERSION, **_packed(record)})


def decode(kind: type[R], data: str | bytes, rev: int) -> R:
    """Return the record that `encode` made.

    Raises:
        ValueError: it was written by a version this one does not know.
    """
    told = orjson.loads(data)
    version = told.pop("v", None)
    if version not in range(1, VERSION + 1):
        raise ValueError(f"a {kind.__name__} in the store is of another version than this program")
    return typing.cast(R, _unpacked(kind, {**upgraded(kind, told, version), "rev": rev}))


def encode_job(job: Job) -> bytes:
    """Return the job as JSON."""
    return orjson.dumps({"job": type(job).__name__, **_packed(job)})


def decode_job(data: bytes) -> Job:
    """Return the job that `encode_job` made.

    Raises:
        ValueError: it was written by a version this one does not know.
    """
    told = orjson.loads(data)
    name, told = upgraded_job(told.pop("job", ""), told)
    if name not in _JOBS:
        raise ValueError(f"a job in the store is of a kind this program does not know: {name!r}")
    return typing.cast(Job, _unpacked(_JOBS[name], told))


def encode_arrivals(arrivals: Seq[Arrivals]) -> bytes:
    """Return what arrived as JSON: one list for each mailbox."""
    return orjson.dumps([(each.tenant_id, each.mailbox_id, each.message_ids) for each in arrivals])


def decode_arrivals(data: bytes) -> tuple[Arrivals, ...]:
    """Return what arrived, as `encode_arrivals` wrote it.

    Raises:
        ValueError: it was written by a version this one does not know.
    """
    try:
        return tuple(
            Arrivals(tenant_id=tenant_id, mailbox_id=mailbox_id, message_ids=tuple(message_ids))
            for tenant_id, mailbox_id, message_ids in upgraded_arrivals(orjson.loads(data))
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"an entry of the stream cannot be read: {error}") from error


def as_plain(part: object) -> Mapping[str, Any]:
    """Return a part of a record as JSON can hold it."""
    return _packed(part)


def of_plain(kind: type[P], told: Mapping[str, Any]) -> P:
    """Return the part of a record that `as_plain` made.

    Raises:
        ValueError: it was written by a version this one does not know.
    """
    return typing.cast(P, _unpacked(kind, told))


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_at(microseconds_since_1970: int) -> datetime:
    """Return the moment of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds_since_1970)


def milliseconds(moment: datetime) -> int:
    """Return a moment as whole milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment_of(milliseconds_since_1970: int) -> datetime:
    """Return the moment of so many milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds_since_1970)


@cache
def _fields(kind: type) -> Seq[tuple[str, object]]:
    """Return what is kept of a dataclass: its fields, each with its default."""
    return tuple((each.name, _default(each)) for each in fields(kind) if each.name != "rev")


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _packed(value: Any) -> dict[str, Any]:
    told = {}
    for name, default in _fields(typing.cast(type, type(value))):
        part = getattr(value, name)
        if default is MISSING or part != default:
            told[name] = _pack(part)
    return told


def _pack(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    return _packed(value) if is_dataclass(value) else _pack_other(value)


def _pack_other(value: Any) -> Any:
    match value:
        case datetime():
            return microseconds(value)
        case timedelta():
            return value // _MICROSECOND
        case Mapping():
            return {str(key): _pack(each) for key, each in value.items()}
        case tuple() | list():
            return [_pack(each) for each in value]
        case _:  # days, and enums that are strings
            return value


def _unpacked(kind: type, told: Mapping[str, Any]) -> Any:
    readers = _readers(kind)
    if unknown := sorted(told.keys() - readers.keys()):
        raise ValueError(f"a {kind.__name__} in the store has {unknown}, unknown to this program")
    try:
        return kind(
            **{
                name: value if value is None or (read := readers[name]) is None else read(value)
                for name, value in told.items()
            }
        )
    except TypeError as error:
        raise ValueError(f"a {kind.__name__} in the store lacks something: {error}") from error


@cache
def _readers(kind: type) -> Mapping[str, Reader | None]:
    return {name: _reader(hint) for name, hint in typing.get_type_hints(kind).items()}


def _reader(hint: Any) -> Reader | None:
    """Return what makes a value of this type out of JSON's, None where it is the same."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _reader(next(each for each in arguments if each is not type(None)))
    if origin is tuple:
        return _reader_of_many(_reader(arguments[0]))
    if origin in (Mapping, dict):  # of plain values
        return dict
    if hint in _READERS:
        return _READERS[hint]
    if is_dataclass(hint):
        return partial(_unpacked, typing.cast(type, hint))
    return hint if isinstance(hint, type) else None


def _reader_of_many(read: Reader | None) -> Reader:
    return tuple if read is None else lambda values: tuple(map(read, values))


def _span(many: int) -> timedelta:
    return timedelta(microseconds=many)


_READERS: Mapping[Any, Reader | None] = {
    str: None, bool: None, datetime: moment_at, timedelta: _span, date: date.fromisoformat
}  # fmt: skip
