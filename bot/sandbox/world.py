"""The sandbox put together: state, what acts on it, and the five listeners in front."""

import asyncio
import random
import socket
import ssl
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from bot.sandbox import control, saved, tls
from bot.sandbox.clock import Clock
from bot.sandbox.connector import control as connector_control
from bot.sandbox.connector import http as connector_http
from bot.sandbox.connector.channel_tokens import ISSUER
from bot.sandbox.connector.state import Teams
from bot.sandbox.control import Control
from bot.sandbox.control_mail import MailControl
from bot.sandbox.delivery import Delivery
from bot.sandbox.directory import Directory, User
from bot.sandbox.entra import control as entra_control
from bot.sandbox.entra import http as entra_http
from bot.sandbox.entra.tokens import Tokens
from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Faults
from bot.sandbox.graph import http as graph_http
from bot.sandbox.graph.mail import MailRoutes
from bot.sandbox.graph.mailbox import Mailboxes
from bot.sandbox.graph.notifications import Notifier
from bot.sandbox.graph.subscription_routes import SubscriptionRoutes
from bot.sandbox.graph.subscriptions import Subscriptions
from bot.sandbox.hosts import Hosts
from bot.sandbox.journal import Journal
from bot.sandbox.keys import SigningKey
from bot.sandbox.people import People
from bot.sandbox.playground import relay
from bot.sandbox.playground import settings as playground
from bot.sandbox.playground.mirror import Mirror
from bot.sandbox.town import http as town
from bot.sandbox.town.agenda import Agenda
from bot.sandbox.unsubscribing import Unsubscribing

# One tenant, the same in every sandbox: object ids follow from it.
TENANT_ID = "6b1f2c64-5c0e-4a53-9d3c-2a8f4e7d9b10"
LISTENERS = ("entra", "browser", "graph", "connector", "control", "relay", "town")
_LOOPBACK = "127.0.0.1"
_SAVED = "world.pickle"
_SESSION = "session"


@dataclass(frozen=True)
class Plan:
    """What a sandbox is started with. Ports by listener, 0 for any free one.

    `playground` is the address of an Agents Playground that shows the Teams of the administrator;
    `keeps` goes on from the world in `data_dir`, if there is one, and keeps this one there;
    `assets` is a node_modules directory with what the town page draws cards with; `agenda` is an
    address that tells what the app does next; `more_people` join the six of the organization.
    """

    data_dir: Path
    seed: int
    speed: float
    start: datetime
    ports: Mapping[str, int]
    hosts: Mapping[str, str]
    redirect_uris: frozenset[str]
    bot_endpoint: str | None
    playground: str | None = None
    keeps: bool = False
    assets: Path | None = None
    agenda: str | None = None
    more_people: int = 0


@dataclass(frozen=True)
class Running:
    """A sandbox that listens: where each listener is, the settings of a bot that uses it, and what
    Agents Playground has to be configured with.
    """

    listeners: Mapping[str, str]
    settings: Mapping[str, str]
    playground: Mapping[str, object]


class World:
    """Everything behind the listeners. Each part draws from a random source of its own."""

    def __init__(self, plan: Plan, bases: Mapping[str, str], session: ClientSession) -> None:
        self.bases = bases
        self.clock = clock = Clock(plan.start, plan.speed)
        self.journal = journal = Journal(clock)
        self.directory = Directory.seeded(TENANT_ID, plan.seed, plan.more_people)
        self.directory.app.redirect_uris |= plan.redirect_uris
        self.faults = Faults(_source(plan.seed, "faults"))
        self.hosts = Hosts(plan.hosts)
        self.people = People()
        self.subscriptions = Subscriptions(clock, _source(plan.seed, "subscriptions"))
        self.notifier = Notifier(
            clock=clock,
            journal=journal,
            faults=self.faults,
            hosts=self.hosts,
            subscriptions=self.subscriptions,
            session=session,
            rng=_source(plan.seed, "notifications"),
        )
        self.mailboxes = Mailboxes(_source(plan.seed, "mailboxes"), self.notifier.arrived)
        self.delivery = Delivery(clock, journal, self.directory, self.mailboxes)
        self.exchange = Exchange(
            clock=clock,
            journal=journal,
            directory=self.directory,
            delivery=self.delivery,
            people=self.people,
            unsubscribing=Unsubscribing(journal, self.hosts, session),
            rng=_source(plan.seed, "exchange"),
        )
        self._key = SigningKey.load_or_create(plan.data_dir / "entra-key.pem")
        channel_key = SigningKey.load_or_create(plan.data_dir / "channel-key.pem")
        self._tokens = Tokens(self.directory, self._key, https_base=bases["entra"])
        service_url = f"{bases['connector']}/emea/{TENANT_ID}/"
        self.teams = Teams(self.directory, channel_key, journal, clock, service_url)
        self.teams.bot_endpoint = plan.bot_endpoint
        self._rng = _source(plan.seed, "control")

    @property
    def admin(self) -> User:
        """The administrator, who sits before Agents Playground where there is one."""
        return next(user for user in self.directory.users if user.is_admin)

    @property
    def last_change(self) -> object:
        """Something that differs once anything has happened."""
        return len(self.journal.entries), self.teams.conversations.position, self.clock.speed

    def applications(self) -> Mapping[str, web.Application]:
        """Return the app of each listener that needs nothing but the world."""
        return {
            "entra": entra_http.application(
                self.directory,
                self._tokens,
                self._key,
                self.journal,
                https_base=self.bases["entra"],
                http_base=self.bases["browser"],
            ),
            "browser": entra_http.browser_application(self.directory, self._tokens, self.journal),
            "graph": self._graph(),
            "connector": connector_http.application(self.teams, self._tokens),
            "control": self._control(),
        }

    def settings(self, ca_file: Path) -> Mapping[str, str]:
        """Return the settings of a bot that uses this sandbox."""
        entra, connector = self.bases["entra"], self.bases["connector"]
        app = self.directory.app
        return {
            "MAILROOM_TENANT_ID": TENANT_ID,
            "MAILROOM_APP_ID": app.app_id,
            "MAILROOM_APP_SECRET": app.secret,
            "MAILROOM_ENTRA_URL": entra,
            "MAILROOM_GRAPH_URL": f"{self.bases['graph']}/v1.0",
            "MAILROOM_BOT_LOGIN_URL": f"{entra}/{TENANT_ID}",
            "MAILROOM_BOT_OPENID_METADATA_URL": f"{connector}/v1/.well-known/openidconfiguration",
            "MAILROOM_BOT_TOKEN_ISSUER": ISSUER,
            "MAILROOM_CONNECTOR_HOSTS": connector.removeprefix("http://"),
            "MAILROOM_CA_BUNDLE": str(ca_file),
            "MAILROOM_CLOCK_URL": f"{self.bases['control']}/clock",
            "MAILROOM_ADMINS": self.admin.upn,
            "MAILROOM_POSTAL_ADDRESS": "1 Harbour Street, 20457 Hamburg, Germany",
            "MAILROOM_PRIVACY_URL": "https://contoso.example/privacy",
        }

    def _graph(self) -> web.Application:
        return graph_http.application(
            self.directory,
            self._tokens,
            self.journal,
            self.faults,
            mail=MailRoutes(self.mailboxes, self.exchange),
            subscriptions=SubscriptionRoutes(
                self.directory, self.mailboxes, self.subscriptions, self.notifier
            ),
        )

    def _control(self) -> web.Application:
        mail = MailControl(
            clock=self.clock,
            directory=self.directory,
            people=self.people,
            mailboxes=self.mailboxes,
            delivery=self.delivery,
            subscriptions=self.subscriptions,
            notifier=self.notifier,
            rng=self._rng,
        )
        general = Control(self.clock, self.journal, self.faults, self.hosts, self.exchange.switches)
        return control.application(
            [
                *general.routes(),
                *mail.routes(),
                *entra_control.routes(self.directory),
                *connector_control.routes(self.teams),
            ]
        )


async def start(plan: Plan, stack: AsyncExitStack) -> Running:
    """Bring a sandbox up; leaving `stack` takes it down.

    Raises:
        OSError: a port is taken.
        UnreadableError: the world that was kept cannot be gone on with.
    """
    sockets = {name: _bound(plan.ports[name]) for name in LISTENERS}
    for sock in sockets.values():
        stack.callback(sock.close)
    bases = {name: _base(name, sock) for name, sock in sockets.items()}
    secure = tls.load_or_create(plan.data_dir)
    # Nothing outside: the bot is on loopback, and a proxy of the environment has no part in that.
    session = await stack.enter_async_context(ClientSession(trust_env=False))
    world = _world(plan, bases, session)
    if plan.keeps:
        _until_the_end(saved.keep(world, plan.data_dir / _SAVED, {_SESSION: session}), stack)
    stack.push_async_callback(world.clock.settle)
    _until_the_end(world.clock.run(), stack)
    mirror = Mirror(world.teams.conversations, world.admin, plan.playground or "", session)
    if plan.playground:
        _until_the_end(mirror.run(), stack)
    port, agenda = sockets["town"].getsockname()[1], Agenda(plan.agenda, session)
    applications = {
        **world.applications(),
        "relay": relay.application(world.teams, mirror, world.admin),
        "town": town.application(world, port, plan.assets, agenda),
    }
    for name, app in applications.items():
        context = secure.context if name == "entra" else None
        await _serve(app, sockets[name], context, stack)
    window = playground.settings(world.teams.roster, world.admin)
    return Running(bases, world.settings(secure.ca_file), window)


def _world(plan: Plan, bases: Mapping[str, str], session: ClientSession) -> World:
    """The world that was kept, or a new one."""
    kept = plan.data_dir / _SAVED
    if not (plan.keeps and kept.exists()):
        return World(plan, bases, session)
    world: World = saved.load(kept, {_SESSION: session})
    if world.bases != bases:
        raise saved.UnreadableError(f"{kept}: it was saved at other addresses: {world.bases}")
    return world


def _until_the_end(work: Coroutine[Any, Any, None], stack: AsyncExitStack) -> None:
    """Run in the background until `stack` is left."""
    stack.push_async_callback(_cancelled, asyncio.create_task(work))


async def _serve(
    app: web.Application, sock: socket.socket, context: ssl.SSLContext | None, stack: AsyncExitStack
) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, sock, ssl_context=context).start()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((_LOOPBACK, port))
    return sock


def _base(listener: str, sock: socket.socket) -> str:
    scheme = "https" if listener == "entra" else "http"
    return f"{scheme}://{_LOOPBACK}:{sock.getsockname()[1]}"


def _source(seed: int, part: str) -> random.Random:
    return random.Random(f"{seed} {part}")
