"""A cloud, a store, one web process and three workers, with connected mailboxes and people to write
to: everything real, set up through the product's own ports.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.clock import RemoteClock
from bot.domain.calendar import PLAIN
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.domain.participant import Participant
from bot.domain.quota import placed
from bot.domain.roles import Organisation
from bot.domain.schedule import AT_ONCE
from bot.domain.sequence import Email
from bot.domain.sequence import Sequence as MailSequence
from bot.entra.authority import Authority
from bot.entra.sign_in import EntraSignIn
from bot.entra.tokens import MailboxTokens
from bot.graph.client import GraphClients
from bot.graph.mail import GraphMail
from bot.jobs import Subscribe
from bot.sandbox.demo.visitor import choose_account
from bot.services.booking import Booking
from bot.services.organisations import Organisations
from bot.storage.connection import connect
from bot.storage.redis_store import RedisStore
from bot.storage.server import EmbeddedServer
from tests.chaos.plan import SPEED, Plan
from tests.harness.cloud import Cloud, User
from tests.harness.processes import Process, free_port

_MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
BEGIN = timedelta(minutes=1)  # until the first email is due, once the calendar runs
WORKERS = 3
_HOOK_HOST = "https://mailroom.test"
_AT_ONCE = 8
_TIGHT = 0.45  # of a mailbox's emails may leave on one day
_THREE = tuple(Email(subject=f"Number {n}", body="Dear {{First Name}}", delay=AT_ONCE)
               for n in (1, 2, 3))  # fmt: skip


@dataclass
class Scene:
    """What the run goes through. `limits` and `enrolments` are by the mailbox's id."""

    cloud: Cloud
    server: EmbeddedServer
    client: Redis
    store: RedisStore
    clock: RemoteClock
    directory: Path
    environment: dict[str, str]
    processes: list[Process]
    mailboxes: dict[str, User]
    limits: dict[str, int]
    enrolments: dict[str, list[Enrolment]]

    async def start_worker(self, number: int) -> None:
        """Start worker `number` anew."""
        self.processes[number] = await Process.start(
            f"worker-{number}",
            ["app.py", "serve", "--role", "worker"],
            self.directory,
            self.environment,
        )

    @property
    def store_pid(self) -> int:
        """The process id of the store's server."""
        return int((self.directory / "data" / "store" / "server.pid").read_text())


@asynccontextmanager
async def scene(plan: Plan, directory: Path) -> AsyncIterator[Scene]:
    """Bring everything up, with every email planned, and down again whatever happens."""
    port, start = free_port(), _MIDNIGHT - plan.span / 2
    redirect = f"http://127.0.0.1:{port}/connect/callback"
    arguments = ["--redirect-uri", redirect, "--host-map", f"{_HOOK_HOST}=http://127.0.0.1:{port}",
                 "--more-people", str(plan.mailboxes), "--seed", str(plan.seed),
                 "--start", start.isoformat()]  # fmt: skip
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        cloud = await Cloud.start(directory, session, speed=0, arguments=arguments)
        stack.push_async_callback(cloud.process.kill)
        environment = {
            **cloud.settings,
            "MAILROOM_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "MAILROOM_WEBHOOK_URL": _HOOK_HOST,
            "MAILROOM_PORT": str(port),
            "MAILROOM_DATA_DIR": str(directory / "data"),
            "MAILROOM_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        }
        clock = RemoteClock(cloud.settings["MAILROOM_CLOCK_URL"])
        await clock.read(session)
        server = EmbeddedServer(directory / "data")
        await server.start()
        stack.push_async_callback(server.stop)
        client = connect(server.url)
        stack.push_async_callback(client.aclose)
        store = RedisStore(client, [environment["MAILROOM_ENCRYPTION_KEYS"]], clock)
        await store.open()
        built = Scene(cloud, server, client, store, clock, directory, environment, [], {}, {}, {})
        await _connect_all(built, plan, redirect, stack)
        await _plan_all(built, plan)
        await _bring_up(built, stack)
        await cloud.call("POST", "/control/clock", {"speed": SPEED})
        await clock.read(session)
        following = asyncio.create_task(clock.follow())
        stack.callback(following.cancel)
        yield built


async def _bring_up(built: Scene, stack: AsyncExitStack) -> None:
    web = await Process.start(
        "web", ["app.py", "serve", "--role", "web"], built.directory, built.environment
    )
    stack.push_async_callback(web.kill)
    built.processes = [web] * WORKERS
    for number in range(WORKERS):
        await built.start_worker(number)
    stack.push_async_callback(_kill_all, built)
    url = built.environment["MAILROOM_PUBLIC_URL"]
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            try:
                async with session.get(f"{url}/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"the web process did not come up:\n{web.output()[-2000:]}")


async def _kill_all(built: Scene) -> None:
    for each in built.processes:
        await each.kill()


async def _connect_all(built: Scene, plan: Plan, redirect: str, stack: AsyncExitStack) -> None:
    """Have every owner consent at Microsoft's own pages."""
    told = built.cloud.settings
    ca_bundle = Path(told["MAILROOM_CA_BUNDLE"])
    authority = Authority(
        told["MAILROOM_ENTRA_URL"],
        told["MAILROOM_APP_ID"],
        told["MAILROOM_APP_SECRET"],
        ca_bundle=ca_bundle,
    )
    stack.callback(authority.session.close)
    tokens = MailboxTokens(authority, built.store.secrets)
    clients = GraphClients(told["MAILROOM_GRAPH_URL"], tokens, ca_bundle=ca_bundle, timeout=10)
    stack.push_async_callback(clients.aclose)
    profile = GraphMail(clients, built.clock).profile
    sign_in = EntraSignIn(authority, tokens, built.store.secrets, built.clock, profile)
    few = asyncio.Semaphore(_AT_ONCE)

    async def connected(number: int, owner: User) -> None:
        async with few:
            mailbox = _mailbox(f"m{number}", told["MAILROOM_TENANT_ID"], owner)
            landed = await choose_account(
                await sign_in.begin(mailbox, redirect), owner.upn, "accept"
            )
            answered = dict(parse_qsl(urlsplit(landed).query))
            await sign_in.keep(await sign_in.finish(answered))
            job = Subscribe(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id)
            await built.store.records.save(mailbox, jobs=(job,), at=built.clock.now())
            built.mailboxes[mailbox.id] = owner

    owners = (await built.cloud.users())[6 : 6 + plan.mailboxes]
    await asyncio.gather(*(connected(number, owner) for number, owner in enumerate(owners)))


async def _plan_all(built: Scene, plan: Plan) -> None:
    """Make every enrolment, as a distribution that was confirmed does."""
    chance = random.Random(plan.seed)
    tenant = built.cloud.settings["MAILROOM_TENANT_ID"]
    known = [Organisation(tenant_id=tenant, name="Contoso", support="the help desk")]
    store = built.store
    booking = Booking(store.records, store.places, store.sends, Organisations(known), built.clock)
    answering: list[dict[str, object]] = []
    for number, mailbox_id in enumerate(sorted(built.mailboxes)):
        hot, tight = number < plan.hot, plan.hot <= number < plan.hot + plan.tight
        many = plan.people * (plan.crowd if hot else 1)
        people = [
            Participant(
                address=f"p{person}.{mailbox_id}@customer.example",
                fields={"First Name": f"P{person}"},
            )
            for person in range(many)
        ]
        answering += [_person(each, chance, plan) for each in people]
        if tight:
            built.limits[mailbox_id] = int(many * len(_THREE) * _TIGHT)
            await built.store.places.limit(mailbox_id, built.limits[mailbox_id], {})
        sequence = _sequence(tenant, mailbox_id)
        batch = _distribution(sequence, people)
        await built.store.records.save(sequence, batch, at=built.clock.now())
        begin = built.clock.now() + BEGIN
        spread = timedelta(0) if hot else plan.spread
        planned = [
            _enrolment(batch, each, sequence, begin + spread * chance.random(), plan)
            for each in people
        ]
        built.enrolments[mailbox_id] = planned
        await booking.save(sequence, planned)
    for at in range(0, len(answering), 500):
        await built.cloud.call("POST", "/control/people", answering[at : at + 500])


def _person(person: Participant, chance: random.Random, plan: Plan) -> dict[str, object]:
    """Most say nothing; one in some answers an email, first or last, within a few minutes."""
    if chance.randrange(plan.answering):
        return {"address": person.address}
    number = chance.choice((1, 1, 2, 3))
    after = chance.uniform(30.0, plan.gap.total_seconds())
    return {
        "address": person.address,
        "behaviours": [{"on": number, "after": after, "do": "reply", "text": "Yes."}],
    }


def _enrolment(
    batch: Distribution, person: Participant, sequence: MailSequence, first: datetime, plan: Plan
) -> Enrolment:
    made = enrol(batch.id, person, sequence, calendar=PLAIN, domain="contoso.example", start=first)
    apart = tuple(
        replace(each, due=first + plan.gap * (each.number - 1)) for each in made.deliveries
    )
    return placed(replace(made, deliveries=apart), PLAIN.day_of)


def _mailbox(identity: str, tenant: str, owner: User) -> Mailbox:
    return Mailbox(
        id=identity,
        tenant_id=tenant,
        address=owner.upn,
        owner_name=owner.name,
        owner_oid=owner.oid,
        permission=Permission.READ_SEND,
        status=MailboxStatus.ACTIVE,
        invited_by="admin",
        invited_by_name="Admin",
        invite=1,
        invite_expires=_MIDNIGHT + timedelta(days=7),
    )


def _sequence(tenant: str, mailbox_id: str) -> MailSequence:
    return MailSequence(
        id=f"s-{mailbox_id}",
        tenant_id=tenant,
        program="Feedback",
        name="Autumn",
        mailbox_id=mailbox_id,
        threading=True,
        emails=_THREE,
        created_by="admin",
    )


def _distribution(sequence: MailSequence, people: Sequence[Participant]) -> Distribution:
    number = int(sequence.mailbox_id[1:])
    return Distribution(
        id=f"{number:032x}",
        tenant_id=sequence.tenant_id,
        sequence_id=sequence.id,
        sequence_version=sequence.version,
        mailbox_id=sequence.mailbox_id,
        title="Feedback: Autumn",
        people=tuple(people),
        left_out=(),
        created_by="admin",
        created_by_name="Admin",
        created_at=_MIDNIGHT,
        state=DistributionState.RUNNING,
        started_at=_MIDNIGHT,
    )
