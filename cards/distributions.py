"""Cards about distributions: the list of people, the preview, the numbers, what happened."""

from bot.domain.distribution import DistributionState
from bot.domain.sequence import weight
from bot.domain.views import (
    Choice,
    DistributeForm,
    DistributionCard,
    DistributionPreview,
    Happening,
    History,
)
from cards import verbs
from cards.blocks import (
    Block,
    bold,
    button,
    card,
    choice,
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
)
from cards.sequences import planned
from cards.words import ENDED, HAPPENINGS, STATES, emails, moment, people

_KEPT_BACK = (DistributionState.PAUSED, DistributionState.HELD)
_WAYS_ON = (
    "**Send now:** emails that are late leave at once, the others as planned.",
    "**Shift the plan:** every email leaves later, by as long as this has waited.",
    "**Stop for good:** emails that have not left are never sent.",
)
_MOST_LEFT_OUT = 10
_MOST_HISTORY = 10
_MOST_NUMBERS = 4
_MOST_DAYS = 7
# Fewer emails on a day are no news to anybody.
_WORTH_TELLING = 100
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
        text("Nothing is sent before you have seen a preview."),
    ]
    return card(body, [button("Check the list", verbs.DISTRIBUTE_CHECK, inputs=True, primary=True)])


def distribution_preview(view: DistributionPreview) -> Block:
    """Draw what would be sent, before the confirm button."""
    here = {"distribution": view.distribution_id}
    body = [
        heading("Ready to send"),
        facts(
            ("Sequence", view.title),
            ("Send from", view.mailbox),
            ("To", people(view.people)),
            ("May leave", view.window),
            ("Last email", _last(view)),
        ),
        group(planned(view.emails)),
        *_room(view),
        *_left_out(view),
        text("If somebody replies or an email bounces, their later emails are not sent."),
    ]
    confirm = button(f"Send to {people(view.people)}", verbs.DISTRIBUTE_CONFIRM, here, primary=True)
    look = button("See the emails", verbs.EMAIL_SHOW, here)
    return card(body, [confirm, look, button("Cancel", verbs.DISTRIBUTE_CANCEL, here)])


def distribution_card(view: DistributionCard) -> Block:
    """Draw a distribution in numbers."""
    here = {"distribution": view.distribution_id}
    body = [heading(STATES[view.state] if not view.ended else ENDED), *_numbers(view)]
    if view.state is DistributionState.CANCELLED:
        body.append(text("Nothing was sent."))
        return card(body, [button("Send to people", verbs.DISTRIBUTE_FORM)])
    shown = [
        button("Refresh", verbs.DISTRIBUTION_SHOW, here),
        button("History", verbs.HISTORY),
    ]
    if view.state in _KEPT_BACK:
        body.append(group([text(each) for each in _WAYS_ON]))
        ways = [
            button("Send now", verbs.DISTRIBUTION_RESUME, here, primary=True),
            button("Shift the plan", verbs.DISTRIBUTION_SHIFT, here),
            button("Stop for good", verbs.DISTRIBUTION_STOP, here),
        ]
        return card(body, [*ways, shown[0]])
    if view.state is DistributionState.RUNNING:
        if view.retryable:
            again = f"Try {view.retryable:,} failed again"
            shown.insert(0, button(again, verbs.DISTRIBUTION_RETRY, here))
        if not view.ended:
            shown.insert(0, button("Pause", verbs.DISTRIBUTION_PAUSE, here))
    return card(body, shown)


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


def happening_card(view: Happening) -> Block:
    """Draw what a channel hears about one participant."""
    who = [bold(view.person)]
    if view.person != view.address:
        who.append(run(f" · {view.address}", isSubtle=True))
    rows = [("Email", view.subject), ("Sequence", view.title), ("Sent from", view.mailbox),
            ("When", moment(view.at)), ("Status", view.status)]  # fmt: skip
    if view.reason:
        rows.insert(0, ("Reason", view.reason))
    body = [heading(HAPPENINGS[view.status]), line(*who), facts(*rows)]
    if view.cancelled:
        body.append(text(f"{emails(view.cancelled)} to them will not be sent any more."))
    return card(body)


def _numbers(view: DistributionCard) -> list[Block]:
    """The title, what came of it in numbers, and where it came from."""
    counted = [(str(status), many) for status, many in view.counts.items() if many]
    body = [line(bold(view.title))]
    if counted:
        body.append(score(counted[:_MOST_NUMBERS]))
    rest = ", ".join(f"{status}: {many:,}" for status, many in counted[_MOST_NUMBERS:])
    started = moment(view.started_at) if view.started_at else ""
    by = "Cancelled by" if view.state is DistributionState.CANCELLED else "Started by"
    since = moment(view.kept_since) if view.kept_since else ""
    rows = [("And", rest), ("Why", view.reason), ("Since", since), ("People", f"{view.people:,}"),
            ("Sent from", view.mailbox), ("Started", started), (by, view.decided_by)]  # fmt: skip
    return [*body, facts(*(each for each in rows if each[1]))]


def _last(view: DistributionPreview) -> str:
    """When the last email leaves if nobody answers."""
    return moment(view.last) if view.last else ""


def _room(view: DistributionPreview) -> list[Block]:
    """What it takes of the mailbox's days, where that is worth knowing."""
    busy = [each for each in view.days if each.wanted >= _WORTH_TELLING]
    if not busy:
        return []
    lines = [
        line(
            bold(f"{each.day:%a %d %b}"),
            run(f" – {emails(each.wanted)}, and {each.free - each.wanted:,} more would fit"),
        )
        for each in busy[:_MOST_DAYS]
    ]
    return [group([text("**What it takes of the mailbox’s days:**"), *lines])]


def _left_out(view: DistributionPreview) -> list[Block]:
    if not view.left_out:
        return []
    shown = view.left_out[:_MOST_LEFT_OUT]
    lines = [line(run(each.text), run(f" – {each.why}")) for each in shown]
    rest = more(len(view.left_out) - len(shown))
    return [group([text("**Left out:**"), *lines, *rest])]


def _listed(view: DistributionCard) -> list[Block]:
    """A distribution in a list: what it is, how it stands, what came of it."""
    state = ENDED if view.ended else STATES[view.state]
    started = f" · {moment(view.started_at)}" if view.started_at else ""
    counted = " · ".join(f"{many:,} {status}" for status, many in view.counts.items() if many)
    below = line(run(f"{state}{started} · {people(view.people)}", isSubtle=True))
    lines = [line(bold(view.title)), below | {"spacing": "None"}]
    return [*lines, line(run(counted)) | {"spacing": "Small"}] if counted else lines
