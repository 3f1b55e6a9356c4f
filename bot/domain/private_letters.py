"""Private letters: somebody we write to writes to an owner, not in answer to us (G9).

That is their own business. Their next email waits until a person says whether to go on.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.correlation import spellings
from bot.domain.enrolment import Enrolment, StopReason, rest, with_delivery
from bot.domain.heard import Decision, PrivateLetter
from bot.domain.mailbox import Message
from bot.domain.postponing import no_earlier

WAITS = "They wrote to the owner, not in answer to us: somebody decides whether to go on."
# Exchange's clock is not ours.
_SLACK = timedelta(minutes=2)


def was_written_to(enrolment: Enrolment, before: datetime) -> bool:
    """Return whether any of its emails had left by then: mail that is older is about none."""
    left = (each.sent_at for each in enrolment.deliveries if each.sent_at)
    return any(at <= before + _SLACK for at in left)


def speaks_for(asked: Enrolment, other: Enrolment) -> bool:
    """Return whether what is decided about one enrolment is so for the other: of the same address,
    or of the one without its +tag.
    """
    return other.participant.address in spellings(asked.participant.address)


def came(enrolment: Enrolment, mailbox_id: str, at: datetime) -> Enrolment:
    """Return the enrolment whose next email waits because of a letter that came `at`. What came
    before the last one, or before that was decided, is settled with it.
    """
    current, last = enrolment.current, enrolment.heard.letter
    if not enrolment.is_open or current is None or not was_written_to(enrolment, at):
        return enrolment
    if last is not None and (last.decision is None or at <= (last.decided_at or last.at)):
        return enrolment
    letter = PrivateLetter(number=last.number + 1 if last else 1, mailbox_id=mailbox_id, at=at)
    held = replace(enrolment, heard=replace(enrolment.heard, letter=letter))
    return held if current.doubt_since else with_delivery(held, replace(current, reason=WAITS))


def decided(
    enrolment: Enrolment, number: int, decision: Decision, by_name: str, now: datetime
) -> Enrolment:
    """Return the enrolment after somebody has decided about letter `number`; one that was decided
    already, or is not the last one, changes nothing.
    """
    letter = enrolment.heard.letter
    if letter is None or letter.number != number or letter.decision is not None:
        return enrolment
    said = replace(letter, decision=decision, decided_by=by_name, decided_at=now)
    told = replace(enrolment, heard=replace(enrolment.heard, letter=said))
    if decision is Decision.STOP:
        return rest(told, StopReason.CALLED_OFF)
    current = told.current
    if current is not None and current.reason == WAITS:
        told = with_delivery(told, replace(current, reason=""))
    return no_earlier(told, now)


def shown(enrolment: Enrolment, number: int, card: Message) -> Enrolment:
    """Return the enrolment with one more card on which letter `number` is asked about."""
    letter = enrolment.heard.letter
    if letter is None or letter.number != number or card in letter.cards:
        return enrolment
    asked = replace(letter, cards=(*letter.cards, card))
    return replace(enrolment, heard=replace(enrolment.heard, letter=asked))
