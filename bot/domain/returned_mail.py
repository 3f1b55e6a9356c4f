"""What came back, and whose fault it is: the sender's, or of the address it went to (G8)."""

from collections.abc import Collection, Mapping

from bot.domain.inbound.kinds import Kind, MailReading, sender_is_blocked
from bot.domain.obstacle import Obstacle

# The system mailbox of every organisation in Exchange Online, which reports from.
_SYSTEM = "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e"
# non-delivery-reports-in-exchange-online: a limit passes, a block has to be lifted.
_BLOCKS: Mapping[str, Obstacle] = {
    "5.1.8": Obstacle.BLOCKED,
    "5.1.90": Obstacle.LIMITED,
    "5.2.2": Obstacle.LIMITED,
    "5.7.232": Obstacle.LIMITED,
    "5.7.233": Obstacle.LIMITED,
    "5.7.501": Obstacle.BLOCKED,
    "5.7.502": Obstacle.BLOCKED,
    "5.7.503": Obstacle.BLOCKED,
    "5.7.705": Obstacle.BLOCKED,
    "5.7.708": Obstacle.BLOCKED,
}


def by_own_tenant(reported_by: str, domains: Collection[str]) -> bool:
    """Return whether a report comes of the organisation's own Exchange; `domains` are its own.
    Another's may say the same words, and is not believed about the sender.
    """
    local, _, domain = reported_by.lower().rpartition("@")
    return local == _SYSTEM and domain in domains


def sender_block(reading: MailReading) -> Obstacle | None:
    """Return what keeps the sender from sending, by a report of its own tenant; None where that
    is about the recipient, or this email.
    """
    return _BLOCKS.get(reading.status) if sender_is_blocked(reading) else None


def is_lost(reading: MailReading) -> bool:
    """Return whether an email that came back so counts against its list: an address that is dead,
    or refused by policy.
    """
    return reading.kind in (Kind.BOUNCE_HARD, Kind.SENDER_BLOCK)
