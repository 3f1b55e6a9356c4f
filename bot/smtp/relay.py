"""Submission to the relay (RFC 6409): one connection, one email, one reply."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from bot.domain.delivery import PUT_OFF, Outcome, SendReport
from bot.domain.errors import ConfigurationError
from bot.domain.sender import RelayMail
from bot.ports import Clock
from bot.smtp.message import to_mime
from bot.smtp.replies import report_of_no_start, report_of_reply, report_of_silence
from bot.smtp.signing import signed

_log = structlog.get_logger(__name__)
# Far below the lease of five minutes, all of them together.
_CONNECT = 20.0
_COMMAND = 30.0
_FINAL = 90.0
_QUIT = 2.0
_AT_ONCE = 8
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LEADING_DOT = re.compile(rb"(?m)^\.")
_GO_AHEAD = 354


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where the relay listens. TLS always, except that a peer on loopback may have none."""

    host: str
    port: int
    implicit_tls: bool
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def loopback(self) -> bool:
        """Whether it is this very machine."""
        return self.host in _LOOPBACK


def peer_of(url: str) -> Peer:
    """Read `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465` (TLS from the start).

    Raises:
        ConfigurationError: it is neither.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    if not port or not parts.hostname:
        raise ConfigurationError(
            "MAILROOM_SMTP_URL must be like smtp://user:password@host:587 or smtps://…:465"
        )
    return Peer(
        host=parts.hostname,
        port=port,
        implicit_tls=parts.scheme == "smtps",
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class Relay:
    """ports.SmtpRelay. `hello` is the name we give ourselves."""

    def __init__(
        self, peer: Peer, clock: Clock, *, hello: str, ca_bundle: Path | None = None
    ) -> None:
        self._peer = peer
        self._clock = clock
        self._hello = hello
        self._tls = ssl.create_default_context()
        if ca_bundle is not None:
            self._tls.load_verify_locations(ca_bundle)
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def send(
        self, mail: RelayMail, *, until: datetime, wanted: Callable[[], Awaitable[bool]]
    ) -> SendReport:
        """Submit one email, once."""
        try:
            mime = await asyncio.to_thread(self._mime, mail)
        except ValueError:
            words = "This email could not be put together for the mail server."
            return SendReport(outcome=Outcome.REFUSED, code="not_composed", detail=words)
        async with self._gate:
            try:
                async with self._connected() as line:
                    if not await wanted():
                        return SendReport(outcome=Outcome.NOT_WRITTEN, detail=PUT_OFF)
                    if self._clock.now() >= until:
                        return SendReport(
                            outcome=Outcome.NOT_WRITTEN, detail="too late in the lease"
                        )
                    report = await _submitted(line, mail, mime)
                    if report.outcome is not Outcome.UNKNOWN:
                        await _goodbye(line)
                    return report
            except (SMTPException, OSError, TimeoutError, ValueError) as fault:
                kind, code = type(fault).__name__, getattr(fault, "code", 0)
                _log.warning("relay.unusable", host=self._peer.host, error=kind, code=code)
                return report_of_no_start(fault)

    def _mime(self, mail: RelayMail) -> bytes:
        mime = to_mime(mail, self._clock.now())
        return signed(mime, mail.signing) if mail.signing else mime

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[SMTP]:
        """Connect, with TLS and a sign-in where there is one; hang up whatever happens."""
        peer = self._peer
        line = SMTP(
            hostname=peer.host,
            port=peer.port,
            local_hostname=self._hello,
            username=peer.username or None,
            password=peer.password or None,
            timeout=_CONNECT,
            use_tls=peer.implicit_tls,
            # None: only where it is offered. A certificate is checked wherever there is one.
            start_tls=False if peer.implicit_tls else None if peer.loopback else True,
            tls_context=self._tls,
        )
        await line.connect()
        try:
            yield line
        finally:
            line.close()


async def _submitted(line: SMTP, mail: RelayMail, mime: bytes) -> SendReport:
    """Take the email through MAIL, RCPT and DATA.

    Raises:
        SMTPException, OSError, TimeoutError: the line broke before the server asked for the email.
    """
    try:
        await line.mail(mail.return_path, timeout=_COMMAND)
        await line.rcpt(mail.mail.to_address, timeout=_COMMAND)
    except SMTPResponseException as refusal:
        return _not_begun(refusal.code, refusal.message)
    started = await line.execute_command(b"DATA", timeout=_COMMAND)
    if started.code != _GO_AHEAD:
        return _not_begun(started.code, started.message)
    return await _finished(line, mime)


def _not_begun(code: int, words: str) -> SendReport:
    """Return what a reply says that kept the email from being begun: never that it was taken."""
    if code >= 400:
        return report_of_reply(code, words)
    return report_of_no_start(SMTPException(f"an unreadable reply: {code}"))


async def _finished(line: SMTP, mime: bytes) -> SendReport:
    """Write the email and read the answer. From here on only a reply says what became of it: a
    server should forget what it got without the final dot (RFC 5321, 4.1.1.4), and nobody sees it.
    """
    protocol = line.protocol
    if protocol is None:
        return report_of_silence()
    try:
        protocol.write(_LEADING_DOT.sub(b"..", mime) + b".\r\n")
        reply = await protocol.read_response(timeout=_FINAL)
    except (SMTPException, OSError, TimeoutError):
        return report_of_silence()
    return report_of_reply(reply.code, reply.message)


async def _goodbye(line: SMTP) -> None:
    """Say QUIT (RFC 5321, 4.1.1.10). What goes wrong now says nothing about the email."""
    with suppress(SMTPException, OSError, TimeoutError):
        await line.quit(timeout=_QUIT)
