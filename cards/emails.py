"""The card of one email as one person will get it."""

from bot.domain.views import EmailPreview
from cards import verbs
from cards.blocks import (
    LONGEST_LINE,
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
    run,
    text,
)

_MOST_LINES = 60
_HEAVIEST = 7_000


def email_preview(view: EmailPreview) -> Block:
    """Draw one email, and the choice of another or another person."""
    here = {"distribution": view.distribution_id}
    body = [heading("How it will look"), *_tested(view), *_choices(view)]
    if view.more:
        body.append(field("typed", "Or anybody’s address of the list", most=254))
    body += [
        facts(("From", view.sender), ("To", view.to), ("Subject", view.subject)),
        group(_read(view.text)),
    ]
    return card(
        body,
        [
            button("Show", verbs.EMAIL_SHOW, here, inputs=True, primary=True),
            button("Send me a test", verbs.EMAIL_TEST, here, inputs=True),
            button("Back", verbs.DISTRIBUTION_SHOW, here),
        ],
    )


def _choices(view: EmailPreview) -> list[Block]:
    return [
        choice("person", "Person", view.people, view.person),
        choice("email", "Email", view.emails, view.number),
    ]


def _tested(view: EmailPreview) -> list[Block]:
    if not view.tested:
        return []
    return [line(run("A test is on its way to "), bold(view.tested), run("."))]


def _read(written: str) -> list[Block]:
    """Draw a text line by line; a long line in several runs, an empty one as a gap."""
    blocks: list[Block] = []
    gap, weight, rest = False, 0, 0
    for each in written.split("\n"):
        weight += len(each.encode())
        if not each.strip():
            gap = True
        elif len(blocks) == _MOST_LINES or weight > _HEAVIEST:
            rest += 1
        else:
            space = "Medium" if gap else "None"
            blocks.append(line(*_runs(each)) | {"spacing": space})
            gap = False
    if rest:
        blocks.append(text("The email goes on; send it to yourself to read it whole."))
    return blocks


def _runs(words: str) -> list[Block]:
    """Return a line in pieces none of which is cut."""
    longest = LONGEST_LINE // 4  # a character takes four bytes at most
    return [run(words[at : at + longest]) for at in range(0, len(words), longest)]
