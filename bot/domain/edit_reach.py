"""Whom an edit of a sequence reaches while people are on their way through it, what it does to
them, and what of it cannot be (G4).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.editing import has_left, stays
from bot.domain.enrolment import Enrolment, EnrolmentState
from bot.domain.sequence import Email, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many people are on their way, and how many of them have still to get each email. `got` is
    the last email that has left to any of them, or may be about to.
    """

    people: int = 0
    emails: tuple[int, ...] = ()
    got: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an edit does: how many people get a new text, and which email how many of them; how many
    emails leave at another time than planned; and on which days how many find no place, so that
    they leave on the next free one.
    """

    people: int = 0
    texts: tuple[int, ...] = ()
    moved: int = 0
    full: tuple[tuple[date, int], ...] = ()


def reach(enrolments: Iterable[Enrolment], emails: int, now: datetime) -> Reach:
    """Return whom an edit of a sequence of so many emails reaches."""
    people, got, waiting = 0, 0, [0] * emails
    for each in enrolments:
        if not each.is_open:
            continue
        people += 1
        gone = last_left(each)
        for number in range(gone, emails):
            waiting[number] += 1
        if each.state is EnrolmentState.ACTIVE:
            gone = max((of.number for of in each.deliveries if stays(of, now)), default=0)
        got = max(got, gone)
    return Reach(people=people, emails=tuple(waiting), got=got)


def last_left(enrolment: Enrolment) -> int:
    """Return the number of the last email that has left, or may have; 0 for none."""
    return max((each.number for each in enrolment.deliveries if has_left(each)), default=0)


def changed_texts(known: Sequence, changed: Sequence) -> frozenset[int]:
    """Return the numbers of the emails that are new or say something else now."""
    before = dict(enumerate(map(_text, known.emails), 1))
    return frozenset(
        number for number, each in enumerate(changed.emails, 1) if before.get(number) != _text(each)
    )


def effect_of(
    changes: Iterable[tuple[Enrolment, Enrolment]],
    texts: frozenset[int],
    emails: int,
    free: Callable[[str, date], int],
) -> Effect:
    """Return what these changes of enrolments, from what to what, do where emails of these numbers
    say something else; the places of both are told, and how many a day of a mailbox has left.
    """
    people, moved, each_text = 0, 0, [0] * emails
    days: Counter[tuple[str, date]] = Counter()
    for before, after in changes:
        new = [each.number for each in after.deliveries if each.number in texts and each.waiting]
        people += bool(new)
        for number in new:
            each_text[number - 1] += 1
        dues = {each.number: each.due for each in before.deliveries if each.waiting}
        moved += sum(dues.get(each.number, each.due) != each.due for each in after.deliveries)
        days.update(_places(after))
        days.subtract(_places(before))
    full: Counter[date] = Counter()
    for (home, day), many in days.items():
        if many > 0:
            full[day] += max(0, many - free(home, day))
    return Effect(
        people=people,
        texts=tuple(each_text),
        moved=moved,
        full=tuple((day, many) for day, many in sorted(full.items()) if many),
    )


def edit_problems(known: Sequence, changed: Sequence, reached: Reach) -> tuple[str, ...]:
    """Return what keeps a sequence from being changed while people are on their way through it:
    emails that somebody has got already stay, and stay where they are.
    """
    if len(changed.emails) < reached.got:
        return (
            f"Somebody has got email {reached.got} already, or is about to: "
            "the sequence cannot end before it.",
        )
    before, after = [list(map(_text, each.emails)) for each in (known, changed)]
    return tuple(
        f"Email {number} has left to somebody already, so it keeps its place. "
        f"It cannot say what email {before.index(text) + 1} said."
        for number, text in enumerate(after[: reached.got], 1)
        if text in before and before[number - 1] != text
    )


def _text(email: Email) -> tuple[str, str]:
    return email.subject, email.body


def _places(enrolment: Enrolment) -> Seq[tuple[str, date]]:
    home = enrolment.mailbox_id
    return [
        (home, each.place) for each in enrolment.deliveries if each.place and not each.cancelled
    ]
