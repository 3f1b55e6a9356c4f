"""A mailbox in the local cloud, read and watched over HTTP: answers, bounces, threads, doubts."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.fernet import Fernet

from bot.clock import SystemClock
from bot.domain.delivery import Outcome, OutgoingMail
from bot.domain.errors import ConsentRequiredError, PermanentError, TransientError
from bot.domain.inbound import IncomingMail
from bot.domain.inbound.kinds import Kind
from bot.domain.inbound.reader import may_be_report, read_mime
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.domain.records import Told
from bot.entra.authority import Authority
from bot.entra.sign_in import EntraSignIn
from bot.entra.tokens import MailboxTokens
from bot.graph.client import GraphClients
from bot.graph.mail import GraphMail
from bot.graph.notifications import parse
from bot.graph.subscriptions import GraphSubscriptions
from bot.sandbox.demo.visitor import choose_account
from bot.storage.redis_store import open_store
from tests.contract import samples
from tests.harness.cloud import Cloud, Entry, User
from tests.harness.processes import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
REDIRECT = "http://127.0.0.1:9/connect/callback"
HOOK = "https://hook.example"
INBOX = "me/mailFolders('Inbox')/messages"
LATER = datetime(2099, 1, 1, tzinfo=UTC)
SPEED = 50.0


class Hook:
    """Where the cloud posts notifications to."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    async def receive(self, request: web.Request) -> web.Response:
        """Echo the validation token; keep whatever else comes."""
        if token := request.query.get("validationToken"):
            return web.Response(text=token, content_type="text/plain")
        self.told.extend(parse(await request.read()))
        return web.Response(status=202)

    async def until(self, message: str) -> list[Told]:
        """Return what was told once there is something."""
        for _ in range(400):
            if self.told:
                return self.told
            await asyncio.sleep(0.05)
        raise AssertionError(f"no notification: {message}")


@dataclass
class World:
    """The real adapters against the local cloud. Every test has a mailbox id of its own."""

    cloud: Cloud
    hook: Hook
    authority: Authority
    tokens: MailboxTokens
    sign_in: EntraSignIn
    clients: GraphClients
    mail: GraphMail
    subscriptions: GraphSubscriptions
    owner: User
    mailbox: Mailbox
    written: int = 0

    async def callback(self, decision: str = "accept") -> dict[str, str]:
        """Go through Microsoft's page; return what the callback is given."""
        start = await self.sign_in.begin(self.mailbox, REDIRECT)
        landed = await choose_account(start, self.owner.upn, decision)
        return dict(parse_qsl(urlsplit(landed).query))

    async def connect(self) -> str:
        """Have the owner consent; return the mailbox's id."""
        await self.sign_in.keep(await self.sign_in.finish(await self.callback()))
        return self.mailbox.id

    def email(self, to: str, **changes: Any) -> OutgoingMail:
        """Return an email like no other."""
        self.written += 1
        identity = hashlib.sha256(f"{self.mailbox.id} {self.written}".encode()).hexdigest()[:32]
        mail = OutgoingMail(
            to_address=to,
            to_name="",
            subject="Hello",
            html="<p>Hi</p>",
            message_id=f"<{identity}.1@contoso.example>",
            key=f"{identity}.1",
        )
        return replace(mail, **changes)

    async def new(self, kind: str, message_id: str, count: int = 1) -> list[Entry]:
        """Return the journal's entries about one message, once there are `count`."""

        def ours(entries: list[Entry]) -> list[Entry]:
            return [each for each in entries if message_id in json.dumps(each)]

        found = await self.cloud.until(kind, lambda all: len(ours(all)) >= count, message_id)
        return ours(found)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory, port, hook = tmp_path_factory.mktemp("cloud"), free_port(), Hook()
    application = web.Application()
    application.router.add_post("/{path:.*}", hook.receive)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with aiohttp.ClientSession() as session:
        arguments = ["--redirect-uri", REDIRECT, "--host-map", f"{HOOK}=http://127.0.0.1:{port}"]
        cloud = await Cloud.start(directory, session, speed=SPEED, arguments=arguments)
        try:
            key = Fernet.generate_key().decode()
            async with open_store("", directory / "data", [key], SystemClock()) as store:
                told = cloud.settings
                bundle = Path(told["MAILROOM_CA_BUNDLE"])
                authority = Authority(
                    told["MAILROOM_ENTRA_URL"],
                    told["MAILROOM_APP_ID"],
                    told["MAILROOM_APP_SECRET"],
                    ca_bundle=bundle,
                )
                tokens = MailboxTokens(authority, store.secrets)
                clients = GraphClients(
                    told["MAILROOM_GRAPH_URL"], tokens, ca_bundle=bundle, timeout=5
                )
                mail = GraphMail(clients, SystemClock())
                owner = (await cloud.users())[2]
                yield World(
                    cloud, hook, authority, tokens,
                    EntraSignIn(authority, tokens, store.secrets, SystemClock(), mail.profile),
                    clients, mail, GraphSubscriptions(clients), owner,
                    _mailbox(owner, told["MAILROOM_TENANT_ID"]),
                )  # fmt: skip
                await clients.aclose()
                authority.session.close()
        finally:
            await cloud.process.stop()
            await runner.cleanup()


def _mailbox(owner: User, tenant_id: str) -> Mailbox:
    return Mailbox(
        id="m0",
        tenant_id=tenant_id,
        address=owner.upn,
        owner_name=owner.name,
        owner_oid=owner.oid,
        permission=Permission.READ_SEND,
        status=MailboxStatus.INVITED,
        invited_by="admin",
        invited_by_name="Admin",
        invite=1,
        invite_expires=LATER,
    )


@pytest_asyncio.fixture(loop_scope="module")
async def world(running: World, request: pytest.FixtureRequest) -> World:
    # The consent of the test before is taken back: every test's person is asked anew.
    who = {"user": running.owner.oid, "what": "consent"}
    await running.cloud.call("POST", "/control/revoke", who)
    await running.cloud.call("PUT", "/control/consent", {"mode": "user-ok"})
    await running.cloud.call("DELETE", "/control/faults")
    running.hook.told.clear()
    running.mailbox = replace(
        running.mailbox, id=request.node.name, permission=Permission.READ_SEND
    )
    return running


async def person(world: World, address: str, *behaviours: dict[str, Any]) -> str:
    """Have somebody live outside; return the address."""
    told = {"address": address, "name": "Ana Example", "behaviours": list(behaviours)}
    await world.cloud.call("POST", "/control/people", [told])
    return address


async def subscribe(world: World, state: str = "state") -> tuple[str, datetime]:
    """Watch the Inbox as long as Graph lets us."""
    return await world.subscriptions.create(
        world.mailbox.id,
        INBOX,
        url=f"{HOOK}/graph/notifications",
        lifecycle_url=f"{HOOK}/graph/lifecycle",
        client_state=state,
        expires=await world.cloud.now() + timedelta(days=6),
    )


async def told_of(world: World, what: str) -> IncomingMail:
    """Return the message a notification tells of."""
    ((_, state, tenant_id, message_id, _), *_) = await world.hook.until(what)
    assert (state, tenant_id) == ("state", world.mailbox.tenant_id)
    found = await world.mail.fetch(world.mailbox.id, message_id)
    assert found is not None
    return found


async def test_an_answer_is_told_of_and_names_what_it_answers(world: World) -> None:
    mailbox_id = await world.connect()
    ana = await person(world, "ana@reply.example", {"on": "any", "do": "reply", "after": 5})
    await subscribe(world)
    email = world.email(ana)
    assert (
        await world.mail.send(mailbox_id, email, until=LATER, wanted=samples.always)
    ).outcome is Outcome.ACCEPTED
    answer = await told_of(world, "an answer")
    assert answer.from_address == ana
    assert email.message_id in (*answer.in_reply_to, *answer.references)
    assert not may_be_report(answer)
    mime = await world.mail.mime(mailbox_id, answer.id)
    assert read_mime(mime, message_class=answer.message_class).kind is Kind.HUMAN_REPLY
    assert email.message_id.encode() in mime


async def test_a_bounce_is_known_by_its_class_and_says_whose(world: World) -> None:
    mailbox_id = await world.connect()
    await person(world, "somebody@bounce.example")
    await subscribe(world)
    email = world.email("nobody@bounce.example")
    await world.mail.send(mailbox_id, email, until=LATER, wanted=samples.always)
    bounce = await told_of(world, "a bounce")
    assert may_be_report(bounce)
    assert bounce.message_class.upper().startswith("REPORT.IPM.NOTE.NDR")
    report = read_mime(await world.mail.mime(mailbox_id, bounce.id))
    assert report.kind is Kind.BOUNCE_HARD
    assert report.original_message_id == email.message_id
    assert report.recipients == ("nobody@bounce.example",)


async def test_a_follow_up_is_in_its_thread(world: World) -> None:
    mailbox_id = await world.connect()
    ana = await person(world, "ana@thread.example")
    first = world.email(ana)
    second = world.email(ana, subject="Re: Hello", references=("<root@x>", first.message_id))
    for each in (first, second):
        await world.mail.send(mailbox_id, each, until=LATER, wanted=samples.always)
    (delivered,) = await world.new("mail.delivered", f'"internetMessageId": "{second.message_id}"')
    assert delivered["in_reply_to"] == first.message_id
    assert delivered["references"] == ["<root@x>", first.message_id]
    since = await world.cloud.now() - timedelta(hours=12)
    for each in (first, second):
        await world.new("mail.sent", each.message_id)
    copies = await world.mail.sent_since(mailbox_id, since)
    assert {first.key, second.key} <= set(copies)
    conversations = {copies[each.key].conversation_id for each in (first, second)}
    assert len(conversations) == 1


async def test_a_copy_on_its_way_is_found_in_drafts(world: World) -> None:
    mailbox_id = await world.connect()
    ana = await person(world, "ana@drafts.example")
    await world.cloud.call("PUT", "/control/exchange", {"sent_items_delay": 3600})
    try:
        email = world.email(ana)
        await world.mail.send(mailbox_id, email, until=LATER, wanted=samples.always)
        copy = await world.mail.find_sent(mailbox_id, email.key)
        assert copy is not None
        assert abs(copy.sent_at - await world.cloud.now()) < timedelta(hours=1)
    finally:
        await world.cloud.call("PUT", "/control/exchange", {"sent_items_delay": 0})


async def test_accepted_and_then_silence_is_found_again_and_was_sent_once(world: World) -> None:
    mailbox_id = await world.connect()
    ana = await person(world, "ana@doubt.example")
    for kind in ("accepted_then_reset", "accepted_then_status"):
        fault = {"match": {"path": "sendMail"}, "kind": kind, "status": 504, "count": 1}
        await world.cloud.call("POST", "/control/faults", fault)
        email = world.email(ana)
        report = await world.mail.send(mailbox_id, email, until=LATER, wanted=samples.always)
        assert report.outcome is Outcome.UNKNOWN
        assert len(await world.new("mail.sent", email.message_id)) == 1
        assert len(await world.new("mail.submitted", email.message_id)) == 1
        assert await world.mail.find_sent(mailbox_id, email.key) is not None


async def test_a_copy_that_no_search_sees_is_found_by_paging(world: World) -> None:
    mailbox_id = await world.connect()
    email = world.email(await person(world, "ana@unindexed.example"))
    await world.mail.send(mailbox_id, email, until=LATER, wanted=samples.always)
    assert len(await world.new("mail.sent", email.message_id)) == 1
    await world.cloud.call("PUT", "/control/exchange", {"finds_by_property": False})
    try:
        assert await world.mail.find_sent(mailbox_id, email.key) is None
        since = await world.cloud.now() - timedelta(hours=1)
        assert email.key in await world.mail.sent_since(mailbox_id, since)
    finally:
        await world.cloud.call("PUT", "/control/exchange", {"finds_by_property": True})


async def test_slower_than_we_wait_is_unknown(world: World) -> None:
    mailbox_id = await world.connect()
    ana = await person(world, "ana@slow.example")
    fault = {"match": {"path": "sendMail"}, "kind": "latency", "seconds": 0.6, "count": 1}
    await world.cloud.call("POST", "/control/faults", fault)
    hasty = GraphClients(world.clients.url, world.tokens, ca_bundle=None, timeout=0.3)
    email = world.email(ana)
    report = await GraphMail(hasty, SystemClock()).send(
        mailbox_id, email, until=LATER, wanted=samples.always
    )
    await hasty.aclose()
    assert report.outcome is Outcome.UNKNOWN


async def test_who_may_only_read_does_not_send(world: World) -> None:
    world.mailbox = replace(world.mailbox, permission=Permission.READ_ONLY)
    mailbox_id = await world.connect()
    ana = await person(world, "ana@readonly.example")
    report = await world.mail.send(mailbox_id, world.email(ana), until=LATER, wanted=samples.always)
    assert (report.outcome, report.code) == (Outcome.REFUSED, "ErrorAccessDenied")
    assert await world.mail.find_sent(mailbox_id, "x") is None


async def refreshes(world: World) -> int:
    entries = await world.cloud.journal("entra.token")
    return len([each for each in entries if each["grant"] == "refresh_token"])


async def test_a_token_graph_refuses_is_renewed(world: World) -> None:
    mailbox_id = await world.connect()
    before = await refreshes(world)
    fault = {"match": {"method": "GET"}, "kind": "status", "status": 401, "count": 1}
    await world.cloud.call("POST", "/control/faults", fault)
    with pytest.raises(TransientError):
        await world.mail.find_sent(mailbox_id, "x")
    assert await world.mail.find_sent(mailbox_id, "x") is None
    assert await refreshes(world) == before + 1


@pytest.mark.parametrize("what", ["sessions", "consent"])
async def test_a_revocation_shows_once_graph_refuses_the_token(world: World, what: str) -> None:
    mailbox_id = await world.connect()
    await world.mail.find_sent(mailbox_id, "x")
    revoked = {"user": world.owner.oid, "what": what}
    await world.cloud.call("POST", "/control/revoke", revoked)
    fault = {"match": {"method": "GET"}, "kind": "status", "status": 401, "count": 1}
    await world.cloud.call("POST", "/control/faults", fault)
    with pytest.raises(TransientError):
        await world.mail.find_sent(mailbox_id, "x")
    with pytest.raises(ConsentRequiredError):
        await world.mail.find_sent(mailbox_id, "x")
    submitted = len(await world.cloud.journal("mail.submitted"))
    with pytest.raises(ConsentRequiredError):
        await world.mail.send(
            mailbox_id, world.email("ana@x.example"), until=LATER, wanted=samples.always
        )
    assert len(await world.cloud.journal("mail.submitted")) == submitted
    # The owner comes back, and all is well.
    await world.connect()
    assert await world.mail.find_sent(mailbox_id, "x") is None


@pytest.mark.parametrize("mode", ["admin-required", "microsoft-managed"])
async def test_who_may_not_consent_is_told_to_ask_an_administrator(world: World, mode: str) -> None:
    await world.cloud.call("PUT", "/control/consent", {"mode": mode})
    with pytest.raises(PermanentError) as refused:
        await world.sign_in.finish(await world.callback("decline"))
    assert refused.value.code == "admin_approval"


async def test_a_second_subscription_takes_the_firsts_place(world: World) -> None:
    mailbox_id = await world.connect()
    first, _ = await subscribe(world, "old state")
    second, expires = await subscribe(world)
    assert first != second
    assert await world.subscriptions.renew(mailbox_id, first, expires) is None
    later = expires + timedelta(hours=1)
    renewed = await world.subscriptions.renew(mailbox_id, second, later)
    assert renewed is not None
    assert abs(renewed - later) < timedelta(seconds=1)
    await world.cloud.call("POST", "/control/mail", {
        "from": "ana@second.example", "to": world.owner.upn, "subject": "Hi", "text": "Hi",
    })  # fmt: skip
    assert (await told_of(world, "a fresh mail")).from_address == "ana@second.example"


async def test_a_subscription_that_was_removed_is_told_of_and_gone(world: World) -> None:
    mailbox_id = await world.connect()
    known, expires = await subscribe(world)
    removed = {"subscription": known, "event": "subscriptionRemoved"}
    await world.cloud.call("POST", "/control/lifecycle", removed)
    (told, *_) = await world.hook.until("a lifecycle event")
    assert told == (known, "state", world.mailbox.tenant_id, "", "subscriptionRemoved")
    for _ in range(100):
        if await world.subscriptions.renew(mailbox_id, known, expires) is None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the subscription lives on")


async def test_a_subscription_that_was_ended_is_told_of_no_more(world: World) -> None:
    mailbox_id = await world.connect()
    known, expires = await subscribe(world)
    for _ in range(2):  # the second time there is none
        await world.subscriptions.delete(mailbox_id, known)
    assert await world.subscriptions.renew(mailbox_id, known, expires) is None


@pytest.mark.parametrize(
    ("method", "status"),
    [("PATCH", 404), ("PATCH", 409), ("PATCH", 410), ("DELETE", 404), ("DELETE", 410)],
)
async def test_every_word_for_gone_is_understood(world: World, method: str, status: int) -> None:
    mailbox_id = await world.connect()
    known, expires = await subscribe(world)
    match = {"method": method, "path": f"/subscriptions/{known}$"}
    fault = {"match": match, "kind": "status", "status": status}
    await world.cloud.call("POST", "/control/faults", fault)
    if method == "PATCH":
        assert await world.subscriptions.renew(mailbox_id, known, expires) is None
    else:
        await world.subscriptions.delete(mailbox_id, known)


async def test_more_at_once_than_graph_allows_is_waited_for_here(world: World) -> None:
    mailbox_id = await world.connect()
    ana = await person(world, "ana@many.example")
    emails = [world.email(ana) for _ in range(12)]
    sending = [
        world.mail.send(mailbox_id, each, until=LATER, wanted=samples.always) for each in emails
    ]
    looking = [world.mail.find_sent(mailbox_id, each.key) for each in emails]
    reports, _ = await asyncio.gather(asyncio.gather(*sending), asyncio.gather(*looking))
    assert {each.outcome for each in reports} == {Outcome.ACCEPTED}
    throttled = [each for each in await world.cloud.journal("graph.call") if each["status"] == 429]
    assert throttled == []
