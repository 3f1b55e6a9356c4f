"""Mail that leaves by SMTP, and what is needed to send it under an organisation's own domain."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.delivery import SendReport
from bot.domain.sender import RelayMail


class SmtpRelay(Protocol):
    """The server that carries mail for us."""

    async def send(
        self, mail: RelayMail, *, until: datetime, wanted: Callable[[], Awaitable[bool]]
    ) -> SendReport:
        """Submit one email to its one recipient, once: never retried here. Not written at all when
        `wanted`, asked just before, says no, or when `until` has passed. Never raises for what the
        relay or the network does: the report says it.
        """


class Dns(Protocol):
    """The public Domain Name System."""

    async def txt(self, name: str) -> Sequence[str]:
        """Return the TXT records at a name, each whole; () where there are none.

        Raises:
            TransientError: nobody answered.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A key pair: the private half in PEM, the public half as a DNS record carries it."""

    private_key: bytes = field(repr=False)
    public_key: str


class KeyMaker(Protocol):
    """Makes key pairs."""

    async def make(self) -> DkimKey:
        """Return a new RSA key pair of 2048 bits (RFC 8301)."""
