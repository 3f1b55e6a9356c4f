"""A sequence: the emails of a program, one after another, and how they are sent."""

import json
from collections.abc import Sequence as Seq
from dataclasses import dataclass

from bot.domain.route import Route
from bot.domain.schedule import ANY_TIME, Delay, SendWindow
from bot.domain.templates import unknown_fields

MOST_EMAILS = 8
MOST_TIMINGS = 8
# What the texts of all emails may weigh together, so that one card can show them to be changed.
MOST_WEIGHT = 13_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One step: `delay` counts from the email before (from the start, for the first). Each comes
    from the sequence's own sender, {{Org Name}}, or else from our own address (A14).
    """

    subject: str
    body: str
    delay: Delay
    from_platform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the emails of a sequence leave: how long each waits, and in which window."""

    delays: tuple[Delay, ...]
    window: SendWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Emails sent from one mailbox, or with answers into it (A13: at most one Outlook mailbox per
    sequence). `route` says which, `domain` is the sending domain of the route DKIM.

    `version` rises with every edit: what was previewed is what is sent. `unsettled` are the
    distributions of it that were confirmed, or moved, last: their people may not all be enrolled
    where they go. `homes` are the mailboxes in which people of it may be found, `former` the
    timings by which they may have been planned.
    """

    id: str
    tenant_id: str
    program: str
    name: str
    mailbox_id: str
    threading: bool
    emails: tuple[Email, ...]
    created_by: str
    route: Route = Route.MAILBOX
    domain: str = ""
    window: SendWindow = ANY_TIME
    unsettled: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    former: tuple[Timing, ...] = ()
    version: int = 1
    rev: int = 0


def subject_of(sequence: Sequence, number: int) -> str:
    """Return the subject email `number` leaves with, its merge fields not filled in: threading on,
    a follow-up answers the first one (A15).
    """
    if sequence.threading and number > 1:
        return f"Re: {sequence.emails[0].subject}"
    return sequence.emails[number - 1].subject


def timing_of(sequence: Sequence) -> Timing:
    """Return when its emails leave."""
    return Timing(delays=tuple(each.delay for each in sequence.emails), window=sequence.window)


def route_of(sequence: Sequence, number: int) -> Route:
    """Return the road email `number` takes."""
    return Route.PLATFORM if sequence.emails[number - 1].from_platform else sequence.route


def weight(text: str) -> int:
    """Return how many bytes a text takes in a card (JSON in UTF-8)."""
    return len(json.dumps(text, ensure_ascii=False).encode(errors="surrogatepass"))


def problems_of(name: str, mailbox_id: str, emails: Seq[Email]) -> tuple[str, ...]:
    """Return what keeps these answers from being a sequence, as sentences; () when all is well."""
    found = []
    if not name.strip():
        found.append("Give the sequence a name.")
    if not mailbox_id:
        found.append("Choose the mailbox that sends it.")
    if not emails:
        found.append("Write at least one email: a subject and a text.")
    if len(emails) > MOST_EMAILS:
        found.append(f"A sequence has at most {MOST_EMAILS} emails.")
    if sum(weight(each.subject) + weight(each.body) for each in emails) > MOST_WEIGHT:
        found.append("All texts together are too long. Shorten them, or write fewer emails.")
    for number, email in enumerate(emails, 1):
        found += _email_problems(number, email)
    return tuple(found)


def _email_problems(number: int, email: Email) -> list[str]:
    found = []
    if not email.subject.strip():
        found.append(f"Email {number} has no subject.")
    if not email.body.strip():
        found.append(f"Email {number} has no text.")
    if "\n" in email.subject or "\r" in email.subject:
        found.append(f"The subject of email {number} must be one line.")
    if number > 1 and not email.delay.number:
        found.append(f"Say how long after the one before email {number} leaves.")
    for field in unknown_fields(f"{email.subject}\n{email.body}"):
        found.append(
            f"Email {number} has {field}, no merge field. Write it like {{{{First Name}}}}."
        )
    return found
