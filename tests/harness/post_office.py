"""A mail server and a name server on loopback, real ones, for what leaves by SMTP."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Answer = Callable[[Envelope], str]


@dataclass
class Letter:
    """One email a server took: its envelope, and every byte between DATA and the dot."""

    sender: str
    recipients: Sequence[str]
    content: bytes
    tls: bool
    login: str


@dataclass
class PostOffice:
    """aiosmtpd: what it took. `recipient` and `final` may answer otherwise than 250."""

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    recipient: str = ""
    final: str = ""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient:
            return self.recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.final:
            return self.final
        assert isinstance(envelope.content, bytes)
        login = session.auth_data.login.decode() if session.auth_data else ""
        assert server.transport is not None
        secured = server.transport.get_extra_info("sslcontext") is not None
        letter = Letter(
            sender=envelope.mail_from or "",
            recipients=list(envelope.rcpt_tos),
            content=envelope.content,
            tls=secured or session.ssl is not None,
            login=login,
        )
        self.letters.append(letter)
        return f"250 taken as {len(self.letters)}"


def _authenticated(
    server: SMTP, session: Session, envelope: Any, kind: str, data: Any
) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"s3cret+"
    return AuthResult(success=good, auth_data=data if good else None, handled=False)


@asynccontextmanager
async def post_office(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False
) -> AsyncIterator[PostOffice]:
    """Open a mail server; with `tls` it demands STARTTLS, or speaks TLS from the start."""
    office = PostOffice()

    def connected() -> SMTP:
        starttls = tls if not implicit else None
        return SMTP(
            office,
            hostname="post.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=_authenticated,
            auth_required=login and starttls is not None,
            auth_require_tls=starttls is not None,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=tls if implicit else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class CuttingOffice:
    """A mail server that hangs up at one point of the transaction, every time."""

    at: str
    port: int = 0
    connections: int = 0
    bodies: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Go through one connection."""
        self.connections += 1
        try:
            await self._transaction(reader, writer)
        finally:
            writer.close()

    async def _transaction(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.at == "greeting":
            return
        writer.write(b"220 cut.test\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ", 1)[0].split(":")[0].upper()
            if verb == self.at:
                return
            if verb != "DATA":
                writer.write(b"250 OK\r\n")
                continue
            writer.write(b"354 go on\r\n")
            await self._data(reader, writer)
            return

    async def _data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.at == "body":
            self.bodies.append(await reader.read(1000))
            writer.transport.abort()
            return
        self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
        if self.at == "garbage":
            writer.write(b"hello there\r\n")
            await writer.drain()


@asynccontextmanager
async def cutting_office(at: str) -> AsyncIterator[CuttingOffice]:
    """Open a mail server that hangs up at a verb, in the "body", or after the "dot"."""
    office = CuttingOffice(at)
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


class _Names(asyncio.DatagramProtocol):
    def __init__(self, records: Mapping[str, str]) -> None:
        self._records = records
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        assert self._transport is not None
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        name = query.question[0].name
        told = self._records.get(name.to_text(omit_final_dot=True).lower())
        if told is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif told == "broken":
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            # A string of a TXT record holds 255 octets (RFC 1035, 3.3.14).
            parts = [told[at : at + 255] for at in range(0, len(told), 255)]
            text = " ".join(f'"{part}"' for part in parts)
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", text))
        answer.flags |= dns.flags.RA
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(records: Mapping[str, str]) -> AsyncIterator[str]:
    """Answer for TXT records by name, over UDP; yields `address:port`."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Names(records), local_addr=("127.0.0.1", 0)
    )
    host, port = transport.get_extra_info("sockname")
    try:
        yield f"{host}:{port}"
    finally:
        transport.close()
