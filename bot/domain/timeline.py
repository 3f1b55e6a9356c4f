"""What happened to one person on their way through a sequence, and why nothing more does (B15)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason
from bot.domain.heard import Decision, Heard
from bot.domain.private_letters import WAITS

_CAME_OF_IT = {
    DeliveryStatus.BOUNCED: "Email {number} came back: {reason}",
    DeliveryStatus.OPTED_OUT: "They opted out with email {number}.",
    DeliveryStatus.MARKED_SPAM: "They marked email {number} as spam.",
    DeliveryStatus.FAILED: "Email {number} failed: {reason}",
}
_STOPPED = {
    StopReason.REPLIED: "They replied.",
    StopReason.BOUNCED: "An email came back: {reason}",
    StopReason.OPTED_OUT: "They opted out.",
    StopReason.COMPLAINED: "They marked an email as spam.",
    StopReason.FAILED: "An email failed: {reason}",
    StopReason.CALLED_OFF: "Somebody stopped it.",
}
_DECIDED = {
    Decision.RESUME: "{by} decided to go on.",
    Decision.STOP: "{by} decided to stop.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that happened to somebody, in plain words; `at` is None where nobody noted when."""

    at: datetime | None
    words: str


def happened(enrolment: Enrolment, subject_of: Callable[[Delivery], str]) -> tuple[Happened, ...]:
    """Return everything that happened on the way, oldest first; `subject_of` is as it left."""
    found = [each for email in enrolment.deliveries for each in _of_an_email(email, subject_of)]
    found += _of_what_was_heard(enrolment.heard)
    dated = [(each.at, each) for each in found if each.at is not None]
    told = [each for _, each in sorted(dated, key=lambda known: known[0])]
    return (*told, *(each for each in found if each.at is None))


def why_no_more(enrolment: Enrolment, now: datetime) -> str:
    """Return the one reason why the next email has not left; "" where it is only planned for later,
    as it always was.
    """
    if enrolment.state is EnrolmentState.FINISHED:
        return "Every email of it has left."
    if enrolment.stopped_for is not None:
        return _why_stopped(enrolment, enrolment.stopped_for)
    current = enrolment.current
    if current is None:
        return ""
    if enrolment.heard.asks:
        return WAITS
    late = "It is its turn: it leaves as soon as its mailbox comes to it."
    return current.reason or (late if current.due <= now else "")


def _why_stopped(enrolment: Enrolment, why: StopReason) -> str:
    letter = enrolment.heard.letter
    if why is StopReason.CALLED_OFF and letter and letter.decision is Decision.STOP:
        return _DECIDED[Decision.STOP].format(by=letter.decided_by)
    told = (each.reason for each in reversed(enrolment.deliveries) if each.status in _CAME_OF_IT)
    return _STOPPED[why].format(reason=next(told, ""))


def _of_an_email(email: Delivery, subject_of: Callable[[Delivery], str]) -> Iterator[Happened]:
    if email.sent_at is not None:
        words = f"Email {email.number} left: {subject_of(email)}"
        yield Happened(at=email.sent_at, words=words)
    if email.status in _CAME_OF_IT:
        words = _CAME_OF_IT[email.status].format(number=email.number, reason=email.reason)
        yield Happened(at=email.answered_at, words=words)


def _of_what_was_heard(heard: Heard) -> Iterator[Happened]:
    for reply in heard.replies:
        yield Happened(at=reply.at, words=f"They replied to email {reply.number}.")
        if reply.undone_at is not None:
            words = f"{reply.undone_by} said that this reply was automatic."
            yield Happened(at=reply.undone_at, words=words)
        if reply.out_at is not None:
            words = f"{reply.out_by} said that they want no more emails."
            yield Happened(at=reply.out_at, words=words)
    if heard.letter is not None:
        letter = heard.letter
        yield Happened(at=letter.at, words="They wrote to the owner, not in answer to us.")
        if letter.decision is not None:
            words = _DECIDED[letter.decision].format(by=letter.decided_by)
            yield Happened(at=letter.decided_at, words=words)
