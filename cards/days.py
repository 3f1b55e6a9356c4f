"""What a distribution takes of the days of its mailbox (B6), as bars with their numbers."""

from collections.abc import Sequence

from bot.domain.quota import DayLoad
from cards.bars import bar, row
from cards.blocks import Block, bold, group, line, more, run
from cards.words import day

_MOST_DAYS = 7


def days(loads: Sequence[DayLoad], mailbox: str) -> list[Block]:
    """Draw each day: this distribution, what is booked before, what stays free."""
    if not loads:
        return []
    title = line(bold("The days of "), bold(mailbox), bold(":"))
    shown = [_day(each) for each in loads[:_MOST_DAYS]]
    return [group([title, *shown, *more(len(loads) - len(shown), "days")])]


def _day(load: DayLoad) -> Block:
    booked, left = max(0, load.most - load.free), max(0, load.free - load.wanted)
    numbers = f"{load.wanted:,} new"
    if booked:
        numbers += f" · {booked:,} booked before"
    numbers += f" · {load.short:,} too many" if load.short else f" · {left:,} more would fit"
    return row(
        line(bold(day(load.day))),
        line(bar(load.wanted, booked, left, whole=load.most)),
        line(run(numbers + _which(load.emails), isSubtle=True)) | {"spacing": "None"},
    )


def _which(numbers: tuple[int, ...]) -> str:
    if not numbers:
        return ""
    word = "email" if len(numbers) == 1 else "emails"
    return f" ({word} {', '.join(map(str, numbers))})"
