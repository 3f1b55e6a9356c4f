"""The composition root: every part is put together here, once, from the settings."""

import asyncio
import secrets as random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from aiohttp import web

from bot.clock import RemoteClock, SystemClock, require_loopback
from bot.config import Settings
from bot.domain.calendar import Calendar
from bot.domain.roles import Organisation
from bot.entra.authority import Authority
from bot.entra.sign_in import EntraSignIn
from bot.entra.tokens import MailboxTokens
from bot.graph.client import GraphClients
from bot.graph.mail import GraphMail
from bot.graph.subscriptions import GraphSubscriptions
from bot.lifetime import lived
from bot.ports import Clock
from bot.public_holidays import public_holidays
from bot.services.announcing import Announcing
from bot.services.catching_up import CatchingUp
from bot.services.consent import Consent
from bot.services.conversations import Conversations
from bot.services.distributions import Distributions
from bot.services.inviting import Inviting
from bot.services.listening import Listening
from bot.services.mailboxes import Mailboxes
from bot.services.organisations import Organisations
from bot.services.progress import Progress
from bot.services.reading import Reading
from bot.services.sending import Sending
from bot.services.sent_items import SentItems
from bot.services.sequences import Sequences
from bot.services.watching import Watching
from bot.storage.redis_store import RedisStore, open_store
from bot.teams.adapter import TeamsAdapter
from bot.teams.authentication import ChannelSettings
from bot.teams.chat import TeamsChat
from bot.teams.link import TeamsLink
from bot.teams.use_cases import UseCases
from bot.web import health, messages, notifications
from bot.web.connect import Connect
from bot.worker import Worker, Workshop

Role = Literal["all", "web", "worker"]
# Graph takes a submission within seconds; this is far below the lease of five minutes.
_GRAPH_TIMEOUT = 30.0
_LEAST_TIMEOUT = 2.0
_GOODBYE = 2.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything that speaks to somebody else."""

    store: RedisStore
    clock: Clock
    clients: GraphClients
    mail: GraphMail
    subscriptions: GraphSubscriptions
    sign_in: EntraSignIn
    teams: TeamsLink
    chat: TeamsChat


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Outside]:
    """Open every connection to the outside, and close them again.

    Raises:
        ConfigurationError: a setting does not work; names it and the way out.
    """
    async with AsyncExitStack() as stack:
        clock, factor = await _clock(settings, stack)
        store = await stack.enter_async_context(
            open_store(settings.redis_url, settings.data_dir, settings.encryption_keys, clock)
        )
        authority = Authority(
            settings.entra_url,
            settings.app_id,
            settings.app_secret,
            ca_bundle=settings.ca_bundle,
        )
        stack.callback(authority.session.close)
        tokens = MailboxTokens(authority, store.secrets)
        clients = GraphClients(
            settings.graph_url,
            tokens,
            ca_bundle=settings.ca_bundle,
            timeout=max(_GRAPH_TIMEOUT / factor, _LEAST_TIMEOUT),
        )
        stack.push_async_callback(clients.aclose)
        mail = GraphMail(clients, clock)
        teams = await _teams(settings, stack)
        yield Outside(
            store=store,
            clock=clock,
            clients=clients,
            mail=mail,
            subscriptions=GraphSubscriptions(clients),
            sign_in=EntraSignIn(authority, tokens, store.secrets, clock, mail.profile),
            teams=teams,
            chat=TeamsChat(teams),
        )


async def _clock(settings: Settings, stack: AsyncExitStack) -> tuple[Clock, float]:
    """Return the clock and how fast it runs; a stand-in's clock only beside a stand-in's cloud."""
    if not settings.clock_url:
        return SystemClock(), 1.0
    peers = (settings.clock_url, settings.entra_url, settings.graph_url, settings.public_url)
    require_loopback("MAILROOM_CLOCK_URL", *peers)
    clock = RemoteClock(settings.clock_url)
    async with aiohttp.ClientSession() as session:
        await clock.read(session)
    following = asyncio.create_task(clock.follow())
    stack.callback(following.cancel)
    return clock, max(clock.speed, 1.0)


async def _teams(settings: Settings, stack: AsyncExitStack) -> TeamsLink:
    """Return the line to Teams. The bot signs in by itself, at the address set for bots."""
    login_url = settings.bot_login_url or f"{settings.entra_url}/{settings.tenant_id}"
    entra_url, _, tenant_id = login_url.rpartition("/")
    authority = Authority(
        entra_url, settings.app_id, settings.app_secret, ca_bundle=settings.ca_bundle
    )
    stack.callback(authority.session.close)
    channel = ChannelSettings(
        app_id=settings.app_id,
        tenants=tuple(settings.tenants),
        login_url=login_url,
        openid_metadata_url=settings.bot_openid_metadata_url,
        token_issuer=settings.bot_token_issuer,
        connector_hosts=settings.connector_hosts,
        ca_bundle=settings.ca_bundle,
    )
    return TeamsLink(channel, await asyncio.to_thread(authority.application, tenant_id))


class Parts:
    """The use cases over everything outside."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self._settings = settings
        self._outside = outside
        store, clock = outside.store, outside.clock
        records, chat = store.records, outside.chat
        self.organisations = Organisations(
            _organisation(settings, each) for each in settings.tenants
        )
        self.conversations = Conversations(records, self.organisations, clock)
        self.mailboxes = Mailboxes(
            records=records,
            secrets=store.secrets,
            chat=chat,
            organisations=self.organisations,
            clock=clock,
            public_url=settings.public_url,
        )
        self.sequences = Sequences(records, self.organisations, clock)
        self.distributions = Distributions(records, self.organisations, clock)
        self.watching = Watching(
            records, store.jobs, outside.subscriptions, clock, settings.graph_calls
        )
        self.listening = Listening(records, store.jobs, store.inbound, clock)

    def use_cases(self) -> UseCases:
        """Return what people in Teams can do."""
        return UseCases(
            organisations=self.organisations,
            conversations=self.conversations,
            mailboxes=self.mailboxes,
            sequences=self.sequences,
            distributions=self.distributions,
        )

    def consent(self) -> Consent:
        """Return the owner's way through a browser."""
        return Consent(
            records=self._outside.store.records,
            sign_in=self._outside.sign_in,
            mailboxes=self.mailboxes,
            organisations=self.organisations,
            clock=self._outside.clock,
            public_url=self._settings.public_url,
        )

    def worker(self) -> Worker:
        """Return the loops of one process, under a name of its own."""
        store, clock = self._outside.store, self._outside.clock
        records, chat, mail = store.records, self._outside.chat, self._outside.mail
        sent_items = SentItems(records, mail, clock)
        workshop = Workshop(
            sending=Sending(
                records=records,
                queue=store.sends,
                jobs=store.jobs,
                mail=mail,
                conversations=self.conversations,
                organisations=self.organisations,
                clock=clock,
            ),
            reading=Reading(
                records=records,
                mail=mail,
                sent_items=sent_items,
                conversations=self.conversations,
                clock=clock,
            ),
            announcing=Announcing(records, chat, self.organisations, clock),
            inviting=Inviting(
                records=records,
                chat=chat,
                mailboxes=self.mailboxes,
                conversations=self.conversations,
                organisations=self.organisations,
                clock=clock,
            ),
            watching=self.watching,
            sent_items=sent_items,
            catching_up=CatchingUp(records, mail, store.inbound, clock),
            progress=Progress(records, chat, self.distributions),
        )
        return Worker(workshop, store.jobs, store.inbound, clock, random.token_hex(4))


async def serve(settings: Settings, role: Role, ended: asyncio.Event) -> None:
    """Run web doors, worker loops or both until `ended` is set and what was begun is finished.

    Raises:
        ConfigurationError: a setting does not work; names it and the way out.
    """
    async with opened(settings) as outside, AsyncExitStack() as stack:
        parts = Parts(settings, outside)
        await asyncio.to_thread(outside.clients.warm_up)
        await outside.teams.warm_up()
        if role != "worker":
            await _listen(settings, outside, parts, stack)
        _log.info("serving", role=role, host=settings.host, port=settings.port)
        await lived(
            ended,
            serving=[asyncio.create_task(outside.teams.keep_fresh())],
            working=[asyncio.create_task(parts.worker().run(ended))] if role != "web" else [],
        )


async def _listen(
    settings: Settings, outside: Outside, parts: Parts, stack: AsyncExitStack
) -> None:
    application = web.Application(client_max_size=notifications.MOST_BYTES)
    application.add_routes(
        [
            *messages.routes(TeamsAdapter(outside.teams, outside.chat, parts.use_cases())),
            *notifications.routes(parts.listening),
            *Connect(parts.consent(), _support(settings)).routes(),
            *health.routes(outside.store.waiting, outside.clock),
        ]
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GOODBYE)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.host, settings.port).start()


def _organisation(settings: Settings, tenant_id: str) -> Organisation:
    """Return one organisation of the settings; its people are named in lower case."""
    domain = settings.admins[0].rpartition("@")[2]
    return Organisation(
        tenant_id=tenant_id,
        name=settings.organisation_name or domain,
        support=_support(settings),
        admins=frozenset(each.lower() for each in settings.admins),
        managers=frozenset(each.lower() for each in settings.managers),
        calendar=Calendar(
            zone=ZoneInfo(settings.time_zone), is_holiday=public_holidays(settings.holidays)
        ),
    )


def _support(settings: Settings) -> str:
    return settings.support_contact or settings.admins[0]
