"""Composing: an enrolment's next email, filled in, threaded, and with what every email carries."""

from collections.abc import Iterable

from bot.domain.delivery import OutgoingMail
from bot.domain.distribution import values_for
from bot.domain.editing import subject_now
from bot.domain.enrolment import Enrolment
from bot.domain.errors import UserMistakeError
from bot.domain.footer import footer, lacking
from bot.domain.opt_out import OptOutLinks
from bot.domain.participant import Participant
from bot.domain.sender import is_link
from bot.domain.sequence import Sequence
from bot.domain.templates import one_line
from bot.rendering.emails import filled_in, link_fields
from bot.services.organisations import Organisations


class Composing:
    """Puts emails together, for sending and for showing alike."""

    def __init__(self, organisations: Organisations, opt_outs: OptOutLinks) -> None:
        self._organisations = organisations
        self._opt_outs = opt_outs

    def compose(self, enrolment: Enrolment, sequence: Sequence, sender: str) -> OutgoingMail:
        """Return the enrolment's current email; `sender` is the name of the mailbox's owner.

        Threading on: the first email's subject with Re:, and the ids of what was sent before (A15).
        Subject and text are of one and the same version of the sequence (G4).

        Raises:
            ValueError: nothing is left to send, or a value is missing.
            UserMistakeError: the organisation's settings lack what every email must carry.
        """
        current = enrolment.current
        if current is None:
            raise ValueError(f"enrolment {enrolment.id} has no email left to send")
        organisation = self._organisations.of(enrolment.tenant_id)
        if problems := lacking(organisation):
            raise UserMistakeError(*problems)
        person, number = enrolment.participant, current.number
        if number > len(sequence.emails):
            raise ValueError(f"the sequence has no email {number} any more")
        subject = subject_now(enrolment, sequence, number)
        values = values_for(person, organisation.name, sender)
        letter = filled_in(subject, sequence.emails[number - 1].body, values)
        link = self._opt_outs.link(enrolment.mailbox_id, enrolment.id, number)
        end = footer(organisation, link)
        return OutgoingMail(
            to_address=person.address,
            to_name=one_line(person.name) if person.name != person.address else "",
            subject=letter.subject,
            html=f"<html><body>{letter.html}{end.html}</body></html>",
            text=f"{letter.text}{end.text}",
            message_id=current.message_id,
            key=current.key,
            references=_sent_ids(enrolment) if sequence.threading and number > 1 else (),
            unsubscribe=link,
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
