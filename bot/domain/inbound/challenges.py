"""Challenges: a filter before somebody's mailbox wants the sender to prove to be a person."""

from bot.domain.inbound.bounces import original_id
from bot.domain.inbound.kinds import Kind, MailReading
from bot.domain.inbound.notices import split
from bot.domain.inbound.opened import Opened
from bot.domain.inbound.wording import any_of, one_line

_SENDERS = (
    "@boxbe.com", "@spamarrest.com", "@bluebottle.com", "@mailblocks.com", "@cleanmail.",
    "@sendio.", "@choicemail", "@digiportal", "@0spam.", "@uol.com.br.antispam", "@knowspam.net",
)  # fmt: skip
_HEADERS = (
    "x-tmda-confirm", "x-tmda-fingerprint-challenge", "x-spamarrest-noauth", "x-boxbe-notice",
)  # fmt: skip
# Said by programs alone; where the text is a person's, none of these stands in it.
_SAYINGS = (
    "guest list so your messages", "boxbe guest list", "sender not pre-approved",
    "your server requires confirmation", "to confirm this mail server", "protected by spam arrest",
    "protected from spam by", "spam arrest", "this message requires verification",
    "click the link below to complete the verification", "prove that you are a human",
    "prove you are human", "prove that you're human", "to verify that you are a real person",
    "verify that you are not a spammer", "reply to this message to confirm that your message",
    "your message is being held until", "your message has been held pending confirmation",
    "has been quarantined until you", "to have your message delivered, please confirm",
    "i'm protecting myself from receiving junk", "i am protecting myself from receiving junk",
    "please confirm your message was sent by", "tagged message delivery agent",
    "request to be added to the list of approved senders", "add yourself to my",
    "confirm your message so that it is delivered",
    "damit ihre nachricht zugestellt wird, bestatigen", "um zu bestatigen, dass sie kein spammer",
    "pour confirmer que vous n'etes pas un robot", "para confirmar que no es un robot",
    "confirmez que vous etes bien l'expediteur", "este servidor requer confirmacao",
)  # fmt: skip
_FIRST = 4_000


def challenge(opened: Opened) -> MailReading | None:
    """Return the challenge a message is; None where it is none."""
    said = one_line(
        "\n".join([split(opened).said[:_FIRST], *opened.of_kind("message/delivery-status")])
    )
    named = any_of(f"@{opened.sender.partition('@')[2]}", _SENDERS)
    header = next((each for each in _HEADERS if each in opened.headers), "")
    words = any_of(said, _SAYINGS)
    mark = named or header or (f"“{words}”" if words else "")
    if not mark:
        return None
    return MailReading(
        kind=Kind.CHALLENGE,
        why=f"A filter wants the sender to prove to be a person: {mark}.",
        original_message_id=original_id(opened, split(opened)),
    )
