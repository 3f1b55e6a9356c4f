"""Composing: an enrolment's next email, filled in and threaded."""

from collections.abc import Iterable

from bot.domain.delivery import OutgoingMail
from bot.domain.distribution import values_for
from bot.domain.enrolment import Enrolment
from bot.domain.participant import Participant
from bot.domain.sender import is_link
from bot.domain.sequence import Sequence, subject_of
from bot.rendering.emails import filled_in, link_fields


def compose(
    enrolment: Enrolment, sequence: Sequence, organisation: str, sender: str
) -> OutgoingMail:
    """Return the enrolment's current email, filled in.

    Threading on: the first email's subject with Re:, and the ids of what was sent before (A15).

    Raises:
        ValueError: nothing is left to send.
    """
    current = enrolment.current
    if current is None:
        raise ValueError(f"enrolment {enrolment.id} has no email left to send")
    values = values_for(enrolment.participant, organisation, sender)
    email = sequence.emails[current.number - 1]
    threaded = sequence.threading and current.number > 1
    person = enrolment.participant
    subject = current.subject or subject_of(sequence, current.number)
    letter = filled_in(subject, email.body, values)
    return OutgoingMail(
        to_address=person.address,
        to_name=person.name if person.name != person.address else "",
        subject=letter.subject,
        html=f"<html><body>{letter.html}</body></html>",
        text=letter.text,
        message_id=current.message_id,
        key=current.key,
        references=_sent_ids(enrolment) if threaded else (),
    )


def wrong_links(sequence: Sequence, people: Iterable[Participant]) -> tuple[str, ...]:
    """Return a sentence for each value of the list that a link would lead to and that is no web
    address (G5).
    """
    names = sorted(frozenset().union(*(link_fields(each.body) for each in sequence.emails)))
    return tuple(
        f"{person.name} has “{value[:60]}” for {name}, which is no web address: those begin with "
        "https:// and have no spaces."
        for person in people
        for name in names
        if (value := person.fields.get(name, "").strip()) and not is_link(value)
    )


def _sent_ids(enrolment: Enrolment) -> tuple[str, ...]:
    return tuple(
        each.exchange_id or each.message_id
        for each in enrolment.deliveries
        if each.sent_at is not None
    )
