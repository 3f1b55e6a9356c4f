"""From the form of a sequence to the sequence, and back; and when each email leaves, in words."""

import uuid
from collections.abc import Sequence as Seq

from bot.domain.roles import Actor
from bot.domain.schedule import AT_ONCE, Delay, Unit
from bot.domain.sequence import Email, Sequence, problems_of
from bot.domain.views import EmailDraft, SequenceForm
from bot.rendering import emails as rendering
from bot.services.send_windows import filled_in, read_window
from bot.services.senders import choice_of, chosen

DEFAULT_PROGRAM = "Feedback"
_LONGEST_DAYS = 365
_UNITS = {
    Unit.HOURS: ("hour", "hours"),
    Unit.DAYS: ("day", "days"),
    Unit.WORKING_DAYS: ("working day", "working days"),
}


def read_form(form: SequenceForm) -> tuple[Sequence | None, tuple[str, ...]]:
    """Return the sequence a form describes (without its ids), or what is wrong with it; the form
    says what there is to choose from.
    """
    offered = {each.value for each in form.mailboxes}
    sender = form.mailbox_id if form.mailbox_id in offered else ""
    written = [draft for draft in form.emails if draft.subject.strip() or draft.body.strip()]
    emails, problems = _read_emails(written)
    window, wrong_window = read_window(form)
    problems += problems_of(form.name, sender, emails) + wrong_window
    problems += tuple(
        f"Email {number} {problem}."
        for number, email in enumerate(emails, 1)
        for problem in rendering.problems_of(email.subject, email.body)
    )
    if any(each.from_platform for each in emails) and not form.platform:
        problems += ("Email cannot come from our own address here: choose {{Org Name}}.",)
    if problems:
        return None, problems
    route, mailbox_id, domain = chosen(sender)
    read = Sequence(
        id="",
        tenant_id="",
        program=form.program.strip() or DEFAULT_PROGRAM,
        name=form.name.strip(),
        mailbox_id=mailbox_id,
        route=route,
        domain=domain,
        threading=form.threading,
        emails=emails,
        created_by="",
        window=window,
    )
    return read, ()


def form_of(sequence: Sequence) -> SequenceForm:
    """Return the form that describes a sequence, without the mailboxes to choose from."""
    form = SequenceForm(
        mailboxes=(),
        sequence_id=sequence.id,
        version=sequence.version,
        program=sequence.program,
        name=sequence.name,
        mailbox_id=choice_of(sequence),
        threading=sequence.threading,
        emails=tuple(map(_draft, sequence.emails)),
    )
    return filled_in(form, sequence.window)


def described(sequence: Sequence) -> tuple[tuple[str, str], ...]:
    """Return each email as (subject, when it leaves, in words)."""
    return tuple(
        (email.subject, _when(number, email.delay))
        for number, email in enumerate(sequence.emails, 1)
    )


def id_of(actor: Actor, form: SequenceForm) -> str:
    """The same words by the same person are the same sequence: a double press makes one."""
    words = [actor.tenant_id, actor.oid, form.program, form.name, form.mailbox_id]
    words += [form.window, form.days, form.from_hour, form.to_hour, form.whose_time]
    for each in form.emails:
        words += [each.subject, each.body, each.delay, each.unit, str(each.from_platform)]
    return uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join(words)).hex


def _draft(email: Email) -> EmailDraft:
    return EmailDraft(
        subject=email.subject,
        body=email.body,
        delay=f"{email.delay.number:g}",
        unit=email.delay.unit,
        from_platform=email.from_platform,
    )


def _when(number: int, delay: Delay) -> str:
    if number > 1:
        return f"{_delay_words(delay)} after the one before"
    return f"{_delay_words(delay)} after the start" if delay.number else "at once"


def _delay_words(delay: Delay) -> str:
    one, many = _UNITS[delay.unit]
    return f"1 {one}" if delay.number == 1 else f"{delay.number:g} {many}"


def _read_emails(drafts: Seq[EmailDraft]) -> tuple[tuple[Email, ...], tuple[str, ...]]:
    emails, problems = [], []
    for number, draft in enumerate(drafts, 1):
        delay = _read_delay(draft) if number > 1 else AT_ONCE
        if delay is None:
            problems.append(
                f"“{draft.delay}” is not how long email {number} waits. Type a whole number of "
                f"days from 0 to {_LONGEST_DAYS}, or choose hours."
            )
            delay = Delay(number=1)  # said once here, not again as a missing delay
        emails.append(
            Email(
                subject=draft.subject.strip(),
                body=draft.body.strip(),
                delay=delay,
                from_platform=draft.from_platform,
            )
        )
    return tuple(emails), tuple(problems)


def _read_delay(draft: EmailDraft) -> Delay | None:
    try:
        number = float(draft.delay.strip().replace(",", ".") or "0")
        delay = Delay(number=number, unit=Unit(draft.unit or Unit.DAYS))
    except ValueError:
        return None
    most = _LONGEST_DAYS * (24 if delay.unit is Unit.HOURS else 1)
    return delay if delay.number <= most else None
