"""Who an email that leaves by SMTP comes from, and what goes with it (A13, A14)."""

import re
from dataclasses import dataclass, field

from bot.domain.delivery import OutgoingMail
from bot.domain.mailbox import Mailbox

# A URL we write into a header: no space, no bracket, nothing a header could be broken with.
_LINK = re.compile(r"https?://[!#-;=?-Z\\^-z|~]{1,900}")


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
class Platform:
    """Our own address, and the secrets that sign return paths under its domain, newest first."""

    address: str
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def domain(self) -> str:
        """Where bounces come back to."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayMail:
    """One email as the relay gets it. `return_path` is where bounces go."""

    mail: OutgoingMail
    sender: Sender
    return_path: str
    signing: Signing | None = None


def is_link(text: str) -> bool:
    """Whether a URL may stand in a header as it is."""
    return _LINK.fullmatch(text) is not None


def under_domain(domain: str, mailbox: Mailbox, organisation: str) -> Sender:
    """Return the sender of an email under an organisation's own domain: the mailbox owner's name,
    and answers into the mailbox that is watched.
    """
    local = mailbox.address.rpartition("@")[0]
    name = mailbox.owner_name or organisation
    return Sender(address=f"{local}@{domain}", name=name, reply_to=mailbox.address)


def from_platform(platform: Platform, mailbox: Mailbox, organisation: str) -> Sender:
    """Return the sender of an email from our own address, in the organisation's name."""
    return Sender(address=platform.address, name=organisation, reply_to=mailbox.address)
