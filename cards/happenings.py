"""The card of what a channel hears about one participant, and of a reply what can be done."""

from collections.abc import Mapping

from bot.domain.views import Happening
from cards import verbs
from cards.blocks import Block, bold, button, buttons, card, clean, facts, heading, line, run, text
from cards.participants import UNDO
from cards.words import HAPPENINGS, emails, moment

_MOST_BYTES = 800  # 200 characters
_NO_MORE = "Nobody of your organisation writes to them any more."
_STAYS = "Undo takes them off the list again. What was stopped stays stopped."


def happening_card(view: Happening) -> Block:
    """Draw what a channel hears about one participant."""
    who = [bold(view.person)]
    if view.person != view.address:
        who.append(run(f" · {view.address}", isSubtle=True))
    body = [
        heading(HAPPENINGS[view.status]),
        line(*who),
        *_words(view.excerpt),
        facts(*_rows(view)),
    ]
    if view.cancelled:
        body.append(text(f"{emails(view.cancelled)} to them will not be sent any more."))
    if view.out_at:
        body.append(text(_NO_MORE))
    if view.out_by:
        body.append(text(_STAYS))
    if not view.reply:
        return card(body)
    here = {"mailbox": view.mailbox_id, "enrolment": view.enrolment_id, "reply": view.reply}
    if view.link:
        # It is kept nowhere but on the card: a button that draws the card anew brings it along.
        here["link"] = view.link
    if view.message_id:
        here["message"] = view.message_id
    return card([*body, buttons(*_to_answer(view, here))], _to_decide(view, here))


def _rows(view: Happening) -> list[tuple[str, str]]:
    out = moment(view.out_at) if view.out_at else ""
    rows = [("Email", view.subject), ("Sequence", view.title), ("Sent from", view.mailbox),
            ("When", moment(view.at)), ("Status", view.status)]  # fmt: skip
    more = [("Opted out", out), ("Said by", view.out_by), ("Taken by", view.taken_by)]
    if view.reason:
        rows.insert(0, ("Reason", view.reason))
    return [*rows, *(each for each in more if each[1])]


def _words(excerpt: str) -> list[Block]:
    """The first words of a reply: anybody's, so never read as Markdown."""
    if not excerpt:
        return []
    shown = {"type": "TextRun", "text": clean(excerpt, _MOST_BYTES), "italic": True}
    return [line(run("“"), shown, run("”"))]


def _to_answer(view: Happening, here: Mapping[str, str]) -> list[Block]:
    """To read the reply, and who takes care of it."""
    ways = [button("I take it", verbs.REPLY_TAKE, here)]
    if view.link:
        ways.insert(0, {"type": "Action.OpenUrl", "title": "Open in Outlook", "url": view.link})
    if view.taken_by:
        ways.append(button("Give it back", verbs.REPLY_GIVE_BACK, here))
    return ways


def _to_decide(view: Happening, here: Mapping[str, str]) -> list[Block]:
    """What the reply means for the emails to come."""
    if view.out_by:
        return [button("Undo", verbs.REPLY_TAKE_BACK, here)]
    if view.out_at:
        return []
    return [button(UNDO, verbs.REPLY_UNDO, here), button("Opt out", verbs.REPLY_OPT_OUT, here)]
