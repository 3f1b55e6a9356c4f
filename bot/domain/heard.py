"""Whether a message is news to an enrolment. Graph tells of one again when it is moved, copied or
restored, or for no reason at all; what was decided since (an undo, an address taken off the list)
stands.
"""

import hashlib
from dataclasses import replace
from datetime import timedelta

from bot.domain import delivery as deliveries
from bot.domain.enrolment import Enrolment
from bot.domain.inbound import IncomingMail

_MOST = 50
# Exchange's clock and ours.
_CLOCKS = timedelta(hours=1)


def mark_of(mail: IncomingMail) -> str:
    """Return what a message is known by: its Message-ID, which a copy of it carries as well, or
    where it has none Graph's own id; nothing anybody could read in it.
    """
    named = (mail.internet_message_id or mail.id).encode(errors="surrogatepass")
    return hashlib.blake2b(named, digest_size=6).hexdigest()


def is_news(enrolment: Enrolment, number: int, mail: IncomingMail) -> bool:
    """Whether a message can be an answer to email `number` (0: the last one sent) and was not acted
    on yet: one that lay in the mailbox before that email left answers something else.
    """
    answered = deliveries.answered(enrolment.deliveries, number)
    left = answered.sent_at if answered else None
    in_time = left is None or mail.received_at >= left - _CLOCKS
    return in_time and mark_of(mail) not in enrolment.heard


def heard(enrolment: Enrolment, mark: str) -> Enrolment:
    """Return the enrolment with a message noted as acted on; one noted already changes nothing."""
    if mark in enrolment.heard:
        return enrolment
    return replace(enrolment, heard=(*enrolment.heard, mark)[-_MOST:])
