"""Composing: an enrolment's next email, filled in and threaded."""

from bot.domain.delivery import OutgoingMail
from bot.domain.distribution import values_for
from bot.domain.enrolment import Enrolment
from bot.domain.sequence import Sequence, subject_of
from bot.domain.templates import as_html, fill


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
    text = fill(email.body, values)
    return OutgoingMail(
        to_address=person.address,
        to_name=person.name if person.name != person.address else "",
        subject=fill(current.subject or subject_of(sequence, current.number), values),
        html=as_html(text),
        text=text,
        message_id=current.message_id,
        key=current.key,
        references=_sent_ids(enrolment) if threaded else (),
    )


def _sent_ids(enrolment: Enrolment) -> tuple[str, ...]:
    return tuple(
        each.exchange_id or each.message_id
        for each in enrolment.deliveries
        if each.sent_at is not None
    )
