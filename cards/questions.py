"""The card that asks whether a mailbox is to go on."""

from bot.domain.breaker import Answer
from bot.domain.views import SenderQuestion
from cards import verbs
from cards.blocks import Block, bold, button, card, facts, heading, line, run, text
from cards.words import moment

_ANSWERS = {Answer.GO_ON: "Go on", Answer.STOP: "Stop"}
_WAYS_ON = (
    "Everything it was sending is on hold.",
    "**Go on:** what is late leaves at once, the rest as planned.",
    "**Stop:** what has not left is never sent.",
)
_WHAT_CAME = {
    Answer.GO_ON: "What was on hold is on its way again.",
    Answer.STOP: "What was on hold is stopped for good. Before this mailbox sends anything new, "
    "have it try again: say “mailboxes” and open it.",
}


def sender_question(view: SenderQuestion) -> Block:
    """Draw what speaks against a mailbox, and the two answers; or the one that was given."""
    body = [heading("Go on, or stop?"), _said(view)]
    if view.why:
        body.append(line(run(view.why)))
    if not view.answer:
        here = {"mailbox": view.mailbox_id, "question": str(view.number)}
        ways = [
            button("Go on", verbs.QUESTION_GO_ON, here),
            button("Stop", verbs.QUESTION_STOP, here),
        ]
        return card([*body, *(text(each) for each in _WAYS_ON)], ways)
    answer = Answer(view.answer)
    at = moment(view.answered_at) if view.answered_at else ""
    given = facts(("Answer", _ANSWERS[answer]), ("By", view.answered_by), ("When", at))
    return card([*body, given, text(_WHAT_CAME[answer])])


def _said(view: SenderQuestion) -> Block:
    if not view.lost:
        return line(bold(view.address), run(" cannot send."))
    many = run(f"{view.lost:,} of the last {view.of:,} emails from ")
    return line(many, bold(view.address), run(" came back."))
