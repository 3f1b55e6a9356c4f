"""What was heard of somebody, beside the status of an email: which messages were acted on, among
them replies, and a letter of their own.

Graph tells of a message again when it is moved, copied or restored, or for no reason at all; what
was decided since (an undo, an address taken off the list) stands. Nothing of what they wrote is
kept (A23): a mark by which a message is known again, and when it came.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.inbound import IncomingMail
from bot.domain.mailbox import Message

_MOST_MARKS = 50
_MOST_REPLIES = 20


class Decision(StrEnum):
    """What a person says of a letter that answers nothing of ours (G9)."""

    RESUME = "resume"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply to email `number`, come `at`, known by its `mark`. `undone_by` is who said that it
    was automatic, "" while it stands; `out_by` who said that they opt out in it. Whoever takes care
    of it is `taken_by`, and by their object id `taken_oid`.
    """

    mark: str
    number: int
    at: datetime
    undone_by: str = ""
    undone_at: datetime | None = None
    out_by: str = ""
    out_at: datetime | None = None
    taken_by: str = ""
    taken_oid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateLetter:
    """The last letter to the owner of `mailbox_id` that answers nothing of ours (G9), come `at`.
    Until somebody decides, the next email waits. `number` counts from 1; `cards` are where it is
    asked.
    """

    number: int
    mailbox_id: str
    at: datetime
    cards: tuple[Message, ...] = ()
    decision: Decision | None = None
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Everything of the kind about one enrolment, in the order it was read: replies, and `marks` of
    what else was acted on.
    """

    marks: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()
    letter: PrivateLetter | None = None

    @property
    def asks(self) -> bool:
        """Whether somebody has yet to decide about a letter."""
        return self.letter is not None and self.letter.decision is None

    def standing(self, number: int = 0) -> Reply | None:
        """Return the first reply to email `number` (0: to any) that nobody has undone."""
        found = (each for each in self.replies if number in (0, each.number))
        return next((each for each in found if not each.undone_by), None)

    def reply(self, mark: str) -> Reply | None:
        """Return the reply of that mark; None where there is none, or it was too long ago."""
        return next((each for each in self.replies if each.mark == mark), None)

    def with_changed(self, reply: Reply) -> "Heard":
        """Return this with one reply as it is now."""
        kept = tuple(reply if each.mark == reply.mark else each for each in self.replies)
        return replace(self, replies=kept)

    def knows(self, mark: str) -> bool:
        """Return whether a message of that mark was acted on."""
        return mark in self.marks or self.reply(mark) is not None

    def with_mark(self, mark: str) -> "Heard":
        """Return this with one more message that was acted on."""
        return replace(self, marks=(*self.marks, mark)[-_MOST_MARKS:])

    def with_reply(self, reply: Reply) -> "Heard":
        """Return this with one more reply; of one too many the mark remains."""
        kept = (*self.replies, reply)
        over = self.with_mark(kept[0].mark) if len(kept) > _MOST_REPLIES else self
        return replace(over, replies=kept[-_MOST_REPLIES:])


NOTHING = Heard()


def mark_of(mail: IncomingMail) -> str:
    """Return what a message is known by: its Message-ID, which a copy of it carries as well, or
    where it has none Graph's own id; nothing anybody could read in it.
    """
    return mark_named(mail.internet_message_id or mail.id)


def mark_named(id: str) -> str:
    """Return the mark of a message that goes by this id."""
    return hashlib.blake2b(id.encode(errors="surrogatepass"), digest_size=6).hexdigest()
