"""Cards without a form: help, refusals, receipts."""

from bot.domain.views import Help, Notice, Refusal
from cards import verbs
from cards.blocks import Block, bold, button, card, heading, line, run, text

_COMMANDS = (
    ("invite", "ask somebody to connect their mailbox"),
    ("mailboxes", "see every mailbox and whether it is connected"),
    ("domains", "send under your own domain without a mailbox"),
    ("new sequence", "write the emails of a program"),
    ("sequences", "see the sequences you have"),
    ("distribute", "send a sequence to a list of people"),
    ("history", "see what was sent and what came of it"),
    ("forecast", "see what goes out today and in the days after"),
    ("timeline", "with an address: see everything that happened to one person"),
    ("why", "with an address: see why their next email has not left"),
    ("allow", "with an address: write again to somebody who opted out"),
    ("notify here", "have this channel hear of replies and bounces"),
)
_FOR_MEMBERS = (
    "I send the emails of your organisation's programs from people's own mailboxes. "
    "Organisation admins and program managers tell me what to send. "
    "If they invite your mailbox, you get a sign-in card here."
)


def help_card(view: Help) -> Block:
    """Draw what the bot can do."""
    if view.unknown:
        unknown = line(run("I do not know “"), run(view.unknown), run("”."))
        body = [heading("Sorry, I did not understand"), unknown]
    else:
        body = [heading("What I can do")]
    if not view.may_manage:
        return card([*body, text(_FOR_MEMBERS)])
    body.append(text("I send the emails of your programs from people's own mailboxes. Say:"))
    body += [_command(each, what) for each, what in _COMMANDS]
    buttons = (
        button("Invite a mailbox", verbs.INVITE_FORM, primary=True),
        button("Mailboxes", verbs.MAILBOXES_LIST),
        button("New sequence", verbs.SEQUENCE_FORM),
        button("Sequences", verbs.SEQUENCES_LIST),
        button("Send to people", verbs.DISTRIBUTE_FORM),
        button("History", verbs.HISTORY),
    )
    return card(body, buttons)


def _command(words: str, what: str) -> Block:
    return line(bold(words), run(f"  {what}", isSubtle=True)) | {"spacing": "Small"}


def refusal_card(view: Refusal) -> Block:
    """Draw what was not done, why, and whom to ask."""
    body = [line(run(view.title, weight="Bolder", size="Large"))]
    body += [line(run(each)) for each in view.problems[:10]]
    if view.support:
        body.append(line(run("Questions? Ask "), run(view.support), run(".")))
    return card(body, [button("Help", verbs.HELP)])


def notice_card(view: Notice) -> Block:
    """Draw a receipt."""
    title = line(run(view.title, weight="Bolder", size="Large"))
    return card([title, *(line(run(each)) for each in view.lines[:10])])
