"""A mailbox's connection over real HTTP: consent, tokens, sending once, finding the copy again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.clock import SystemClock
from bot.domain.calendar import PLAIN
from bot.domain.delivery import DeliveryStatus, Outcome, OutgoingMail
from bot.domain.enrolment import Enrolment, StopReason, enrol, stop
from bot.domain.errors import ConsentRequiredError, PermanentError, UserMistakeError
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.domain.participant import Participant
from bot.domain.schedule import LIMITS
from bot.domain.suppression import Cause
from bot.entra.authority import Authority
from bot.entra.sign_in import EntraSignIn
from bot.entra.tokens import MailboxTokens
from bot.graph.client import GraphClients
from bot.graph.mail import GraphMail
from bot.jobs import Job, ReadBack
from bot.sandbox.demo.visitor import choose_account
from bot.services.conversations import Conversations
from bot.services.loading import Due
from bot.services.organisations import Organisations
from bot.services.sending import Sending
from bot.services.suppressions import Suppressions
from bot.storage.redis_store import RedisStore, open_store
from tests.contract import samples
from tests.contract.conftest import HandClock
from tests.harness.cloud import Cloud, User

REDIRECT = "http://127.0.0.1:9/connect/callback"
LATER = datetime(2099, 1, 1, tzinfo=UTC)
ANA = {"address": "ana@customer.example", "name": "Ana", "behaviours": []}


@dataclass
class World:
    """The real adapters of one mailbox, against the local cloud."""

    cloud: Cloud
    store: RedisStore
    authority: Authority
    clients: GraphClients
    sign_in: EntraSignIn
    tokens: MailboxTokens
    mail: GraphMail
    owner: User
    stranger: User
    mailbox: Mailbox

    async def callback(self, account: User, decision: str = "accept") -> dict[str, str]:
        """Go through Microsoft's page; return what the callback is given."""
        start = await self.sign_in.begin(self.mailbox, REDIRECT)
        landed = await choose_account(start, account.upn, decision)
        return dict(parse_qsl(urlsplit(landed).query))

    async def connect(self) -> None:
        """Have the owner consent."""
        await self.sign_in.keep(await self.sign_in.finish(await self.callback(self.owner)))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with aiohttp.ClientSession() as session:
        cloud = await Cloud.start(
            tmp_path, session, speed=50, arguments=["--redirect-uri", REDIRECT]
        )
        try:
            key = Fernet.generate_key().decode()
            async with open_store("", tmp_path / "data", [key], SystemClock()) as store:
                built = await _world(cloud, store)
                yield built
                await built.clients.aclose()
                built.authority.session.close()
        finally:
            await cloud.process.stop()


async def _world(cloud: Cloud, store: RedisStore) -> World:
    told = cloud.settings
    ca_bundle = Path(told["MAILROOM_CA_BUNDLE"])
    authority = Authority(
        told["MAILROOM_ENTRA_URL"],
        told["MAILROOM_APP_ID"],
        told["MAILROOM_APP_SECRET"],
        ca_bundle=ca_bundle,
    )
    tokens = MailboxTokens(authority, store.secrets)
    clients = GraphClients(told["MAILROOM_GRAPH_URL"], tokens, ca_bundle=ca_bundle, timeout=5)
    mail = GraphMail(clients, SystemClock())
    sign_in = EntraSignIn(authority, tokens, store.secrets, SystemClock(), mail.profile)
    owner, stranger = (await cloud.users())[2:4]
    mailbox = Mailbox(
        id="m1",
        tenant_id=told["MAILROOM_TENANT_ID"],
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
    return World(
        cloud=cloud,
        store=store,
        authority=authority,
        clients=clients,
        sign_in=sign_in,
        tokens=tokens,
        mail=mail,
        owner=owner,
        stranger=stranger,
        mailbox=mailbox,
    )


def email(number: int = 1, **changes: object) -> OutgoingMail:
    mail = OutgoingMail(
        to_address="ana@customer.example",
        to_name="Ana",
        subject="Hello",
        html="<p>Hi</p>",
        message_id=f"<{number:032x}.1@contoso.example>",
        key=f"{number:032x}.1",
    )
    return replace(mail, **changes)  # type: ignore[arg-type]


async def test_consent_says_who_signed_in_and_gives_tokens(world: World) -> None:
    signed_in = await world.sign_in.finish(await world.callback(world.owner))
    assert signed_in.identity.oid == world.owner.oid
    assert signed_in.identity.user_principal_name == world.owner.upn
    assert signed_in.identity.tenant_id == world.mailbox.tenant_id
    with pytest.raises(ConsentRequiredError):
        await world.tokens.token("m1")
    await world.sign_in.keep(signed_in)
    assert await world.tokens.token("m1")


async def test_another_account_is_told_apart(world: World) -> None:
    signed_in = await world.sign_in.finish(await world.callback(world.stranger))
    assert signed_in.identity.oid == world.stranger.oid


async def test_a_callback_is_used_up(world: World) -> None:
    parameters = await world.callback(world.owner)
    await world.sign_in.finish(parameters)
    with pytest.raises(UserMistakeError):
        await world.sign_in.finish(parameters)


async def test_a_declined_consent_is_told_in_words(world: World) -> None:
    with pytest.raises(UserMistakeError, match="declined"):
        await world.sign_in.finish(await world.callback(world.owner, "decline"))


async def test_a_foreign_code_does_not_hold(world: World) -> None:
    parameters = await world.callback(world.owner)
    with pytest.raises((PermanentError, UserMistakeError)):
        await world.sign_in.finish({**parameters, "code": "forged"})


async def test_tokens_are_renewed_and_gone_after_revocation(world: World) -> None:
    await world.connect()
    world.tokens.spoiled("m1")
    assert await world.tokens.token("m1")
    revoke = {"user": world.owner.oid, "what": "sessions"}
    await world.cloud.call("POST", "/control/revoke", revoke)
    # msal answers from its cache while the token in it is good; Graph's 401 is what spoils it.
    secrets = world.store.secrets
    kept = await secrets.get("tokens:m1")
    assert kept is not None
    await secrets.put("tokens:m1", kept[0].replace(b'\\"AccessToken\\"', b'\\"Nothing\\"'))
    world.tokens.spoiled("m1")
    with pytest.raises(ConsentRequiredError):
        await world.tokens.token("m1")


async def test_an_email_is_sent_once_and_its_copy_is_found_by_our_key(world: World) -> None:
    await world.connect()
    await world.cloud.call("POST", "/control/people", [ANA])
    report = await world.mail.send("m1", email(), until=LATER, wanted=samples.always)
    assert report.outcome is Outcome.ACCEPTED
    await world.cloud.until("mail.sent", lambda found: len(found) == 1, "one in Sent Items")
    copy = await world.mail.find_sent("m1", email().key)
    assert copy is not None
    assert copy.internet_message_id == email().message_id
    assert await world.mail.find_sent("m1", email(2).key) is None
    copies = await world.mail.sent_since("m1", copy.sent_at - timedelta(minutes=1))
    assert set(copies) == {email().key}


async def test_ids_that_exchange_rewrites_are_read_back(world: World) -> None:
    await world.connect()
    await world.cloud.call("POST", "/control/people", [ANA])
    await world.cloud.call("PUT", "/control/exchange", {"keeps_message_id": False})
    await world.mail.send("m1", email(), until=LATER, wanted=samples.always)
    await world.cloud.until("mail.sent", lambda found: len(found) == 1, "one in Sent Items")
    copy = await world.mail.find_sent("m1", email().key)
    assert copy is not None
    assert copy.internet_message_id not in ("", email().message_id)


@pytest.mark.parametrize("status", [429, 503, 504])
async def test_an_error_behind_which_mail_went_out_is_unknown_and_never_repeated(
    world: World, status: int
) -> None:
    await world.connect()
    await world.cloud.call("POST", "/control/people", [ANA])
    fault = {
        "match": {"method": "POST", "path": ".*sendMail"},
        "kind": "accepted_then_status",
        "status": status,
        "count": 1,
    }
    await world.cloud.call("POST", "/control/faults", fault)
    report = await world.mail.send("m1", email(), until=LATER, wanted=samples.always)
    assert report.outcome is Outcome.UNKNOWN
    await world.cloud.until("mail.sent", lambda found: len(found) == 1, "one in Sent Items")
    assert len(await world.cloud.journal("mail.submitted")) == 1
    assert await world.mail.find_sent("m1", email().key) is not None


async def test_a_reset_after_the_request_is_unknown(world: World) -> None:
    await world.connect()
    fault = {"match": {"method": "POST", "path": ".*sendMail"}, "kind": "reset", "count": 1}
    await world.cloud.call("POST", "/control/faults", fault)
    report = await world.mail.send("m1", email(), until=LATER, wanted=samples.always)
    assert report.outcome is Outcome.UNKNOWN


async def test_nothing_is_written_late_in_the_lease(world: World) -> None:
    await world.connect()
    passed = datetime.now(UTC) - timedelta(seconds=1)
    report = await world.mail.send("m1", email(), until=passed, wanted=samples.always)
    assert report.outcome is Outcome.NOT_WRITTEN
    assert await world.cloud.journal("mail.submitted") == []


async def test_a_refused_recipient_is_refused_for_good(world: World) -> None:
    await world.connect()
    report = await world.mail.send(
        "m1", email(to_address="nobody"), until=LATER, wanted=samples.always
    )
    assert report.outcome is Outcome.REFUSED
    assert report.detail


async def test_a_mailbox_without_consent_sends_nothing(world: World) -> None:
    with pytest.raises(ConsentRequiredError):
        await world.mail.send("m1", email(), until=LATER, wanted=samples.always)
    assert await world.cloud.journal("graph.call") == []


# -- a sender that vanishes between the claim and the settling ---------------------------------


async def enrolled(world: World) -> tuple[Sending, Enrolment, HandClock]:
    """Keep one enrolment that is due, and return what sends it."""
    await world.connect()
    await world.cloud.call("POST", "/control/people", [ANA])
    clock = HandClock(datetime.now(UTC))
    sequence = replace(samples.sequence(), tenant_id=world.mailbox.tenant_id)
    active = replace(world.mailbox, status=MailboxStatus.ACTIVE)
    person = Participant(address="ana@customer.example", fields={})
    due = enrol(
        samples.BATCH, person, sequence, calendar=PLAIN, domain="contoso.example", start=clock.now()
    )
    for record in (active, sequence, due):
        await world.store.records.save(record, at=clock.now())
    organisations = Organisations([samples.organisation(active.tenant_id)])
    records = world.store.records
    sending = Sending(
        records=records,
        queue=world.store.sends,
        jobs=world.store.jobs,
        mail=world.mail,
        relaying=cast(Any, None),  # nothing leaves by SMTP here
        composing=samples.composing(organisations),
        conversations=Conversations(records, organisations, clock),
        suppressions=Suppressions(records, organisations, clock),
        organisations=organisations,
        former=cast(Any, None),  # nothing has moved
        clock=clock,
    )
    return sending, due, clock


async def claimed(sending: Sending) -> Due:
    """Return the one claim there is; the queue looks at every shard within a quarter second."""
    for _ in range(100):
        claims = await sending.claim(10)
        if claims:
            return claims[0]
        await asyncio.sleep(0.02)
    raise AssertionError("nothing to claim")


async def run_until_rest(world: World, sending: Sending, due: Enrolment, clock: HandClock) -> int:
    """Handle claims whenever they come due; return how many it took to settle the first email."""
    for handled in range(1, 20):
        await sending.handle(await claimed(sending))
        (known,) = await world.store.records.enrolments("m1", [due.id])
        if known.deliveries[0].status is DeliveryStatus.SENT:
            return handled
        assert known.next_due is not None
        clock.moment = max(clock.moment + LIMITS.pace, known.next_due)
    raise AssertionError("never settled")


async def test_what_left_before_its_sender_vanished_is_found_and_not_sent_again(
    world: World,
) -> None:
    sending, due, clock = await enrolled(world)
    await claimed(sending)
    served = Organisations([samples.organisation(due.tenant_id)])
    mail = samples.composing(served).compose(due, samples.sequence(), "Owner")
    await world.mail.send("m1", mail, until=LATER, wanted=samples.always)
    await world.cloud.until("mail.sent", lambda found: len(found) == 1, "one in Sent Items")
    clock.forward(timedelta(minutes=5))
    assert await run_until_rest(world, sending, due, clock) == 1
    assert len(await world.cloud.journal("mail.submitted")) == 1


async def test_nothing_is_written_to_whoever_opted_out_after_the_claim(world: World) -> None:
    sending, due, clock = await enrolled(world)
    taken = await claimed(sending)
    served = Organisations([samples.organisation(due.tenant_id)])
    suppressions = Suppressions(world.store.records, served, clock)
    await suppressions.add(due.tenant_id, "ANA@customer.example", Cause.OPTED_OUT)
    clock.forward(timedelta(seconds=1))  # its token took a while
    await sending.handle(taken)
    assert await world.cloud.journal("mail.submitted") == []
    clock.forward(timedelta(minutes=2))
    await sending.handle(await claimed(sending))
    (known,) = await world.store.records.enrolments("m1", [due.id])
    assert known.stopped_for is StopReason.OPTED_OUT
    assert all(each.cancelled for each in known.deliveries)
    assert known.next_due is None
    assert await world.cloud.journal("mail.submitted") == []


async def test_ids_are_read_back_from_the_first_email_on(world: World) -> None:
    sending, _, clock = await enrolled(world)
    left = clock.now()
    await sending.handle(await claimed(sending))
    clock.forward(timedelta(hours=1))
    jobs: list[Job] = []
    for _ in range(100):
        jobs += [each.job for each in await world.store.jobs.take(clock.now(), 256, LIMITS.lease)]
        if len(jobs) == 2:  # and the live card
            break
        await asyncio.sleep(0.02)
    assert [each.since for each in jobs if isinstance(each, ReadBack)] == [left]


async def test_what_never_left_is_looked_for_all_the_grace_and_then_sent_once(
    world: World,
) -> None:
    sending, due, clock = await enrolled(world)
    await claimed(sending)
    vanished = clock.forward(timedelta(minutes=5))
    handled = await run_until_rest(world, sending, due, clock)
    assert handled >= 4
    assert clock.now() - vanished >= timedelta(minutes=15)
    assert len(await world.cloud.journal("mail.submitted")) == 1


async def test_an_answer_that_comes_while_the_token_is_fetched_holds_it_back(world: World) -> None:
    sending, due, clock = await enrolled(world)
    taken = await claimed(sending)
    (known,) = await world.store.records.enrolments("m1", [due.id])
    answered = stop(known, StopReason.REPLIED, 1, clock.now())
    await world.store.records.save(answered, at=clock.now())
    clock.forward(timedelta(seconds=1))
    await sending.handle(taken)
    assert await world.cloud.journal("mail.submitted") == []
    (known,) = await world.store.records.enrolments("m1", [due.id])
    assert known.next_due is None
