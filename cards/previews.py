"""The card of a distribution that somebody has still to decide on: what would be sent, and when."""

from collections.abc import Mapping

from bot.domain.distribution import DistributionState
from bot.domain.views import DistributionPreview
from cards import verbs
from cards.blocks import (
    Block,
    bold,
    button,
    card,
    facts,
    group,
    heading,
    line,
    run,
    text,
)
from cards.days import days
from cards.left_out import left_out
from cards.sequences import planned
from cards.words import STATES, moment, people

_MOST_SHORT = 7


def distribution_preview(view: DistributionPreview) -> Block:
    """Draw what would be sent, with the buttons of whoever has to decide."""
    here = {"distribution": view.distribution_id}
    asked = f"{view.asked_by}, {moment(view.asked_at)}" if view.asked_by and view.asked_at else ""
    rows = [
        ("Asked by", asked),
        ("Sequence", view.title),
        ("Send from", view.mailbox),
        ("To", people(view.people)),
        ("Begins", moment(view.starts_at) if view.starts_at else ""),
        ("May leave", view.window),
    ]
    body = [
        heading(_title(view)),
        *_approval(view),
        *_late(view),
        facts(*(each for each in rows if each[1] or each[0] not in ("Asked by", "Begins"))),
        *_fits(view),
        *_short(view),
        group(planned(view.emails)),
        *days(view.days, view.mailbox),
        *left_out("Left out", view.left_out),
        text("If somebody replies or an email bounces, their later emails are not sent."),
    ]
    look = button("See the emails", verbs.EMAIL_SHOW, here)
    drop = button("Cancel", verbs.DISTRIBUTE_CANCEL, here)
    return card(body, [*_decisions(view, here), look, drop])


def _title(view: DistributionPreview) -> str:
    if view.asked_by:
        return STATES[DistributionState.ASKED]
    return "Ready to schedule" if view.starts_at else "Ready to send"


def _decisions(view: DistributionPreview, here: Mapping[str, str]) -> list[Block]:
    """The buttons that decide; none where nothing can be decided."""
    if view.asked_by:
        return [
            button("Approve", verbs.DISTRIBUTE_APPROVE, here, primary=True),
            button("Refuse", verbs.DISTRIBUTE_REFUSE, here),
        ]
    if view.late or view.nobody:
        return []
    send = "Schedule for" if view.starts_at else "Send to"
    title = "Ask for approval" if view.approval else f"{send} {people(view.people)}"
    return [button(title, verbs.DISTRIBUTE_CONFIRM, here, primary=True)]


def _approval(view: DistributionPreview) -> list[Block]:
    """Who has to decide, and why somebody has to."""
    if view.asked_by:
        decides = line(
            run("An admin or program manager other than "),
            bold(view.asked_by),
            run(" decides: here, or from History."),
        )
        return [decides, *([line(run(view.approval))] if view.approval else [])]
    if not view.approval:
        return []
    lines = [line(run(each)) for each in (view.approval, view.nobody) if each]
    return [text("**Somebody else has to approve this.**"), *lines]


def _late(view: DistributionPreview) -> list[Block]:
    if not view.late:
        return []
    if view.asked_by:
        return [text("Its time has passed: once it is approved, it begins at once.")]
    return [text("Its time has passed. Say “distribute” and choose another, or none.")]


def _short(view: DistributionPreview) -> list[Block]:
    """What does not fit, where that is no reason yet not to go on."""
    if not view.short:
        return []
    items = [
        text("**As things stand, there is not room enough:**"),
        *(line(run(each)) for each in view.short[:_MOST_SHORT]),
        text("This is looked at again when it begins. If there is no room then, nothing is sent."),
    ]
    return [{"type": "Container", "style": "warning", "items": items}]


def _fits(view: DistributionPreview) -> list[Block]:
    """The answer to what one wants to know first."""
    if view.short or view.last is None:
        return []
    last = run(f" The last email leaves {moment(view.last)}, if nobody answers.")
    return [line(bold("Everything fits."), last)]
