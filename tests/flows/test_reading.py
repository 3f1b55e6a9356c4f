"""What arrives in a connected mailbox, read out of the local cloud into a real store."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from bot.bootstrap import Parts
from bot.config import Settings
from bot.domain.calendar import PLAIN
from bot.domain.delivery import DeliveryStatus, Outcome, SendReport
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, enrol
from bot.domain.errors import PermanentError, TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.participant import Participant
from bot.domain.records import Notification
from bot.domain.sequence import Sequence as MailSequence
from bot.domain.submission import after_send
from bot.domain.suppression import Cause
from bot.jobs import ReadBack
from bot.outside import Outside, opened
from bot.ports import QueuedJob
from bot.sandbox.demo.visitor import choose_account
from bot.services.organisations import Organisations
from bot.services.reading import Reading
from bot.services.sent_items import SentItems
from bot.services.suppressions import Suppressions
from tests.contract import samples
from tests.harness.cloud import Cloud, Entry, User

pytestmark = pytest.mark.asyncio(loop_scope="module")
REDIRECT = "http://127.0.0.1:9/connect/callback"
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)
SPEED = 50.0
ORGANISATIONS = Organisations([])


@dataclass
class Desk:
    """The real adapters and what reads with them; every test has a mailbox of its own."""

    cloud: Cloud
    outside: Outside
    reading: Reading
    owner: User
    mailbox: Mailbox

    async def connect(self) -> None:
        """Have the owner consent, and the mailbox Active."""
        sign_in = self.outside.sign_in
        start = await sign_in.begin(self.mailbox, REDIRECT)
        landed = await choose_account(start, self.owner.upn)
        await sign_in.keep(await sign_in.finish(dict(parse_qsl(urlsplit(landed).query))))
        await self.keep(MailboxStatus.ACTIVE)

    async def keep(self, status: MailboxStatus) -> None:
        """Put the mailbox into the store with that status."""
        known = await self.known()
        rev = known.rev if known else 0
        kept = replace(self.mailbox, status=status, rev=rev)
        await self.outside.store.records.save(kept, at=await self.cloud.now())

    async def known(self) -> Mailbox | None:
        """Return the mailbox as it stands in the store."""
        tenant_id = self.mailbox.tenant_id
        return await self.outside.store.records.get(Mailbox, tenant_id, self.mailbox.id)

    async def sent(self, address: str) -> Enrolment:
        """Enrol somebody and send them the first email, which is noted as sent."""
        now = await self.cloud.now()
        sequence = replace(samples.sequence(self.mailbox.id), tenant_id=self.mailbox.tenant_id)
        records, tenant_id = self.outside.store.records, sequence.tenant_id
        if await records.get(MailSequence, tenant_id, sequence.id) is None:
            await records.save(sequence, at=now)
        person = Participant(address=address, fields={})
        due = enrol(
            samples.BATCH, person, sequence, calendar=PLAIN, domain="contoso.example", start=now
        )
        served = Organisations([samples.organisation(self.mailbox.tenant_id)])
        mail = samples.composing(served).compose(due, sequence, self.owner.name)
        later = now + timedelta(hours=1)
        await self.outside.mail.send(self.mailbox.id, mail, until=later, wanted=samples.always)
        left = after_send(due, 1, ACCEPTED, samples.schedule(), now)
        await self.outside.store.records.save(left, at=now)
        return left

    async def arrived(self, mark: str) -> Notification:
        """Return the notification of the last mail with that sender (or answering that id)."""

        def theirs(found: list[Entry]) -> list[Entry]:
            return [each for each in found if mark in json.dumps(each)]

        found = await self.cloud.until("mail.arrived", lambda all: bool(theirs(all)), mark)
        return Notification(
            mailbox_id=self.mailbox.id,
            tenant_id=self.mailbox.tenant_id,
            message_id=theirs(found)[-1]["id"],
        )

    async def at(self, moment: datetime) -> None:
        """Wait until our own clock has followed the cloud's."""
        for _ in range(200):
            if self.outside.clock.now() >= moment:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"it never becomes {moment}")

    async def now(self, enrolment: Enrolment) -> Enrolment:
        """Return an enrolment as it stands."""
        records = self.outside.store.records
        (known,) = await records.enrolments(self.mailbox.id, [enrolment.id])
        return known

    async def jobs(self) -> list[str]:
        """Take every job there is for this mailbox; return their keys."""
        far = datetime.max.replace(tzinfo=(await self.cloud.now()).tzinfo) - timedelta(days=400)
        taken: list[QueuedJob] = []
        for _ in range(20):
            taken += await self.outside.store.jobs.take(far, 256, timedelta(days=1))
        return [each.job.key for each in taken]

    async def queued(self, key: str) -> None:
        """Wait until a job of that key is found: every shard is looked at now and then."""
        for _ in range(200):
            if key in await self.jobs():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"there is never a job {key}")


async def person(cloud: Cloud, address: str, *behaviours: dict[str, object]) -> str:
    """Have somebody live outside; return the address."""
    told = {"address": address, "name": "Ana Example", "behaviours": list(behaviours)}
    await cloud.call("POST", "/control/people", [told])
    return address


@asynccontextmanager
async def desk_in(directory: Path) -> AsyncIterator[Desk]:
    """Open everything there is outside against a cloud of our own."""
    async with aiohttp.ClientSession() as session:
        arguments = ["--redirect-uri", REDIRECT]
        cloud = await Cloud.start(directory, session, speed=SPEED, arguments=arguments)
        try:
            told = dict(cloud.settings) | {
                "MAILROOM_DATA_DIR": str(directory / "data"),
                "MAILROOM_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            }
            names = {name.removeprefix("MAILROOM_").lower(): told[name] for name in told}
            settings = Settings.model_validate(names)
            async with opened(settings) as outside:
                reading = Parts(settings, outside).answering.reading
                owner = (await cloud.users())[2]
                mailbox = replace(
                    samples.mailbox(tenant=settings.tenant_id),
                    address=owner.upn,
                    owner_oid=owner.oid,
                )
                yield Desk(cloud, outside, reading, owner, mailbox)
        finally:
            await cloud.process.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def desk(running: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    who = {"user": running.owner.oid, "what": "consent"}
    await running.cloud.call("POST", "/control/revoke", who)
    running.mailbox = replace(running.mailbox, id=request.node.name)
    await running.connect()
    yield running
    await running.cloud.call("DELETE", "/control/faults")
    await running.cloud.call("PUT", "/control/exchange", {"keeps_message_id": True})


async def fault(desk: Desk, status: int, **more: object) -> None:
    """Have Graph answer `status` to every reading from now on."""
    told = {"match": {"method": "GET"}, "kind": "status", "status": status, **more}
    await desk.cloud.call("POST", "/control/faults", told)


async def answered(desk: Desk, address: str) -> tuple[Enrolment, Notification]:
    """Have somebody answer our email; return both."""
    ana = await person(desk.cloud, address, {"on": "any", "do": "reply"})
    enrolment = await desk.sent(ana)
    return enrolment, await desk.arrived(ana)


async def test_an_answer_waits_until_the_mailbox_can_be_read_again(desk: Desk) -> None:
    enrolment, told = await answered(desk, "ana@revoked.example")
    revoked = {"user": desk.owner.oid, "what": "sessions"}
    await desk.cloud.call("POST", "/control/revoke", revoked)
    await fault(desk, 401)
    for _ in range(3):
        with pytest.raises(TransientError):
            await desk.reading.handle(told)
    broken = await desk.known()
    assert broken is not None
    assert broken.status is MailboxStatus.INACTIVE
    assert "revoked" in broken.problem
    assert f"mailbox-cards:{desk.mailbox.id}" in await desk.jobs()
    # Nothing is asked of Graph while nobody is connected.
    asked = len(await desk.cloud.journal("graph.call"))
    with pytest.raises(TransientError):
        await desk.reading.handle(told)
    assert len(await desk.cloud.journal("graph.call")) == asked
    await desk.cloud.call("DELETE", "/control/faults")
    await desk.connect()
    await desk.reading.handle(told)
    assert (await desk.now(enrolment)).state is EnrolmentState.STOPPED


@pytest.mark.parametrize(
    ("status", "code"), [(403, "ErrorAccessDenied"), (404, "MailboxNotEnabledForRESTAPI")]
)
async def test_an_answer_waits_while_the_mailbox_is_closed_to_us(
    desk: Desk, status: int, code: str
) -> None:
    enrolment, told = await answered(desk, f"ana@closed{status}.example")
    await fault(desk, status, code=code, count=1)
    with pytest.raises(TransientError):
        await desk.reading.handle(told)
    await desk.reading.handle(told)
    assert (await desk.now(enrolment)).state is EnrolmentState.STOPPED


async def test_a_message_graph_will_not_hear_of_is_given_up(desk: Desk) -> None:
    _, told = await answered(desk, "ana@bad.example")
    await fault(desk, 400, code="ErrorInvalidIdMalformed")
    with pytest.raises(PermanentError):
        await desk.reading.handle(told)


async def test_mail_of_a_mailbox_that_was_removed_is_forgotten(desk: Desk) -> None:
    enrolment, told = await answered(desk, "ana@removed.example")
    await desk.keep(MailboxStatus.REMOVED)
    asked = len(await desk.cloud.journal("graph.call"))
    await desk.reading.handle(told)
    await desk.reading.handle(replace(told, mailbox_id="nobody's"))
    assert len(await desk.cloud.journal("graph.call")) == asked
    assert (await desk.now(enrolment)).state is EnrolmentState.ACTIVE


async def refiled(desk: Desk, told: Notification, folder: str, *, copy: bool) -> Notification:
    """Have the owner move a message, or restore a copy of it; return what is told of that."""
    body = {"mailbox": desk.owner.oid, "id": told.message_id, "folder": folder, "copy": copy}
    moved = await desk.cloud.call("POST", "/control/mail/refile", body)
    return replace(told, message_id=moved["id"])


@pytest.mark.parametrize("copy", [False, True])
async def test_what_was_decided_since_an_answer_is_not_undone_by_telling_of_it_again(
    desk: Desk, copy: bool
) -> None:
    enrolment, told = await answered(desk, f"ana@again{copy}.example")
    await desk.reading.handle(told)
    stopped = await desk.now(enrolment)
    assert stopped.state is EnrolmentState.STOPPED
    await desk.jobs()
    # A person said that it was automatic.
    resumed = replace(enrolment, rev=stopped.rev, heard=stopped.heard)
    await desk.outside.store.records.save(resumed, at=await desk.cloud.now())
    again = await refiled(desk, told, "inbox", copy=copy)
    await desk.reading.handle(again)
    assert (await desk.now(enrolment)).state is EnrolmentState.ACTIVE
    assert not [key for key in await desk.jobs() if key.startswith("announce")]


async def test_an_answer_is_marked_in_the_step_that_stops(desk: Desk) -> None:
    enrolment, told = await answered(desk, "ana@marked.example")
    before = await desk.now(enrolment)
    await desk.reading.handle(told)
    after = await desk.now(enrolment)
    assert (len(after.heard.replies), after.heard.marks, after.rev) == (1, (), before.rev + 1)


async def test_a_bounce_that_only_knows_exchanges_id_finds_its_email(desk: Desk) -> None:
    await desk.cloud.call("PUT", "/control/exchange", {"keeps_message_id": False})
    address = await person(
        desk.cloud, "ana@early.example", {"on": "any", "do": "bounce", "text": "550 5.1.1 No"}
    )
    enrolment = await desk.sent(address)
    *_, copy = await desk.cloud.until(
        "mail.sent", lambda found: bool(found) and address in json.dumps(found[-1]), "its copy"
    )
    report = await desk.arrived(copy["internetMessageId"])
    assert copy["internetMessageId"] not in enrolment.message_ids
    await desk.reading.handle(report)
    known = await desk.now(enrolment)
    assert known.deliveries[0].status is DeliveryStatus.BOUNCED


async def test_ids_are_read_back_however_long_nobody_could(desk: Desk) -> None:
    await desk.cloud.call("PUT", "/control/exchange", {"keeps_message_id": False})
    address = await person(desk.cloud, "ana@outage.example")
    enrolment = await desk.sent(address)
    (delivery, *_) = enrolment.deliveries
    assert delivery.sent_at is not None
    job = ReadBack(
        tenant_id=desk.mailbox.tenant_id, mailbox_id=desk.mailbox.id, since=delivery.sent_at
    )
    sent_items = SentItems(desk.outside.store.records, desk.outside.mail, desk.outside.clock)
    await fault(desk, 403, count=1)
    with pytest.raises(TransientError):
        await sent_items.catch_up(job)
    await desk.cloud.jump_by(5 * 3600)
    await desk.at(delivery.sent_at + timedelta(hours=5))
    await sent_items.catch_up(job)
    assert (await desk.now(enrolment)).deliveries[0].exchange_id


@pytest.mark.parametrize(
    ("diagnostic", "status", "state"),
    [
        ("550 5.1.1 unknown", "Bounced", EnrolmentState.STOPPED),
        ("452 4.2.2 full", "Bounced", EnrolmentState.ACTIVE),
        ("250 2.1.5 passed on", "Sent", EnrolmentState.ACTIVE),
    ],
)
async def test_a_report_does_what_it_says(
    desk: Desk, diagnostic: str, status: str, state: EnrolmentState
) -> None:
    address = f"ana@report{diagnostic[:3]}.example"
    bounces: dict[str, object] = {"on": "any", "do": "bounce", "text": diagnostic}
    enrolment = await desk.sent(await person(desk.cloud, address, bounces))
    told = await desk.arrived(enrolment.deliveries[0].message_id)
    await desk.reading.handle(told)
    known = await desk.now(enrolment)
    assert (known.deliveries[0].status.value, known.state) == (status, state)


async def after(desk: Desk, address: str, does: dict[str, object], mark: str = "") -> Enrolment:
    """Have somebody do something about our first email, and it read; return what came of it.
    `mark` is what the answer is known by where it does not name our email.
    """
    enrolment = await desk.sent(await person(desk.cloud, address, does))
    told = await desk.arrived(mark or enrolment.deliveries[0].message_id)
    for _ in range(2):  # told twice, it changes nothing the second time
        await desk.reading.handle(told)
    return await desk.now(enrolment)


async def cause_of(desk: Desk, address: str) -> Cause | None:
    """Return why nothing is sent to an address any more; None where nothing keeps us."""
    suppressions = Suppressions(desk.outside.store.records, ORGANISATIONS, desk.outside.clock)
    known = await suppressions.of(desk.mailbox.tenant_id, address)
    return known.cause if known else None


@pytest.mark.parametrize("do", ["read_receipt", "accept", "delay", "auto_reply"])
async def test_what_programs_answer_changes_nothing(desk: Desk, do: str) -> None:
    address = f"ana@{do.replace('_', '-')}.example"
    known = await after(desk, address, {"on": 1, "do": do})
    assert known.state is EnrolmentState.ACTIVE
    assert [each.status for each in known.deliveries] == ["Sent", "Scheduled"]
    assert await cause_of(desk, address) is None


async def test_who_is_away_hears_again_on_the_working_day_after_their_return(desk: Desk) -> None:
    before = await desk.cloud.now()
    known = await after(desk, "ana@away.example", {"on": 1, "do": "auto_reply", "away": 30})
    back = (before + timedelta(days=30)).date()
    days = (back + timedelta(days=ahead) for ahead in range(1, 8))
    expected = next(day for day in days if day.weekday() < 5)
    _, second = known.deliveries
    assert (second.due.date(), second.place) == (expected, expected)
    assert known.state is EnrolmentState.ACTIVE


async def test_a_reply_that_orders_us_to_write_no_more_opts_out(desk: Desk) -> None:
    address = "ana@enough.example"
    known = await after(desk, address, {"on": 1, "do": "opt_out"})
    assert await cause_of(desk, address) is Cause.OPTED_OUT
    # What follows is the same job as the link's, which stops everything under way.
    await desk.queued(f"opt-out:{known.id}:1")


async def test_a_complaint_is_marked_and_its_writer_left_alone(desk: Desk) -> None:
    address = "ana@angry.example"
    known = await after(
        desk, address, {"on": 1, "do": "report_spam"}, "feedback-loop@angry.example"
    )
    assert (known.state, known.stopped_for) == (EnrolmentState.STOPPED, StopReason.COMPLAINED)
    assert known.deliveries[0].status is DeliveryStatus.MARKED_SPAM
    assert await cause_of(desk, address) is Cause.COMPLAINED
    await desk.queued(f"opt-out:{known.id}:0")


@pytest.mark.parametrize(
    ("diagnostic", "reason", "suppressed"),
    [
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", "cannot be reached", True),
        ("550 5.7.1 message blocked by policy", "refused it by its policy (5.7.1)", False),
        ("550 5.1.90 daily limit reached", "as much as Exchange lets it send", False),
        ("552 5.2.2 mailbox full", "could not be reached this time (5.2.2)", False),
    ],
)
async def test_only_a_dead_address_is_written_to_no_more(
    desk: Desk, diagnostic: str, reason: str, suppressed: bool
) -> None:
    address = f"ana@code-{diagnostic.split()[1].replace('.', '-')}.example"
    known = await after(desk, address, {"on": 1, "do": "bounce", "text": diagnostic})
    assert known.deliveries[0].status is DeliveryStatus.BOUNCED
    assert reason in known.deliveries[0].reason
    assert (known.state is EnrolmentState.STOPPED) is suppressed
    assert (await cause_of(desk, address) is Cause.BOUNCED) is suppressed
