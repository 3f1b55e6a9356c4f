"""Cards about distributions: the list of people, the numbers, what happened."""

from collections.abc import Mapping

from bot.domain.distribution import DistributionState
from bot.domain.sequence import weight
from bot.domain.views import (
    Choice,
    DistributeForm,
    DistributionCard,
    DistributionNews,
    Held,
    History,
)
from cards import verbs
from cards.blocks import (
    Block,
    beside,
    bold,
    button,
    buttons,
    card,
    choice,
    day_field,
    facts,
    field,
    group,
    heading,
    line,
    more,
    problems,
    run,
    score,
    text,
    time_field,
)
from cards.left_out import left_out
from cards.words import ENDED, NEWS, STATES, emails, moment, people

_NEVER_BEGUN = (
    DistributionState.CANCELLED,
    DistributionState.REFUSED,
    DistributionState.FAILED,
)
_LOOKED_AT_AGAIN = (
    "Everything is looked at once more when it begins. If anything is wrong then, nothing is sent, "
    "and you are told."
)
_KEPT_BACK = (DistributionState.PAUSED, DistributionState.HELD)
_WAYS_ON = (
    "**Send now:** emails that are late leave at once, the others as planned.",
    "**Shift the plan:** every email leaves later, by as long as this has waited.",
    "**Stop for good:** emails that have not left are never sent.",
)
_MOVE = "**Move:** emails that have not left leave from another mailbox."
_MOST_HISTORY = 10
_MOST_NUMBERS = 4
_LONGEST_LIST = 150_000
# A longer list would not fit into the card that shows it again.
_HEAVIEST_ECHO = 12_000


def distribute_form(view: DistributeForm) -> Block:
    """Draw the form: which sequence, and to whom."""
    body = [heading("Send a sequence to people"), *problems(view.problems)]
    if not view.sequences:
        write = button("New sequence", verbs.SEQUENCE_FORM)
        return card([*body, text("There is no sequence yet. Write one first.")], [write])
    echo = view.recipients if weight(view.recipients) <= _HEAVIEST_ECHO else ""
    if view.recipients and not echo:
        body.append(
            text("Your list is too long to show here again. Correct it, then paste it once more.")
        )
    body += [
        choice(
            "sequence",
            "Sequence",
            view.sequences,
            view.sequence_id,
            required="Choose the sequence to send.",
        ),
        field(
            "recipients",
            "People, one a line: Name <address>. A table with a heading row works as well.",
            echo,
            most=_LONGEST_LIST,
            multiline=True,
            required="Paste at least one person.",
        ),
        beside(
            day_field("day", "Begin on", view.day),
            time_field("hour", "At", view.hour),
        ),
        line(run("Times are "), run(view.place), run(". Leave both empty to begin at once.")),
        text("Nothing is sent before you have seen a preview."),
    ]
    return card(body, [button("Check the list", verbs.DISTRIBUTE_CHECK, inputs=True, primary=True)])


def distribution_card(view: DistributionCard) -> Block:
    """Draw a distribution in numbers."""
    here = {"distribution": view.distribution_id}
    title = heading(STATES[view.state] if not view.ended else ENDED)
    body = [title, *problems(view.refused), *_numbers(view)]
    body += [*_why_not(view.problems), *left_out("Left out when it began", view.dropped)]
    if view.state in _NEVER_BEGUN:
        body.append(text("Nothing was sent."))
        shown = [button("Send to people", verbs.DISTRIBUTE_FORM)]
        history = [button("History", verbs.HISTORY)] if view.decided_by else []
        return card(body, [*shown, *history])
    if view.state is DistributionState.SCHEDULED:
        return card([*body, text(_LOOKED_AT_AGAIN)], _before_its_time(here))
    shown = [
        button("Refresh", verbs.DISTRIBUTION_SHOW, here),
        button("History", verbs.HISTORY),
    ]
    if view.state in _KEPT_BACK:
        ways = [
            button("Send now", verbs.DISTRIBUTION_RESUME, here, primary=True),
            button("Shift the plan", verbs.DISTRIBUTION_SHIFT, here),
            button("Stop for good", verbs.DISTRIBUTION_STOP, here),
        ]
        return card([*body, *_ways_on(view, here)], [*ways, shown[0]])
    if view.state is DistributionState.RUNNING:
        if view.retryable:
            again = f"Try {view.retryable:,} failed again"
            shown.insert(0, button(again, verbs.DISTRIBUTION_RETRY, here))
        if not view.ended:
            shown.insert(0, button("Pause", verbs.DISTRIBUTION_PAUSE, here))
    return card(body, shown)


def distribution_news(view: DistributionNews) -> Block:
    """Draw what became of a distribution before it began, or as it did."""
    shown = view.card
    body = [heading(NEWS.get(view.news, "News")), *_numbers(shown), *_why_not(shown.problems)]
    body += left_out("Left out when it began", shown.dropped)
    if shown.state in _NEVER_BEGUN:
        body.append(text("Nothing was sent."))
    here = {"distribution": shown.distribution_id}
    return card(body, [button("Open", verbs.DISTRIBUTION_SHOW, here)])


def _ways_on(view: DistributionCard, here: Mapping[str, str]) -> list[Block]:
    """What can be done about one that is kept back; under them the mailboxes it could move to."""
    told = [text(each) for each in _WAYS_ON]
    targets = view.held.targets if view.held else ()
    if not targets:
        return [group(told)]
    chosen = choice("mailbox", "Another mailbox", targets, targets[0].value)
    move = button("Move", verbs.DISTRIBUTION_MOVE, here, inputs=True)
    return [group(told), group([text(_MOVE), chosen, buttons(move)])]


def history_card(view: History) -> Block:
    """Draw Distribution History, newest first, and a way to open one."""
    begin = button("Send to people", verbs.DISTRIBUTE_FORM)
    title = heading("Distribution History")
    if not view.distributions:
        return card([title, text("Nothing was sent yet.")], [begin])
    shown = view.distributions[:_MOST_HISTORY]
    body = [title, *(group(_listed(each)) for each in shown)]
    body += more(len(view.distributions) - len(shown))
    choices = [
        Choice(title=f"{number}. {each.title}", value=each.distribution_id)
        for number, each in enumerate(shown, 1)
    ]
    body.append(
        choice(
            "distribution",
            "Open a distribution",
            choices,
            choices[0].value,
            required="Choose a distribution.",
        )
    )
    return card(body, [button("Open", verbs.DISTRIBUTION_SHOW, inputs=True), begin])


def _numbers(view: DistributionCard) -> list[Block]:
    """The title, what came of it in numbers, and where it came from."""
    counted = [(str(status), many) for status, many in view.counts.items() if many]
    body = [line(bold(view.title))]
    if counted:
        body.append(score(counted[:_MOST_NUMBERS]))
    rest = ", ".join(f"{status}: {many:,}" for status, many in counted[_MOST_NUMBERS:])
    started = moment(view.started_at) if view.started_at else ""
    by = "Started by" if started else "Asked by"
    since = moment(view.kept_since) if view.kept_since else ""
    planned = moment(view.starts_at) if view.starts_at and not started else ""
    begins = "Planned" if view.state in _NEVER_BEGUN else "Begins"
    rows = [("And", rest), ("Why", view.reason), ("Since", since), ("On hold", _held(view.held)),
            ("People", f"{view.people:,}"), ("Sent from", view.mailbox),
            ("Behind", _behind(view.behind)), (begins, planned), ("Started", started),
            (by, view.decided_by), ("Approved", view.approved_by)]  # fmt: skip
    return [*body, facts(*(each for each in rows if each[1]))]


def _held(held: Held | None) -> str:
    """What waits, and until when."""
    if held is None or not held.emails:
        return ""
    due = f"; the first was planned for {moment(held.due)}" if held.due else ""
    return f"{emails(held.emails)}, until somebody decides{due}"


def _behind(many: int) -> str:
    """What stayed where it was sent from before."""
    return f"{emails(many)} with the mailbox before: one may have left already" if many else ""


def _why_not(found: tuple[str, ...]) -> list[Block]:
    """Why nothing of it was made; nothing where it was."""
    if not found:
        return []
    return [group([text("**Why:**"), *(line(run(each)) for each in found)])]


def _before_its_time(here: Mapping[str, str]) -> list[Block]:
    return [
        button("Begin now", verbs.DISTRIBUTE_BEGIN, here),
        button("See the emails", verbs.EMAIL_SHOW, here),
        button("Cancel", verbs.DISTRIBUTE_CANCEL, here),
        button("History", verbs.HISTORY),
    ]


def _listed(view: DistributionCard) -> list[Block]:
    """A distribution in a list: what it is, how it stands, what came of it."""
    state = ENDED if view.ended else STATES[view.state]
    started = f" · {moment(view.started_at)}" if view.started_at else ""
    if not started and view.starts_at:
        begins = "planned for" if view.state in _NEVER_BEGUN else "begins"
        started = f" · {begins} {moment(view.starts_at)}"
    counted = " · ".join(f"{many:,} {status}" for status, many in view.counts.items() if many)
    below = line(run(f"{state}{started} · {people(view.people)}", isSubtle=True))
    lines = [line(bold(view.title)), below | {"spacing": "None"}]
    return [*lines, line(run(counted)) | {"spacing": "Small"}] if counted else lines
