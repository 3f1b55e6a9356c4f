"""The card of what a channel hears about one participant, and of a reply what can be done."""

from bot.domain.views import Happening
from cards import verbs
from cards.blocks import Block, bold, button, card, facts, heading, line, run, text
from cards.participants import UNDO
from cards.words import HAPPENINGS, emails, moment

_NO_MORE = "Nobody of your organisation writes to them any more."
_STAYS = "Undo takes them off the list again. What was stopped stays stopped."


def happening_card(view: Happening) -> Block:
    """Draw what a channel hears about one participant."""
    who = [bold(view.person)]
    if view.person != view.address:
        who.append(run(f" · {view.address}", isSubtle=True))
    out = moment(view.out_at) if view.out_at else ""
    rows = [("Email", view.subject), ("Sequence", view.title), ("Sent from", view.mailbox),
            ("When", moment(view.at)), ("Status", view.status)]  # fmt: skip
    more = [("Opted out", out), ("Said by", view.out_by)]
    if view.reason:
        rows.insert(0, ("Reason", view.reason))
    rows += [each for each in more if each[1]]
    body = [heading(HAPPENINGS[view.status]), line(*who), facts(*rows)]
    if view.cancelled:
        body.append(text(f"{emails(view.cancelled)} to them will not be sent any more."))
    if view.out_at:
        body.append(text(_NO_MORE))
    if view.out_by:
        body.append(text(_STAYS))
    return card(body, _ways(view) if view.reply else ())


def _ways(view: Happening) -> list[Block]:
    here = {"mailbox": view.mailbox_id, "enrolment": view.enrolment_id, "reply": view.reply}
    opened: list[Block] = []
    if view.link:
        # It is kept nowhere but on the card: a button that draws the card anew brings it along.
        here["link"] = view.link
        opened = [{"type": "Action.OpenUrl", "title": "Open in Outlook", "url": view.link}]
    if view.out_by:
        return [*opened, button("Undo", verbs.REPLY_TAKE_BACK, here)]
    if view.out_at:
        return opened
    return [
        *opened,
        button(UNDO, verbs.REPLY_UNDO, here),
        button("Opt out", verbs.REPLY_OPT_OUT, here),
    ]
