"""Everything that speaks to somebody else, opened from the settings and closed again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.clock import RemoteClock, SystemClock, require_loopback
from bot.config import Settings
from bot.domain.sender import Platform
from bot.entra.authority import Authority
from bot.entra.sign_in import EntraSignIn
from bot.entra.tokens import MailboxTokens
from bot.graph.client import GraphClients
from bot.graph.gate import Gate
from bot.graph.mail import GraphMail
from bot.graph.subscriptions import GraphSubscriptions
from bot.ports import Clock
from bot.services.relaying import Postage
from bot.smtp.dns import Resolver
from bot.smtp.relay import Relay, peer_of
from bot.storage.redis_store import RedisStore, open_store
from bot.teams.authentication import ChannelSettings
from bot.teams.chat import TeamsChat
from bot.teams.link import TeamsLink

# Graph takes a submission within seconds; this is far below the lease of five minutes.
_GRAPH_TIMEOUT = 30.0
_LEAST_TIMEOUT = 2.0


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
    dns: Resolver
    postage: Postage | None

    @property
    def platform(self) -> str:
        """Our own address, "" where no mail server is set."""
        return self.postage.platform.address if self.postage else ""


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
        clients = _graph(settings, tokens, Gate(store.requests, clock), factor)
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
            dns=Resolver(settings.dns_server),
            postage=_postage(settings, clock),
        )


def _graph(settings: Settings, tokens: MailboxTokens, gate: Gate, factor: float) -> GraphClients:
    """Return the way into Graph; beside a clock that runs fast, requests end as much earlier."""
    return GraphClients(
        settings.graph_url,
        tokens,
        ca_bundle=settings.ca_bundle,
        timeout=max(_GRAPH_TIMEOUT / factor, _LEAST_TIMEOUT),
        gate=gate,
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


def _postage(settings: Settings, clock: Clock) -> Postage | None:
    """Return what email by SMTP needs, None where it is not set up."""
    if not settings.smtp_url:
        return None
    platform = Platform(address=settings.smtp_from, secrets=tuple(settings.encryption_keys))
    peer = peer_of(settings.smtp_url)
    relay = Relay(peer, clock, hello=platform.domain, ca_bundle=settings.ca_bundle)
    return Postage(relay=relay, platform=platform)
