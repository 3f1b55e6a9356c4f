"""A program sent by SMTP through the whole installation: under the organisation's own domain, from
our address, answers into a mailbox that is only read (A2, A13-A16, G13).
"""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import aiohttp
import dkim
import pytest
import pytest_asyncio

from tests.harness.cloud import User
from tests.harness.hands import Card, Hands, elements
from tests.harness.installation import Installation, installation
from tests.harness.post_office import Letter, PostOffice, name_server, post_office

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLATFORM = "programs@mail.example"
DOMAIN = "mail.contoso.example"
ANA, BEN, CARL = (f"{name}@customer.example" for name in ("ana", "ben", "carl"))
NDR = """\
From: MAILER-DAEMON@mx.customer.example
To: {path}
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}

--b--
"""


@dataclass
class Program:
    """An organisation with a mailbox that is only read, and a relay."""

    built: Installation
    hands: Hands
    office: PostOffice
    names: dict[str, str]
    admin: User
    owner: User
    member: User
    session: aiohttp.ClientSession = field(default_factory=aiohttp.ClientSession)

    async def letters(self, many: int, address: str = "") -> list[Letter]:
        """Return the program's emails to somebody, once there are as many."""
        found: list[Letter] = []
        for _ in range(400):
            found = [
                each
                for each in self.office.letters
                if address in each.recipients[0] and each.sender != PLATFORM
            ]
            if len(found) >= many:
                break
            await asyncio.sleep(0.05)
        assert len(found) == many, [each.recipients for each in self.office.letters]
        return found

    async def returned(self, path: str, action: str, status: str) -> int:
        """Hand a report over as the mail server would; return what the door answered."""
        report = NDR.format(path=path, address=BEN, action=action, status=status)
        url = f"{self.built.public_url}/returned"
        async with self.session.post(url, params={"to": path}, data=report.encode()) as answer:
            return answer.status

    async def history(self) -> str:
        """Return Distribution History once everything that is due has happened."""
        await self.built.caught_up(await self.built.cloud.now())
        return await self.hands.told(self.admin, "history")


def read(letter: Letter) -> EmailMessage:
    told = email.message_from_bytes(letter.content, policy=email.policy.default)
    assert isinstance(told, EmailMessage)
    return told


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def program(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    names: dict[str, str] = {}
    async with post_office() as office, name_server(names) as server:
        settings = {
            "MAILROOM_SMTP_URL": f"smtp://127.0.0.1:{office.port}",
            "MAILROOM_SMTP_FROM": PLATFORM,
            "MAILROOM_DNS_SERVER": server,
        }
        async with installation(tmp_path_factory.mktemp("smtp"), settings) as built:
            cloud = built.cloud
            admin, _, owner, _, _, member = await cloud.users()
            for user in (admin, owner, member):
                await cloud.install(user)
            people = [{"address": each, "behaviours": []} for each in (ANA, BEN, CARL)]
            await cloud.call("POST", "/control/people", people)
            hands = Hands(cloud)
            made = Program(built, hands, office, names, admin, owner, member)
            yield made
            await made.session.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def connected(program: Program) -> Program:
    """The owner lets their mailbox be read, by the link of the email."""
    card = await program.hands.ask(program.admin, "invite")
    inputs = {"person": program.owner.oid, "address": program.owner.upn, "permission": "read_only"}
    await program.hands.press(card, "invite.send", inputs)
    for _ in range(400):
        if program.office.letters:
            break
        await asyncio.sleep(0.05)
    told = read(program.office.letters[0])
    body = told.get_body(("html",))
    assert body is not None
    links = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', body.get_content())
    assert [words for _, words in links] == ["Authenticate with Microsoft"]
    status, page = await program.built.cloud.sign_in(links[0][0], program.owner)
    assert status == 200, page
    await program.hands.shows(card, "Active")
    await program.built.caught_up(await program.built.cloud.now())
    return program


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sent(connected: Program) -> Program:
    """A sequence of two, the first under the organisation's domain, the second from our address."""
    hands, admin = connected.hands, connected.admin
    card = await hands.ask(admin, "domains")
    assert "Not verified" in await hands.press(card, "domain.add", {"new_domain": DOMAIN})
    form = await hands.ask(admin, "new sequence")
    with pytest.raises(AssertionError, match="no “DKIM"):
        await hands.choice(form, "mailbox", "DKIM")
    shown = {
        each["id"]: each["value"] for each in elements(await hands.shown(card)) if "id" in each
    }
    connected.names[shown["name_1"]] = shown["value_1"]
    assert "Verified" in await hands.press(card, "domain.verify")
    form = await hands.ask(admin, "new sequence")
    await write(connected, form)
    card = await hands.ask(admin, "distribute")
    chosen = {"sequence": await hands.choice(card, "sequence", "By relay")}
    people = f"Ana Abel <{ANA}>\nBen <{BEN}>\nCarl <{CARL}>"
    told = await hands.press(card, "distribute.check", chosen | {"recipients": people})
    assert f"@{DOMAIN} (DKIM)" in told
    assert f"@{DOMAIN} (DKIM)" in await hands.press(card, "distribute.confirm")
    await connected.letters(3)
    return connected


async def write(program: Program, form: Card) -> None:
    first = {
        "name": "By relay",
        "mailbox": await program.hands.choice(form, "mailbox", "DKIM"),
        "subject_1": "A question für {{First Name}}",
        "body_1": "Hello {{First Name}}.",
        "from_1": "organisation",
    }
    second = {"subject_2": "Again", "body_2": "Hello?", "delay_2": "3", "from_2": "platform"}
    await program.hands.press(form, "sequence.add_email", first)
    told = await program.hands.press(form, "sequence.save", first | second)
    assert f"@{DOMAIN} (DKIM)" in told


async def test_the_owner_is_invited_by_email_too_and_once(connected: Program) -> None:
    invitations = [each for each in connected.office.letters if each.sender == PLATFORM]
    assert len(invitations) == 1
    assert invitations[0].recipients == [connected.owner.upn]
    assert connected.owner.upn in str(read(invitations[0])["To"])


@pytest.mark.parametrize("command", ["domains"])
async def test_a_member_is_refused(connected: Program, command: str) -> None:
    told = await connected.hands.told(connected.member, command)
    assert "Only organisation admins" in told


async def test_it_comes_from_the_organisations_domain_signed_and_answers_go_to_the_mailbox(
    sent: Program,
) -> None:
    (letter,) = await sent.letters(1, ANA)
    told = read(letter)
    local, _, _ = sent.owner.upn.partition("@")
    assert told["From"].addresses[0].addr_spec == f"{local}@{DOMAIN}"
    assert told["From"].addresses[0].display_name == sent.owner.name
    assert told["Reply-To"] == sent.owner.upn
    assert told["Subject"] == "A question für Ana"
    assert letter.sender.endswith("@mail.example")
    record = next(iter(sent.names.values())).encode()
    assert dkim.verify(letter.content, dnsfunc=lambda name, timeout: record)
    assert len({each.sender for each in await sent.letters(3)}) == 3


async def test_nothing_left_through_the_mailbox(sent: Program) -> None:
    assert await sent.built.cloud.journal("mail.submitted") == []


async def test_an_answer_into_the_mailbox_stops_the_sequence(sent: Program) -> None:
    (letter,) = await sent.letters(1, ANA)
    answer = {
        "from": ANA,
        "to": sent.owner.upn,
        "subject": "Re: A question",
        "text": "Yes.",
        "in_reply_to": str(read(letter)["Message-ID"]),
    }
    await sent.built.cloud.call("POST", "/control/mail", answer)
    await sent.built.cloud.until("notification.delivered", bool, "the answer told of")
    assert "1 Responded" in await sent.history()


async def test_what_comes_back_counts_for_the_email_it_was_sent_under(sent: Program) -> None:
    (letter,) = await sent.letters(1, BEN)
    assert await sent.returned(letter.sender, "delayed", "4.4.1") == 204
    assert "Bounced" not in await sent.history()
    forged = letter.sender[:10] + ("a" if letter.sender[10] != "a" else "b") + letter.sender[11:]
    assert await sent.returned(forged, "failed", "5.1.1") == 404
    assert await sent.returned(PLATFORM, "failed", "5.1.1") == 404
    assert "Bounced" not in await sent.history()
    for _ in range(2):  # told twice, it counts once
        assert await sent.returned(letter.sender, "failed", "5.1.1") == 204
    assert "1 Bounced" in await sent.history()


async def test_the_follow_up_joins_the_thread_though_its_sender_changes(sent: Program) -> None:
    for _ in range(7):
        await sent.built.cloud.jump_by(12 * 3600)
        await sent.built.caught_up(await sent.built.cloud.now())
    first, second = map(read, await sent.letters(2, CARL))
    assert second["From"].addresses[0].addr_spec == PLATFORM
    assert second["Reply-To"] == sent.owner.upn
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["References"] == first["Message-ID"]
    assert second["Subject"] == "Re: A question für Carl"
    assert len(await sent.letters(4)) == 4  # nobody else was written to again
