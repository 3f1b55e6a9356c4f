"""Cards about sequences: the list, the form, the receipt."""

from bot.domain.edit_reach import Effect
from bot.domain.schedule import Unit
from bot.domain.sequence import MOST_EMAILS, MOST_WEIGHT, weight
from bot.domain.views import (
    Choice,
    EmailDraft,
    SequenceForm,
    SequenceLine,
    SequenceList,
    SequenceReceipt,
)
from cards import verbs
from cards.blocks import (
    Block,
    beside,
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
from cards.words import day, emails, people

_MOST_LINES = 20
_MOST_PROBLEMS = 3
_MOST_FULL = 3
# Eight emails of this length fit into one card.
LONGEST_SUBJECT = 150
LONGEST_BODY = 1700
# Who an email comes from: the sequence's own sender, or our own address.
ORGANISATION, PLATFORM = "organisation", "platform"
_UNITS = (
    Choice(title="hours", value=Unit.HOURS),
    Choice(title="days", value=Unit.DAYS),
    Choice(title="working days", value=Unit.WORKING_DAYS),
)
_WINDOWS = (
    Choice(title="At any time", value="any"),
    Choice(title="Working hours: Mon to Fri, 9 to 17", value="working"),
    Choice(title="On the days and hours below", value="own"),
)

_FIELDS = (
    "Write text or HTML, with merge fields such as {{First Name}}, {{Org Name}} or "
    "{{First Name|default('there')}}. {{Survey|link}} makes a link of a column."
)


def sequence_list(view: SequenceList) -> Block:
    """Draw all sequences."""
    write = button("New sequence", verbs.SEQUENCE_FORM)
    if not view.sequences:
        return card([heading("Sequences"), text("There is no sequence yet.")], [write])
    shown = view.sequences[:_MOST_LINES]
    body = [heading("Sequences"), *(_listed(each) for each in shown)]
    body += more(len(view.sequences) - len(shown))
    choices = [
        Choice(title=f"{each.program}: {each.name}", value=each.id) for each in view.sequences
    ]
    body.append(
        choice(
            "sequence",
            "Change a sequence",
            choices,
            choices[0].value,
            required="Choose a sequence.",
        )
    )
    change = button("Change", verbs.SEQUENCE_EDIT, inputs=True)
    return card(body, [change, button("Send to people", verbs.DISTRIBUTE_FORM), write])


def sequence_form(view: SequenceForm) -> Block:
    """Draw the form of a sequence with what was filled in already.

    Nothing is required by the client: “Add an email” sends a form that is not finished.
    """
    title = "Change the sequence" if view.sequence_id else "New sequence"
    body = [heading(title), *problems(view.problems, _MOST_PROBLEMS), *_on_their_way(view)]
    if not view.mailboxes:
        body.append(text("No connected mailbox can send yet. Invite one first."))
    body += [
        field("program", "Program", view.program, most=80),
        field("name", "Name of the sequence", view.name, most=80),
        choice("mailbox", "Send from", view.mailboxes, view.mailbox_id),
        {
            "type": "Input.Toggle",
            "id": "threading",
            "label": "Follow-ups",
            "title": "Send follow-ups as answers in the same conversation",
            "value": "true" if view.threading else "false",
            "wrap": True,
        },
        *_window(view),
        text(_FIELDS),
    ]
    if view.platform:
        body.append(line(run("Our own address is "), bold(clean(view.platform, 100)), run(".")))
    drafts = view.emails[:MOST_EMAILS]
    room = MOST_WEIGHT - sum(weight(each.subject[:LONGEST_SUBJECT]) for each in drafts)
    for number, draft in enumerate(drafts, 1):
        room -= weight(draft.body)
        body.append(_email(number, draft, view, fits=room >= 0))
    edited = {"editing": view.sequence_id, "version": str(view.version)}
    ids = edited if view.sequence_id else None
    buttons = [button("Save the sequence", verbs.SEQUENCE_SAVE, ids, inputs=True, primary=True)]
    if len(drafts) < MOST_EMAILS:
        buttons.append(button("Add an email", verbs.SEQUENCE_ADD_EMAIL, ids, inputs=True))
    if not view.mailboxes:
        buttons.append(button("Invite a mailbox", verbs.INVITE_FORM))
    return card(body, buttons)


def sequence_receipt(view: SequenceReceipt) -> Block:
    """Draw a sequence that was saved."""
    threading = "in one conversation" if view.threading else "each on its own"
    return card(
        [
            heading("The sequence is saved"),
            facts(
                ("Program", view.program),
                ("Name", view.name),
                ("Send from", view.mailbox),
                ("Emails", f"{len(view.emails)}, {threading}"),
                ("May leave", view.window),
            ),
            group(planned(view.emails)),
            *(_effect(view.effect) if view.effect else []),
        ],
        [
            button("Send to people", verbs.DISTRIBUTE_FORM, primary=True),
            button("Sequences", verbs.SEQUENCES_LIST),
        ],
    )


def planned(written: tuple[tuple[str, str], ...]) -> list[Block]:
    """Draw each email: its subject, and when it leaves."""
    return [
        line(bold(f"{number}. {subject}"), run(f" – {when}", isSubtle=True))
        for number, (subject, when) in enumerate(written, 1)
    ]


def _on_their_way(view: SequenceForm) -> list[Block]:
    """Whom a change reaches, while anybody is on their way."""
    if not view.on_their_way:
        return []
    are = "is on their way" if view.on_their_way == 1 else "are on their way"
    return [
        text(f"**{people(view.on_their_way)} {are} through this sequence.**"),
        text("What you change here counts for every email that has not left to them yet."),
    ]


def _effect(effect: Effect) -> list[Block]:
    """What an edit does to people who are on their way."""
    get = "gets" if effect.people == 1 else "get"
    title = f"**Of those on their way, {people(effect.people)} {get} the new text.**"
    if not effect.people:
        title = "**Nobody who is on their way gets another text.**"
    lines = [
        text(f"Email {number}: {people(many)}") | {"spacing": "None"}
        for number, many in enumerate(effect.texts, 1)
        if many
    ]
    if effect.moved:
        leave = "leaves" if effect.moved == 1 else "leave"
        lines.append(text(f"{emails(effect.moved)} {leave} at another time than planned."))
    for full, many in effect.full[:_MOST_FULL]:
        leave = "leaves" if many == 1 else "leave"
        lines.append(text(f"{day(full)} is full: {emails(many)} {leave} on the next free day."))
    return [group([text(title), *lines, *more(len(effect.full) - _MOST_FULL, "full days")])]


def _window(view: SequenceForm) -> list[Block]:
    """When emails may leave."""
    place = clean(view.place, 40)
    whose = (
        Choice(title=f"Ours ({place})" if place else "Ours", value="ours"),
        Choice(title="Each person’s, from the column Time Zone of the list", value="recipients"),
    )
    return [
        choice("window", "Emails may leave", _WINDOWS, view.window or "any"),
        beside(
            field("days", "Days", view.days[:40], most=40),
            field("from_hour", "From (hour)", view.from_hour[:5], most=5),
            field("to_hour", "To (hour)", view.to_hour[:5], most=5),
        ),
        choice("whose_time", "By whose clock", whose, view.whose_time or "ours"),
    ]


def _listed(sequence: SequenceLine) -> Block:
    program, name = clean(sequence.program, 100), clean(sequence.name, 100)
    below = f"{emails(sequence.emails)} from {clean(sequence.mailbox, 100)}"
    title = line(bold(program), run(": "), bold(name))
    return group([title, line(run(below, isSubtle=True)) | {"spacing": "None"}])


def _email(number: int, draft: EmailDraft, view: SequenceForm, *, fits: bool) -> Block:
    waiting = view.waiting[number - 1] if number <= len(view.waiting) else 0
    left = f" · still to leave to {people(waiting)}" if view.on_their_way else ""
    items = [text(f"**Email {number}**{left}")]
    if not fits:
        items.append(
            text("This text is too long to show here again. Shorten it, then paste it once more.")
        )
    if number > 1:
        waits = field(f"delay_{number}", f"Wait after email {number - 1}", draft.delay, most=6)
        unit = choice(f"unit_{number}", "Counted in", _UNITS, draft.unit or Unit.DAYS)
        del unit["style"]  # it is the default, and eight of these count against the card's limit
        items.append(beside(waits, unit))
    if view.platform:
        from_whom = [
            Choice(title="{{Org Name}}", value=ORGANISATION),
            Choice(title="Our own address", value=PLATFORM),
        ]
        value = PLATFORM if draft.from_platform else ORGANISATION
        sender = choice(f"from_{number}", "From", from_whom, value)
        del sender["style"]
        items.append(sender)
    items += [
        field(f"subject_{number}", "Subject", draft.subject, most=LONGEST_SUBJECT),
        field(
            f"body_{number}",
            "Text",
            draft.body if fits else "",
            most=LONGEST_BODY,
            multiline=True,
        ),
    ]
    return group(items)
