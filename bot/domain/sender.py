"""Who an email comes from, and the road it takes (A13, A14)."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.delivery import OutgoingMail

# A URL we write into a header: no space, no bracket, nothing a header could be broken with.
_LINK = re.compile(r"https?://[!#-;=?-Z\\^-z|~]{1,900}")


class Route(StrEnum):
    """The road of an email: the person's own Outlook mailbox, the organisation's domain through our
    relay, or our own address through the relay.
    """

    MAILBOX = "mailbox"
    DKIM = "dkim"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What people see of who wrote: From with its display name, and where answers go ("" there)."""

    address: str
    name: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What an email is signed with: the DNS name of the key's public half, and the key (PEM)."""

    domain: str
    selector: str
    private_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayMail:
    """One email as the relay gets it. `return_path` is where bounces go; `unsubscribe` a link that
    opts the person out in one step (RFC 8058), "" where there is none.
    """

    mail: OutgoingMail
    sender: Sender
    return_path: str
    unsubscribe: str = ""
    signing: Signing | None = None


def is_link(text: str) -> bool:
    """Whether a URL may stand in a header as it is."""
    return _LINK.fullmatch(text) is not None
