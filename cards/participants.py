"""Cards about one participant: a letter of their own, a reply that was automatic."""

from collections.abc import Mapping

from bot.domain.heard import Decision
from bot.domain.views import LetterQuestion, ReplyUndone
from cards import verbs
from cards.blocks import Block, bold, button, card, facts, heading, line, run, text
from cards.words import moment

UNDO = "It was automatic, resume"
_NO_ANSWER = "That was not in answer to one of our emails."
_WAYS_ON = (
    "Their next email waits until somebody decides. We have not read what they wrote.",
    "**Resume:** it leaves as planned, or at once where it is late.",
    "**Stop:** they get no more emails.",
)
_DECIDED = {Decision.RESUME: "Resume", Decision.STOP: "Stop"}
_WHAT_CAME = {
    Decision.RESUME: "They get their next email as planned.",
    Decision.STOP: "They get no more emails.",
}


def letter_question(view: LetterQuestion) -> Block:
    """Draw that somebody wrote to an owner, and the two answers; or the one that was given."""
    wrote = line(
        *_who(view.person, view.address),
        run(" wrote to "),
        bold(view.mailbox),
        run("."),
    )
    due = moment(view.next_due) if view.next_due else ""
    rows = [("When", moment(view.at)), ("Sequence", view.title), ("Next email", due)]
    body = [heading("Resume, or stop?"), wrote, text(_NO_ANSWER)]
    if view.decision:
        answer = Decision(view.decision)
        at = moment(view.decided_at) if view.decided_at else ""
        rows += [("Answer", _DECIDED[answer]), ("By", view.decided_by), ("Answered", at)]
        return card([*body, _known(rows), text(_WHAT_CAME[answer])])
    if view.over:
        return card([*body, _known(rows), text("Nothing to them waits any more.")])
    here = _named(view, letter=str(view.number))
    ways = [
        button("Resume", verbs.LETTER_RESUME, here),
        button("Stop", verbs.LETTER_STOP, here),
    ]
    return card([*body, _known(rows), *(text(each) for each in _WAYS_ON)], ways)


def reply_undone(view: ReplyUndone) -> Block:
    """Draw what became of a sequence whose reply was automatic."""
    due = moment(view.next_due) if view.next_due and not view.why_not else ""
    status = "" if view.again else "Sent"
    rows = [("Sequence", view.title), ("Said by", view.by), ("When", moment(view.at)),
            ("Status", status), ("Next email", due)]  # fmt: skip
    body = [heading("It was automatic"), line(*_who(view.person, view.address)), _known(rows)]
    if view.again:
        body.append(text(f"They wrote again on {moment(view.again)}: they get no more emails."))
        here = _named(view, reply=view.reply)
        return card(body, [button(UNDO, verbs.REPLY_UNDO, here)])
    if view.why_not:
        return card([*body, line(run(view.why_not))])
    return card([*body, text("Their sequence goes on.")] if view.goes_on else body)


def _who(person: str, address: str) -> list[Block]:
    named = [bold(person)]
    return named if person == address else [*named, run(f" · {address}", isSubtle=True)]


def _known(rows: list[tuple[str, str]]) -> Block:
    return facts(*(each for each in rows if each[1]))


def _named(view: LetterQuestion | ReplyUndone, **more: str) -> Mapping[str, str]:
    return {"mailbox": view.mailbox_id, "enrolment": view.enrolment_id, **more}
