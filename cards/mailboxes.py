"""Cards about mailboxes: inviting, the list, the sign-in card of an owner."""

from bot.domain.daily_limit import MOST_A_DAY
from bot.domain.mailbox import MailboxStatus, Permission
from bot.domain.views import (
    Choice,
    ConnectedReceipt,
    InviteForm,
    MailboxCard,
    MailboxLine,
    MailboxList,
    Room,
    SignInInvite,
)
from cards import verbs
from cards.blocks import (
    Block,
    bold,
    button,
    card,
    choice,
    clean,
    facts,
    field,
    group,
    heading,
    line,
    more,
    problems,
    run,
    text,
)
from cards.words import MAILBOX_STATUSES, PERMISSIONS, moment

_MOST_LINES = 20
_TRY_AGAIN = "What it has on hold is released afterwards, on the card of each distribution."
_NOT_SHOWN = (
    "**When somebody replies:** your colleagues' channel sees who it was, and nothing of what they "
    "wrote. You may let it see the first 200 characters. We keep none of it."
)
_SHOWN = (
    "**When somebody replies:** your colleagues' channel sees who it was, and the first 200 "
    "characters of what they wrote. We keep none of it."
)
_RESENT = (MailboxStatus.INVITED, MailboxStatus.APPROVAL_REQUIRED, MailboxStatus.INACTIVE)


def invite_form(view: InviteForm) -> Block:
    """Draw the form that invites a mailbox."""
    person: Block = {
        "type": "Input.ChoiceSet",
        "id": "person",
        "label": "Whose mailbox?",
        "style": "filtered",
        "choices": [],
        "choices.data": {"type": "Data.Query", "dataset": "graph.microsoft.com/users"},
    }
    if view.person:
        person["value"] = view.person
    allowed = [Choice(title=words, value=each) for each, words in PERMISSIONS.items()]
    return card(
        [
            heading("Invite a mailbox"),
            *problems(view.problems),
            text("Choose a person, type the address of their mailbox, or do both."),
            person,
            field("address", "Address of the mailbox", view.address, most=254),
            choice(
                "permission",
                "What should they allow?",
                allowed,
                view.permission,
                required="Choose what they should allow.",
            ),
            text("They sign in with Microsoft themselves. Nobody sees their password."),
        ],
        [
            button("Send the invitation", verbs.INVITE_SEND, inputs=True, primary=True),
            button("Mailboxes", verbs.MAILBOXES_LIST),
        ],
    )


def mailbox_card(view: MailboxCard) -> Block:
    """Draw one mailbox for admins, with the link to copy while its invitation is open."""
    mailbox = view.mailbox
    rows = [("Status", _status(mailbox)), ("Problem", clean(mailbox.problem, 150)),
            ("Owner", mailbox.owner_name), ("Allowed", PERMISSIONS[mailbox.permission]),
            ("Today", _today(view.room) if view.room else ""),
            ("Invited by", view.invited_by)]  # fmt: skip
    if view.link:
        rows.append(("Open until", moment(view.expires)))
    title = line(bold(clean(mailbox.address, 100)))
    body = [heading("Mailbox"), *problems(view.problems), title]
    body.append(facts(*(each for each in rows if each[1])))
    if view.link:
        body += [
            text("They have a sign-in card. You can also send them this link yourself."),
            # In a field it can be copied whole, however narrow the card.
            field("link", "Link to copy", view.link, most=2000),
        ]
    buttons = [button("Mailboxes", verbs.MAILBOXES_LIST)]
    here = {"mailbox": mailbox.id}
    if view.room:
        body.append(group(_limit(view.room)))
        buttons.insert(0, button("Save the limit", verbs.MAILBOX_LIMIT, here, inputs=True))
    if mailbox.blocked and mailbox.status is MailboxStatus.ACTIVE:
        body.append(text(_TRY_AGAIN))
        buttons.insert(0, button("Try sending again", verbs.MAILBOX_RETRY, here))
    if mailbox.status in _RESENT:
        buttons.insert(0, button("Send a new invitation", verbs.MAILBOX_RESEND, here))
    buttons.insert(0, button("Refresh", verbs.MAILBOX_SHOW, here))
    return card(body, buttons)


def _status(mailbox: MailboxLine) -> str:
    """How it stands; connected is not yet able to send."""
    words = MAILBOX_STATUSES[mailbox.status]
    blocked = mailbox.blocked and mailbox.status is MailboxStatus.ACTIVE
    return f"{words}, but cannot send" if blocked else words


def _today(room: Room) -> str:
    """How much of today is taken, and until when a new mailbox may send less."""
    taken = f"{room.taken:,} of {room.today:,} emails are sent or planned"
    if room.full_from is None:
        return taken
    return f"{taken}; all {room.a_day:,} from {room.full_from:%a %d %b} on"


def _limit(room: Room) -> list[Block]:
    """The limit, to change."""
    return [
        field("a_day", f"Most emails a day (up to {MOST_A_DAY:,})", str(room.a_day), most=6),
        {
            "type": "Input.Toggle",
            "id": "warm_up",
            "label": "A new mailbox",
            "title": "Start slowly: 50 emails on the first day, twice as many on each day after",
            "value": "true" if room.full_from else "false",
            "wrap": True,
        },
    ]


def mailbox_list(view: MailboxList) -> Block:
    """Draw all mailboxes, and a way to open one."""
    invite = button("Invite a mailbox", verbs.INVITE_FORM)
    if not view.mailboxes:
        return card([heading("Mailboxes"), text("No mailbox is connected yet.")], [invite])
    shown = view.mailboxes[:_MOST_LINES]
    body = [heading("Mailboxes"), *(group(_described(each)) for each in shown)]
    body += more(len(view.mailboxes) - len(shown))
    choices = [Choice(title=each.address, value=each.id) for each in view.mailboxes]
    body.append(
        choice("mailbox", "Open a mailbox", choices, choices[0].value, required="Choose a mailbox.")
    )
    return card(body, [button("Open", verbs.MAILBOX_SHOW, inputs=True), invite])


def sign_in_invite(view: SignInInvite) -> Block:
    """Draw the owner's card: what is read and sent, that no password is seen, how to undo it."""
    sends = view.permission is Permission.READ_SEND
    body = [
        heading("Connect your mailbox"),
        line(
            bold(view.invited_by),
            run(" asks you to connect "),
            bold(view.address),
            run(" for the programs of "),
            bold(view.organisation),
            run("."),
        ),
        text(
            "**What is read:** your new mail, to find answers to program emails and bounces. "
            "Nothing of other mail is kept."
        ),
        text(
            "**What is sent:** program emails, from your address. You find them in Sent Items."
            if sends
            else "**What is sent:** nothing."
        ),
        text("You sign in with Microsoft. We never see your password."),
        text("**To undo it:** remove Mailroom at myapps.microsoft.com, or ask your admins."),
        facts(("Open until", moment(view.expires))),
    ]
    if view.support:
        body.append(line(run("Not expected? Ask "), run(view.support), run(".")))
    opened = {"type": "Action.OpenUrl", "title": "Authenticate with Microsoft", "url": view.link}
    return card(body, [opened])


def connected_receipt(view: ConnectedReceipt) -> Block:
    """Draw what replaces the sign-in card after consent."""
    return card(
        [
            heading("Your mailbox is connected"),
            facts(("Mailbox", view.address), ("Allowed", PERMISSIONS[view.permission])),
            text("**To undo it:** remove Mailroom at myapps.microsoft.com, or ask your admins."),
            text(_SHOWN if view.excerpts else _NOT_SHOWN),
        ],
        [_excerpts(view)],
    )


def _excerpts(view: ConnectedReceipt) -> Block:
    here = {"mailbox": view.mailbox_id}
    if view.excerpts:
        return button("Show who replied only", verbs.EXCERPTS_STOP, here)
    return button("Show the first words too", verbs.EXCERPTS_ALLOW, here)


def _described(mailbox: MailboxLine) -> list[Block]:
    owner = clean(mailbox.owner_name, 60)
    words = (_status(mailbox), PERMISSIONS[mailbox.permission], owner)
    below = line(run(" · ".join(each for each in words if each), isSubtle=True))
    lines = [line(bold(clean(mailbox.address, 100))), below | {"spacing": "None"}]
    return [*lines, line(run(clean(mailbox.problem, 150)))] if mailbox.problem else lines
