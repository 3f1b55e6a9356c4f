"""An enrolment as it is kept: small, quick to read, and with what the scripts ask of it in front.

`<next>:<days>:<tally>:<ids>:<JSON>`, behind the rev. The scripts read and change what comes before
the JSON: `next` is the position of the email that leaves next, from 1, 0 when none does; `days` the
day of each email's place in turn, a number of days since 1970 or nothing; `tally` a letter for each
thing its distribution counts; `ids` what Exchange called the emails that left,
`<number>=<Message-ID>|<conversation>` each, divided by commas.

The JSON has one row for each email, without the defaults at its end. What can be told from the
enrolment's id (our key and Message-ID of an email) is not kept, and its own id is its name.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date, timedelta
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import orjson

from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason
from bot.domain.holding import may_try_again
from bot.domain.participant import Participant
from bot.domain.route import Route
from bot.domain.tally import Tally
from bot.storage.codec import microseconds, moment_at
from bot.storage.exchange_ids import ids_in, ids_of
from bot.storage.heard import heard_in, told_of

VERSION = 1
_EPOCH = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_PLAIN_ID = re.compile(r"[0-9a-f]{32}")
# New ones come at the end, with a default: what was kept before lacks them.
_ROW = ("due", "subject", "route", "status", "sent_at", "submissions", "reason", "receipt",
        "cancelled", "doubt_since", "grace", "lookups", "left_from", "answered_at")  # fmt: skip
_values = attrgetter(*_ROW)
_FALLBACK = {each.name: each.default for each in fields(Delivery) if each.default is not MISSING}
_DEFAULTS = tuple(_FALLBACK.get(name) for name in _ROW)
_MOMENTS = tuple(_ROW.index(name) for name in ("due", "sent_at", "doubt_since", "answered_at"))
_GRACE = _ROW.index("grace")
_LETTERS = {
    DeliveryStatus.SCHEDULED: "w",
    DeliveryStatus.SENT: "s",
    DeliveryStatus.BOUNCED: "b",
    DeliveryStatus.FAILED: "f",
    DeliveryStatus.RESPONDED: "r",
    DeliveryStatus.OPTED_OUT: "o",
    DeliveryStatus.MARKED_SPAM: "m",
}
_RETRYABLE = "a"
LETTERS = (*_LETTERS.values(), _RETRYABLE)
_NEVER_MOVED = (0, "")
_STATES = {each.value: each for each in EnrolmentState}
_REASONS = {each.value: each for each in StopReason}


def raw_id(id: str) -> bytes | None:
    """Return an enrolment's id as the store names it, None where it can be none of ours."""
    return bytes.fromhex(id) if _PLAIN_ID.fullmatch(id) else None


def digest(text: str) -> bytes:
    """Return what an index knows a Message-ID or an address by. Two may share it: whoever finds an
    enrolment by one looks whether it is the right one.
    """
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()


def number_of(day: date) -> int:
    """Return the days since 1970."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day so many days after the first of 1970."""
    return date.fromordinal(number + _EPOCH)


def packed(enrolment: Enrolment) -> bytes:
    """Return everything of an enrolment but its name, its home and its rev."""
    made = enrolment.deliveries
    days = [_day(each) for each in made]
    ids = [
        ids_of(each.number, each.exchange_id, each.conversation_id)
        for each in made
        if each.exchange_id or each.conversation_id
    ]
    places = ",".join(days) if any(days) else ""
    head = f"{_next(enrolment)}:{places}:{_letters(enrolment)}:{','.join(ids)}:"
    return head.encode(errors="surrogatepass") + orjson.dumps(_told(enrolment))


def unpacked(mailbox_id: str, id: str, rev: int, data: bytes) -> Enrolment:
    """Return the enrolment that `packed` made.

    Raises:
        ValueError: it was written by a version this one does not know.
    """
    _, days, _, ids, rest = data.split(b":", 4)
    told = orjson.loads(rest)
    if told.pop("v", None) != VERSION:
        raise ValueError("an Enrolment in the store is of another version than this program")
    beside = days.decode(), ids.decode(errors="surrogatepass")
    try:
        return _read(mailbox_id, id, rev, told, beside)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"an Enrolment in the store cannot be read: {error}") from error


def tally_of(letters: Mapping[str, int]) -> Tally:
    """Return what the letters of a distribution's enrolments count."""
    counts = {each: letters.get(letter, 0) for each, letter in _LETTERS.items()}
    return Tally(
        counts={each: many for each, many in counts.items() if many > 0},
        retryable=letters.get(_RETRYABLE, 0),
    )


def _letters(enrolment: Enrolment) -> str:
    if enrolment.state is EnrolmentState.MOVED:
        return ""  # it counts where it went
    letters = "".join(
        [_LETTERS[each.status] for each in enrolment.deliveries if not each.cancelled]
    )
    retryable = enrolment.stopped_for is StopReason.FAILED and may_try_again(enrolment)
    return letters + _RETRYABLE if retryable else letters


def _told(enrolment: Enrolment) -> Mapping[str, Any]:
    person, made = enrolment.participant, enrolment.deliveries
    told: dict[str, Any] = {
        "v": VERSION,
        "t": enrolment.tenant_id,
        "s": enrolment.sequence_id,
        "d": enrolment.distribution_id,
        "a": person.address,
        "f": dict(person.fields),
        "e": [_row(each) for each in made],
    }
    domain = _domain(enrolment)
    if domain is None:
        told["k"] = [(each.number, each.key, each.message_id) for each in made]
    else:
        told["m"] = domain
    told |= _beside(enrolment)
    return told


def _beside(enrolment: Enrolment) -> Mapping[str, Any]:
    """What few enrolments have."""
    told: dict[str, Any] = {}
    if enrolment.state is not EnrolmentState.ACTIVE:
        told["st"] = enrolment.state
    if enrolment.stopped_for is not None:
        told["w"] = enrolment.stopped_for
    if enrolment.not_before is not None:
        told["nb"] = microseconds(enrolment.not_before)
    if enrolment.moves or enrolment.moved_to:
        told["mv"] = enrolment.moves, enrolment.moved_to
    rare = {"n": enrolment.attempts, "x": int(enrolment.test), **told_of(enrolment.heard)}
    return told | {name: value for name, value in rare.items() if value}


def _read(
    mailbox_id: str, id: str, rev: int, told: Mapping[str, Any], beside: tuple[str, str]
) -> Enrolment:
    rows: Sequence[Sequence[Any]] = told["e"]
    (days, ids), names = beside, told.get("k") or _names(id, told["m"], len(rows))
    places = days.split(",") if days else [""] * len(rows)
    known = dict(ids_in(ids))
    get = told.get
    return Enrolment(
        id=id,
        tenant_id=told["t"],
        mailbox_id=mailbox_id,
        sequence_id=told["s"],
        distribution_id=told["d"],
        participant=Participant(address=told["a"], fields=told["f"]),
        deliveries=tuple(
            _delivery(row, name, place, known)
            for row, name, place in zip(rows, names, places, strict=True)
        ),
        state=_STATES[get("st", "active")],
        stopped_for=_REASONS[told["w"]] if "w" in told else None,
        not_before=moment_at(told["nb"]) if "nb" in told else None,
        attempts=get("n", 0),
        test=bool(get("x")),
        moved_to=get("mv", _NEVER_MOVED)[1],
        moves=get("mv", _NEVER_MOVED)[0],
        heard=heard_in(told),
        rev=rev,
    )


def _row(delivery: Delivery) -> list[Any]:
    values = _values(delivery)
    last = len(values)
    while last > 1 and values[last - 1] == _DEFAULTS[last - 1]:
        last -= 1
    row = list(values[:last])
    for at in _MOMENTS:
        if at < last and row[at] is not None:
            row[at] = microseconds(row[at])
    if last > _GRACE:
        row[_GRACE] = row[_GRACE] // _MICROSECOND
    return row


def _delivery(
    row: Sequence[Any],
    name: tuple[int, str, str],
    place: str,
    known: Mapping[int, tuple[str, str]],
) -> Delivery:
    number, key, message_id = name
    told = dict(zip(_ROW, row, strict=False))
    for at, read in _READ:
        if at >= len(row):
            break
        if row[at] is not None:
            told[_ROW[at]] = read(row[at])
    if number in known:
        told["exchange_id"], told["conversation_id"] = known[number]
    if place:
        told["place"] = day_of(int(place))
    return Delivery(number=number, key=key, message_id=message_id, **told)


def _next(enrolment: Enrolment) -> int:
    current = enrolment.current
    if current is None or current.doubt_since is not None:
        return 0
    return next(at for at, each in enumerate(enrolment.deliveries, 1) if each is current)


def _day(delivery: Delivery) -> str:
    taken = delivery.place is not None and not delivery.cancelled
    return str(number_of(delivery.place)) if taken and delivery.place else ""


def _names(id: str, domain: str, many: int) -> Iterator[tuple[int, str, str]]:
    return ((n, f"{id}.{n}", f"<{id}.{n}@{domain}>") for n in range(1, many + 1))


def _domain(enrolment: Enrolment) -> str | None:
    """Return the right side of its Message-IDs, None where they are not made as we make them."""
    made = enrolment.deliveries
    domain = made[0].message_id[:-1].partition("@")[2] if made else ""
    for name, each in zip(_names(enrolment.id, domain, len(made)), made, strict=True):
        if name != (each.number, each.key, each.message_id):
            return None
    return domain


# What is read of a row, by its place there, in order.
_READ: Sequence[tuple[int, Callable[[Any], Any]]] = sorted(
    [
        *((at, moment_at) for at in _MOMENTS),
        (_GRACE, lambda many: timedelta(microseconds=many)),
        (_ROW.index("route"), {each.value: each for each in Route}.__getitem__),
        (_ROW.index("status"), {each.value: each for each in DeliveryStatus}.__getitem__),
    ],
    key=lambda each: each[0],
)
