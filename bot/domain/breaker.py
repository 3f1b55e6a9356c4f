"""The circuit breaker (B11): what came back to a mailbox, and whether to go on is to be asked.

Only the last few losses are kept, each by the key of its email, so none counts twice. How many
emails left between them is asked of Sent Items when there are enough of them to ask about: no email
that goes well costs anything.

No least number of sends: three losses are the first above five of a hundred in fifty sends, and
three of the first five are no better. One or two bad addresses never ask anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.delivery import SentCopy
from bot.domain.mailbox import Mailbox, MailboxStatus, Message, block
from bot.domain.obstacle import Obstacle

WINDOW = 50
_SHARE = 0.05
TRIPS_AT = int(WINDOW * _SHARE) + 1
# How far Sent Items are read: over what left in the two minutes before (50 at the pace of G7), and
# past the end of the window.
MOST_READ = 3 * WINDOW


class Answer(StrEnum):
    """What a person decided."""

    GO_ON = "go_on"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """An email that came back for good, by its key."""

    key: str
    left_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What speaks against a sender: an email that left at `left_at` told so."""

    obstacle: Obstacle
    left_at: datetime
    lost: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether a mailbox is to go on. `lost` of the last `of` emails came back, 0 where Exchange
    stopped the sender; `cards` is where people were asked.
    """

    number: int
    obstacle: Obstacle
    asked_at: datetime
    lost: int = 0
    of: int = 0
    cards: tuple[Message, ...] = ()
    answer: Answer | None = None
    answered_by: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """One mailbox's, whose id it has. Nothing that left before `since` counts any more: somebody
    has looked at it.
    """

    id: str
    tenant_id: str
    losses: tuple[Loss, ...] = ()
    since: datetime | None = None
    question: Question | None = None
    rev: int = 0


def counts(breaker: Breaker, left_at: datetime) -> bool:
    """Return whether what became of an email that left then still says something."""
    return breaker.since is None or left_at >= breaker.since


def with_loss(breaker: Breaker, loss: Loss) -> Breaker:
    """Return the breaker with one email more that came back; told twice, it is unchanged."""
    if not counts(breaker, loss.left_at) or any(e.key == loss.key for e in breaker.losses):
        return breaker
    latest = sorted((*breaker.losses, loss), key=lambda each: each.left_at)[-TRIPS_AT:]
    return breaker if tuple(latest) == breaker.losses else replace(breaker, losses=tuple(latest))


def suspect_since(breaker: Breaker) -> datetime | None:
    """Return since when Sent Items are to be read, None while too few came back to ask."""
    return breaker.losses[0].left_at if len(breaker.losses) == TRIPS_AT else None


def window_of(breaker: Breaker, copies: Mapping[str, SentCopy]) -> int:
    """Return how many emails left from the first to the last of those that came back, both
    counted, by the copies of what left since; 0 where they are too many to matter.
    """
    first, *_, last = breaker.losses
    begin, end = (_left(each, copies) for each in (first, last))
    between = sum(begin <= each.sent_at <= end for each in copies.values())
    return 0 if between > WINDOW else max(between, TRIPS_AT)


def broken_off(
    breaker: Breaker, mailbox: Mailbox, cause: Cause, now: datetime
) -> tuple[Breaker, Mailbox]:
    """Return both, the mailbox kept from sending and the question asked. Unchanged where that is so
    already, where it is held for another reason, or where somebody has looked at it since.
    """
    connected = mailbox.status is MailboxStatus.ACTIVE
    if not connected or mailbox.obstacle not in (None, cause.obstacle):
        return breaker, mailbox
    if not counts(breaker, cause.left_at):
        return breaker, mailbox
    return _asking(breaker, cause, now), block(mailbox, cause.obstacle)


def _asking(breaker: Breaker, cause: Cause, now: datetime) -> Breaker:
    before = breaker.question
    if before and before.answer is None and before.obstacle is cause.obstacle:
        return breaker
    asked = Question(
        number=before.number + 1 if before else 1,
        obstacle=cause.obstacle,
        asked_at=now,
        lost=cause.lost,
        of=cause.of,
    )
    return replace(breaker, question=asked)


def answered(breaker: Breaker, number: int, answer: Answer, by: str, now: datetime) -> Breaker:
    """Return the breaker with its open question answered, and what came back before forgiven;
    another question's answer changes nothing.
    """
    asked = breaker.question
    if asked is None or asked.number != number or asked.answer is not None:
        return breaker
    told = replace(asked, answer=answer, answered_by=by, answered_at=now)
    return replace(forgiven(breaker, now), question=told)


def forgiven(breaker: Breaker, now: datetime) -> Breaker:
    """Return the breaker that counts from here on."""
    return replace(breaker, losses=(), since=now)


def shown(breaker: Breaker, card: Message) -> Breaker:
    """Return the breaker whose question was asked in one place more."""
    asked = breaker.question
    if asked is None or card in asked.cards:
        return breaker
    return replace(breaker, question=replace(asked, cards=(*asked.cards, card)))


def _left(loss: Loss, copies: Mapping[str, SentCopy]) -> datetime:
    """When it left, by the mailbox's own clock where the copy is there."""
    copy = copies.get(loss.key)
    return copy.sent_at if copy else loss.left_at
