"""What was heard of somebody, as it stands in an enrolment's record: `h` has the marks of messages,
that of a reply at the head of a row, `l` the last letter. Where nothing was heard, nothing stands.
"""

from collections.abc import Mapping
from typing import Any

from bot.domain.heard import NOTHING, Heard, PrivateLetter, Reply
from bot.storage.codec import as_plain, microseconds, moment_at, of_plain

_NOTHING_SAID = ("", None, "", None, "", "")


def told_of(heard: Heard) -> Mapping[str, Any]:
    """Return what was heard, as `heard_in` reads it."""
    told: dict[str, Any] = {}
    if heard.marks or heard.replies:
        told["h"] = [*heard.marks, *map(_row, heard.replies)]
    if heard.letter is not None:
        told["l"] = as_plain(heard.letter)
    return told


def heard_in(told: Mapping[str, Any]) -> Heard:
    """Return what was heard.

    Raises:
        ValueError: it was written by a version this one does not know.
    """
    marks, letter = told.get("h", ()), told.get("l")
    if not marks and letter is None:
        return NOTHING
    return Heard(
        marks=tuple(each for each in marks if isinstance(each, str)),
        replies=tuple(_reply(*each) for each in marks if not isinstance(each, str)),
        letter=of_plain(PrivateLetter, letter) if letter is not None else None,
    )


def _row(reply: Reply) -> list[Any]:
    said = (reply.undone_by, reply.undone_at), (reply.out_by, reply.out_at)
    rest = [each for by, at in said for each in (by, microseconds(at) if at else None)]
    rest += [reply.taken_by, reply.taken_oid]
    while rest and not rest[-1]:
        rest.pop()
    return [reply.mark, reply.number, microseconds(reply.at), *rest]


def _reply(mark: str, number: int, at: int, *rest: Any) -> Reply:
    said: list[Any] = [*rest, *_NOTHING_SAID[len(rest) :]]
    by, undone, out_by, out, taken_by, taken_oid = said
    return Reply(
        mark=mark,
        number=number,
        at=moment_at(at),
        undone_by=by,
        undone_at=None if undone is None else moment_at(undone),
        out_by=out_by,
        out_at=None if out is None else moment_at(out),
        taken_by=taken_by,
        taken_oid=taken_oid,
    )
