"""Whose a message is: which email it answers or is about, and whether it and its sender count.

The surest first: the Message-ID of the mail a report returns; what In-Reply-To and References name;
our own key; the address it is from, or that failed. A conversation proves nothing alone: Exchange
begins a new one where it likes, and puts mail of others into ours.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from bot.domain import delivery as deliveries
from bot.domain.delivery import Delivery
from bot.domain.enrolment import Enrolment
from bot.domain.heard import mark_of
from bot.domain.inbound import IncomingMail
from bot.domain.inbound.kinds import BOUNCES, Kind, MailReading
from bot.domain.participant import Participant
from bot.domain.route import Route

# An email, by its enrolment and number.
Found = tuple[Enrolment, int]
# What somebody says, be it by a program; what systems say counts whoever sends it on.
_SAID = frozenset({Kind.HUMAN_REPLY, Kind.OPT_OUT, Kind.AUTO_REPLY})
# Nobody tries to deliver for longer (RFC 5321, 4.5.4.1: four to five days).
_LONGEST_TRIED = timedelta(days=7)
# Exchange's clock and ours: where an id names the email, and where little does.
_CLOCKS = timedelta(hours=1)
_SLACK = timedelta(minutes=2)


def named_ids(mail: IncomingMail, reading: MailReading | None = None) -> Sequence[str]:
    """Return the Message-IDs a message names, the likeliest to be ours first. A report that says
    what it is about is about nothing else in that thread.
    """
    answered = [*reversed(mail.in_reply_to), *reversed(mail.references)]
    if reading is not None and reading.original_message_id:
        further = answered if reading.kind in _SAID else mail.in_reply_to
        answered = [reading.original_message_id, *further]
    return tuple(dict.fromkeys(answered))


def spellings(address: str) -> Sequence[str]:
    """Return an address, and without its +tag: who is written to there may answer without, or a
    mail system report so.
    """
    local, _, domain = address.partition("@")
    return tuple(dict.fromkeys((address, f"{local.partition('+')[0]}@{domain}")))


def counts(
    mail: IncomingMail, reading: MailReading, person: Participant, own: Collection[str]
) -> bool:
    """Return whether what answers an email counts: not where the organisation itself speaks, whose
    domains are `own`, unless it was written to there. `own` holds the mailbox's address as well:
    what its owner writes is no answer.
    """
    if reading.kind not in _SAID:
        return True
    sender = mail.from_address
    if sender in own:
        return False
    return sender in spellings(person.address) or sender.rpartition("@")[2] not in own


def is_news(found: Found, mail: IncomingMail) -> bool:
    """Return whether a message can be about that email (0: the last one sent) and was not acted on
    yet: one that lay in the mailbox before the email left is about something else.
    """
    enrolment, number = found
    email = deliveries.answered(enrolment.deliveries, number)
    left = email.sent_at if email else None
    in_time = left is None or mail.received_at >= left - _CLOCKS
    return in_time and not enrolment.heard.knows(mark_of(mail))


def by_conversation(known: Sequence[Enrolment], conversation_id: str) -> Found | None:
    """Return the email whose conversation a participant's own mail is in, though it names none."""
    emails = ((each, email) for each in known for email in reversed(each.deliveries))
    named = (
        (each, email.number)
        for each, email in emails
        if conversation_id and email.conversation_id == conversation_id
    )
    return next(named, None)


def surely_about(
    known: Sequence[Enrolment],
    reading: MailReading,
    subject_of: Callable[[Enrolment, Delivery], str],
    came: datetime,
) -> Found | None:
    """Return the email that a report is about which names no Message-ID, but one failed address,
    that of `known`; None where it could as well be about the owner's own mail to the same person.

    Sure is what returns the subject of an email that left this mailbox at most a week before, of
    one enrolment alone; of several such emails of it the last one is meant.
    """
    if reading.kind not in BOUNCES or not reading.returned_subject:
        return None
    found: dict[str, Found] = {}
    for each in known:
        for email in each.deliveries:
            left = email.sent_at if email.route is Route.MAILBOX and not email.left_from else None
            recent = left is not None and -_SLACK <= came - left <= _LONGEST_TRIED
            if recent and subject_of(each, email) == reading.returned_subject:
                found[each.id] = each, email.number
    return next(iter(found.values())) if len(found) == 1 else None
