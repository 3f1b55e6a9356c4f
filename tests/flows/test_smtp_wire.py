"""The relay over the wire: a real mail server, TLS, signatures checked by DNS, lines that break."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dkim
import pytest

from bot.domain.delivery import Outcome, OutgoingMail, SendReport
from bot.domain.errors import ConfigurationError, TransientError
from bot.domain.sender import RelayMail, Sender, Signing
from bot.ports import DkimKey
from bot.sandbox.tls import Tls, load_or_create
from bot.smtp.dns import Resolver
from bot.smtp.relay import Peer, Relay, peer_of
from bot.smtp.signing import RsaKeys
from tests.contract.samples import always
from tests.harness.post_office import cutting_office, name_server, post_office

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=2)
MAIL = RelayMail(
    mail=OutgoingMail(
        to_address="ana@customer.example",
        to_name="Ana",
        subject="A question – für Sie",
        html="<p>Hello.</p>\n.\n..<p>Grüße</p>",
        text="Hello.\n.\n..\n.Grüße",
        message_id="<0123456789abcdef0123456789abcdef.1@contoso.example>",
        key="k.1",
        unsubscribe="https://mailroom.example/out/abc",
    ),
    sender=Sender(address="olga@contoso.example", name="Olga", reply_to="olga@contoso.example"),
    return_path="b-token@mail.example",
)


@dataclass
class HandClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return load_or_create(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def key() -> DkimKey:
    return asyncio.run(RsaKeys().make())


def relay(peer: Peer, ca_bundle: Path | None = None) -> Relay:
    return Relay(peer, HandClock(), hello="mail.example", ca_bundle=ca_bundle)


def at(port: int, scheme: str = "smtp", login: str = "") -> Peer:
    return peer_of(f"{scheme}://{login}127.0.0.1:{port}")


async def sent(peer: Peer, mail: RelayMail = MAIL, ca_bundle: Path | None = None) -> SendReport:
    return await relay(peer, ca_bundle).send(mail, until=UNTIL, wanted=always)


async def test_an_email_arrives_as_it_was_written_and_the_reply_is_kept() -> None:
    async with post_office() as office:
        report = await sent(at(office.port))
    assert report.outcome is Outcome.ACCEPTED
    assert report.detail == "250 taken as 1"
    (letter,) = office.letters
    assert letter.sender == "b-token@mail.example"
    assert letter.recipients == ["ana@customer.example"]
    told = email.message_from_bytes(letter.content, policy=email.policy.default)
    body = told.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip() == "Hello.\n.\n..\n.Grüße"
    assert told["Reply-To"] == "olga@contoso.example"


@pytest.mark.parametrize("implicit", [False, True])
async def test_the_line_is_encrypted_and_the_login_is_the_settings_own(
    tls: Tls, implicit: bool
) -> None:
    async with post_office(tls.context, implicit=implicit, login=True) as office:
        scheme = "smtps" if implicit else "smtp"
        peer = at(office.port, scheme, "mailroom:s3cret%2B@")
        report = await sent(peer, ca_bundle=tls.ca_file)
    assert report.outcome is Outcome.ACCEPTED, report
    assert office.letters[0].tls
    assert office.letters[0].login == "mailroom"


async def test_a_wrong_password_is_our_own_trouble_not_the_recipients(tls: Tls) -> None:
    async with post_office(tls.context, login=True) as office:
        peer = at(office.port, login="mailroom:wrong@")
        report = await sent(peer, ca_bundle=tls.ca_file)
    assert report.outcome is Outcome.NOT_WRITTEN
    assert office.letters == []


async def test_a_certificate_nobody_vouches_for_gets_no_email(tls: Tls) -> None:
    async with post_office(tls.context) as office:
        report = await sent(at(office.port))
    assert report.outcome is Outcome.NOT_WRITTEN
    assert office.letters == []


async def test_elsewhere_than_on_loopback_there_is_no_email_without_tls() -> None:
    async with post_office() as office:
        far = _Far(host="127.0.0.1", port=office.port, implicit_tls=False)
        report = await sent(far)
    assert report.outcome is Outcome.NOT_WRITTEN
    assert office.letters == []


class _Far(Peer):
    """This machine, as if it were another."""

    @property
    def loopback(self) -> bool:
        return False


@pytest.mark.parametrize("url", ["", "host:25", "http://x.example", "smtp://", "smtp://x:99999"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MAILROOM_SMTP_URL"):
        peer_of(url)


@pytest.mark.parametrize(
    ("recipient", "final", "outcome"),
    [
        ("450 4.2.0 greylisted", "", Outcome.NOT_WRITTEN),
        ("421 4.3.2 going down", "", Outcome.NOT_WRITTEN),
        ("550 5.1.1 no such user", "", Outcome.REFUSED),
        ("", "451 4.3.0 disk full", Outcome.NOT_WRITTEN),
        ("", "554 5.7.1 looks like spam", Outcome.REFUSED),
        ("", "250 2.0.0 queued as 4Xyz", Outcome.ACCEPTED),
    ],
)
async def test_what_the_server_says_is_what_became_of_it(
    recipient: str, final: str, outcome: Outcome
) -> None:
    async with post_office() as office:
        office.recipient, office.final = recipient, final
        report = await sent(at(office.port))
    assert report.outcome is outcome
    assert (recipient or final) in report.detail


@pytest.mark.parametrize(
    ("where", "outcome", "connections"),
    [
        ("greeting", Outcome.NOT_WRITTEN, 1),
        ("EHLO", Outcome.NOT_WRITTEN, 1),
        ("MAIL", Outcome.NOT_WRITTEN, 1),
        ("RCPT", Outcome.NOT_WRITTEN, 1),
        ("DATA", Outcome.NOT_WRITTEN, 1),
        ("body", Outcome.UNKNOWN, 1),
        ("dot", Outcome.UNKNOWN, 1),
        ("garbage", Outcome.UNKNOWN, 1),
    ],
)
async def test_a_line_that_breaks_before_the_email_has_written_nothing_then_nobody_knows(
    where: str, outcome: Outcome, connections: int
) -> None:
    # Larger than any buffer on the way: a line that breaks in the middle is seen to break there.
    long = replace(MAIL, mail=replace(MAIL.mail, text="Hello there. " * 1_000_000))
    async with cutting_office(where) as office:
        report = await sent(at(office.port), long if where == "body" else MAIL)
    assert report.outcome is outcome
    assert office.connections == connections
    assert len(office.bodies) == (where in ("body", "dot", "garbage"))


async def test_nobody_listening_is_nothing_written() -> None:
    async with post_office() as office:
        port = office.port
    assert (await sent(at(port))).outcome is Outcome.NOT_WRITTEN


async def test_an_email_that_is_no_longer_wanted_or_too_late_is_not_written() -> None:
    async def never() -> bool:
        return False

    async with post_office() as office:
        there = relay(at(office.port))
        stopped = await there.send(MAIL, until=UNTIL, wanted=never)
        late = await there.send(MAIL, until=NOW, wanted=always)
    assert (stopped.outcome, late.outcome) == (Outcome.NOT_WRITTEN, Outcome.NOT_WRITTEN)
    assert office.letters == []


async def test_an_email_that_cannot_be_put_together_is_refused_without_a_connection() -> None:
    async with cutting_office("greeting") as office:
        wrong = replace(MAIL, sender=replace(MAIL.sender, address="nobody"))
        report = await sent(at(office.port), wrong)
    assert report.outcome is Outcome.REFUSED
    assert office.connections == 0


# -- signatures --------------------------------------------------------------------------------


@asynccontextmanager
async def published(key: DkimKey, told: Mapping[str, str] | None = None) -> AsyncIterator[Resolver]:
    records = {"s1._domainkey.contoso.example": f"v=DKIM1; k=rsa; p={key.public_key}"}
    async with name_server({**records, **(told or {})}) as server:
        yield Resolver(server)


async def verified(content: bytes, resolver: Resolver) -> bool:
    """Check the signature with what the name server answers."""
    (record,) = await resolver.txt("s1._domainkey.contoso.example")
    asked: list[bytes] = []

    def answer(name: bytes, timeout: float = 5) -> bytes:
        asked.append(name)
        return record.encode()

    good: bool = dkim.verify(content, dnsfunc=answer)
    assert asked == [b"s1._domainkey.contoso.example."]
    return good


async def signed_letter(key: DkimKey) -> bytes:
    signing = Signing(domain="contoso.example", selector="s1", private_key=key.private_key)
    async with post_office() as office:
        report = await sent(at(office.port), replace(MAIL, signing=signing))
    assert report.outcome is Outcome.ACCEPTED
    return office.letters[0].content


async def test_the_signature_holds_by_what_the_dns_says(key: DkimKey) -> None:
    letter = await signed_letter(key)
    async with published(key) as resolver:
        assert await verified(letter, resolver)
    signature = str(email.message_from_bytes(letter)["DKIM-Signature"])
    tags = dict(each.split("=", 1) for each in "".join(signature.split()).split(";"))
    assert (tags["a"], tags["c"], tags["d"]) == ("rsa-sha256", "relaxed/relaxed", "contoso.example")
    covered = tags["h"].split(":")
    assert covered.count("from") == 2
    assert {"list-unsubscribe", "list-unsubscribe-post", "reply-to", "message-id"} <= set(covered)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Hello.", b"Hallo."),
        (b"mailroom.example/out/abc", b"mailroom.example/out/abd"),
        (b"Reply-To: olga@", b"Reply-To: evil@"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.0\r\nFrom: Evil <evil@evil.example>"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
    ],
)
async def test_whoever_changes_the_email_breaks_the_signature(
    key: DkimKey, old: bytes, new: bytes
) -> None:
    letter = await signed_letter(key)
    assert old in letter
    async with published(key) as resolver:
        assert not await verified(letter.replace(old, new), resolver)


async def test_the_dns_is_read_whole_or_not_at_all(key: DkimKey) -> None:
    async with published(key, {"torn.example": "broken"}) as resolver:
        (record,) = await resolver.txt("s1._domainkey.contoso.example")
        assert record.endswith(key.public_key)
        assert len(record) > 255
        assert await resolver.txt("nothing.example") == ()
        with pytest.raises(TransientError):
            await resolver.txt("torn.example")


def test_the_servers_own_certificate_is_checked(tls: Tls) -> None:
    assert relay(at(1), tls.ca_file)._tls.verify_mode is ssl.CERT_REQUIRED
