"""The card of what happened to one person, and why nothing more does (B15)."""

from bot.domain.views import OnTheWay, Timeline
from cards.blocks import Block, bold, card, facts, group, heading, line, more, run, text
from cards.words import moment

_MOST_WAYS = 3
_MOST_LINES = 10


def timeline_card(view: Timeline) -> Block:
    """Draw each way through a sequence, the latest first."""
    title = "Why nothing leaves" if view.brief else "What happened"
    known = view.person != view.address
    named = [bold(view.person), run(f" · {view.address}", isSubtle=True)]
    body = [heading(title), line(*named) if known else line(bold(view.address))]
    if view.suppressed:
        body.append(line(bold(f"They {view.suppressed}.")))
    if not view.ways:
        body.append(text("Nobody of your organisation has sent them a sequence."))
    for each in view.ways[:_MOST_WAYS]:
        body.append(group(_way(each, brief=view.brief)))
    return card([*body, *more(len(view.ways) - _MOST_WAYS)])


def _way(way: OnTheWay, *, brief: bool) -> list[Block]:
    due = moment(way.next_due) if way.next_due else "none"
    rows = [("From", way.mailbox), ("Next email", due)]
    if way.why:
        rows.append(("Why", way.why))
    told = [] if brief else way.happened[-_MOST_LINES:]
    return [
        line(bold(way.title)),
        facts(*rows),
        *more(0 if brief else len(way.happened) - len(told), "before"),
        *(_line(moment(at) if at else "–", words) for at, words in told),
    ]


def _line(at: str, words: str) -> Block:
    return line(run(f"{at}  ", isSubtle=True), run(words)) | {"spacing": "Small"}
