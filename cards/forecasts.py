"""The card of what goes out today and in the days after (B7)."""

from collections.abc import Sequence
from itertools import dropwhile

from bot.domain.views import DayAhead, Forecast, HourAhead, MailboxAhead
from cards import verbs
from cards.bars import bar, row
from cards.blocks import (
    Block,
    bold,
    button,
    card,
    choice,
    clean,
    group,
    heading,
    line,
    more,
    run,
    text,
)
from cards.words import day, emails, moment

_MOST_MAILBOXES = 8
_HOW = (
    "The hours count who is next in line, at 25 emails a minute for each mailbox. The days count "
    "every email that has its place, also one that is paused or waits for the one before it."
)


def forecast_card(view: Forecast) -> Block:
    """Draw what goes out, by hour, day and mailbox."""
    body = [heading("What goes out"), line(run(f"As of {moment(view.now)}", isSubtle=True))]
    chosen = len(view.choices) > 2
    if chosen:
        body.append(choice("mailbox", "From", view.choices, view.chosen))
    body += [*_today(view), *_days(view.days)]
    if len(view.mailboxes) > 1:
        body += _mailboxes(view.mailboxes)
    body.append(line(run(_HOW, isSubtle=True, size="Small")))
    return card(
        body,
        [
            button("Show" if chosen else "Refresh", verbs.FORECAST, inputs=True, primary=True),
            button("History", verbs.HISTORY),
        ],
    )


def _today(view: Forecast) -> list[Block]:
    hours = _busy(view.hours)
    left = sum(each.emails for each in hours)
    title = (
        f"**Today: {emails(left)} still to leave**" if left else "**Nothing more leaves today.**"
    )
    notes = []
    if view.after_today:
        notes.append(text(f"{emails(view.after_today)} due today leave after midnight."))
    if view.by_smtp:
        notes.append(text(f"Beside the mailboxes, {emails(view.by_smtp)} leave by SMTP."))
    most = max((each.emails for each in hours), default=0)
    return [group([text(title), *(_hour(each, most) for each in hours), *notes])]


def _busy(hours: Sequence[HourAhead]) -> Sequence[HourAhead]:
    """From the first hour in which something leaves to the last one."""
    begun = list(dropwhile(lambda each: not each.emails, hours))
    return list(dropwhile(lambda each: not each.emails, reversed(begun)))[::-1]


def _hour(hour: HourAhead, most: int) -> Block:
    at = run(f"{hour.begins:%H:%M} ", fontType="Monospace", weight="Bolder")
    return line(at, bar(hour.emails, whole=most), run(f" {hour.emails:,}")) | {"spacing": "None"}


def _days(ahead: Sequence[DayAhead]) -> list[Block]:
    rows = [
        row(
            line(bold(day(each.day))),
            line(bar(each.emails, whole=each.most), run(f" {each.emails:,} of {each.most:,}")),
        )
        for each in ahead
    ]
    return [group([text("**The next seven days: places taken**"), *rows])]


def _mailboxes(ahead: Sequence[MailboxAhead]) -> list[Block]:
    busiest = sorted(ahead, key=lambda each: each.today + each.later, reverse=True)
    shown = busiest[:_MOST_MAILBOXES]
    most = max(each.today + each.later for each in shown)
    rows: list[Block] = []
    for each in shown:
        told = run(f" {each.today:,} today, {each.later:,} in the six days after")
        rows += [
            line(bold(clean(each.address, 100))),
            line(bar(each.today, each.later, whole=most), told) | {"spacing": "None"},
        ]
    return [group([text("**By mailbox**"), *rows, *more(len(ahead) - len(shown), "mailboxes")])]
