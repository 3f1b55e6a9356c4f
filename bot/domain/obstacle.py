"""What keeps more than one email from leaving, whoever it is for (G2, B1), in words for people."""

from collections.abc import Mapping
from enum import StrEnum


class Obstacle(StrEnum):
    """Why nothing leaves. All but CONSENT and FAULT are of a mailbox that stays connected: it may
    be read, and sends again once a person has tried. CONSENT breaks the connection; FAULT is ours,
    and holds one distribution.
    """

    CONSENT = "consent"
    LICENCE = "licence"
    NOT_FOUND = "not_found"
    SEND_AS = "send_as"
    CLOSED = "closed"
    FULL = "full"
    BLOCKED = "blocked"
    LIMITED = "limited"
    LOSSES = "losses"
    FAULT = "fault"


WORDS: Mapping[Obstacle, str] = {
    Obstacle.CONSENT: "The permission to send was withdrawn from this mailbox.",
    Obstacle.LICENCE: "This mailbox has no Exchange Online licence any more.",
    Obstacle.NOT_FOUND: "Outlook does not find this mailbox.",
    Obstacle.SEND_AS: "Outlook does not let this mailbox send under its own address.",
    Obstacle.CLOSED: "Outlook does not let this mailbox send.",
    Obstacle.FULL: "This mailbox is full.",
    Obstacle.BLOCKED: "Exchange has blocked this mailbox from sending.",
    Obstacle.LIMITED: "This mailbox has sent as much as Exchange lets it send for now.",
    Obstacle.LOSSES: "Too many of its last emails came back.",
    Obstacle.FAULT: "A fault of Mailroom keeps these emails from leaving.",
}
# Who can mend it.
_ADMIN = "Your Microsoft 365 admin can mend that."
WAYS_OUT: Mapping[Obstacle, str] = {
    Obstacle.CONSENT: "Its owner has to connect it again.",
    Obstacle.LICENCE: "Your Microsoft 365 admin can give it one.",
    Obstacle.NOT_FOUND: _ADMIN,
    Obstacle.SEND_AS: _ADMIN,
    Obstacle.CLOSED: _ADMIN,
    Obstacle.FULL: "Its owner has to make room.",
    Obstacle.BLOCKED: "Your Microsoft 365 admin can lift that.",
    Obstacle.LIMITED: "That passes by itself, mostly within a day.",
    Obstacle.LOSSES: "Look through the list before you go on.",
    Obstacle.FAULT: "Neither the mailbox nor the list is wrong. Whoever runs Mailroom was told.",
}
# Of these the channel is asked whether to go on (B11).
ASKED = frozenset((Obstacle.BLOCKED, Obstacle.LIMITED, Obstacle.LOSSES))


def told(obstacle: Obstacle) -> str:
    """Return what it is and who can mend it, as sentences."""
    return f"{WORDS[obstacle]} {WAYS_OUT[obstacle]}"
