"""The composition root: every part is put together here, once, from the settings."""

import asyncio
import secrets as random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

import structlog
from aiohttp import web

from bot.answering import Answering
from bot.config import Settings
from bot.distributing import Distributing
from bot.domain.opt_out import OptOutLinks
from bot.lifetime import keep_what_is_loaded, lived
from bot.outside import Outside, opened
from bot.services.booking import Booking
from bot.services.carrying_out import CarryingOut
from bot.services.composing import Composing
from bot.services.consent import Consent
from bot.services.conversations import Conversations
from bot.services.editing import Editing
from bot.services.forecasts import Forecasts
from bot.services.former_mailboxes import FormerMailboxes
from bot.services.invitation_mail import InvitationMail
from bot.services.inviting import Inviting
from bot.services.listening import Listening
from bot.services.mailboxes import Mailboxes
from bot.services.opting_out import OptingOut
from bot.services.organisations import Organisations
from bot.services.progress import Progress
from bot.services.proving import Proving
from bot.services.questions import Questions
from bot.services.relaying import Relaying
from bot.services.releasing import Releasing
from bot.services.returned import ReturnedMail
from bot.services.senders import Senders
from bot.services.sending import Sending
from bot.services.sending_domains import SendingDomains
from bot.services.sent_items import SentItems
from bot.services.sequences import Sequences
from bot.services.suppressions import Suppressions
from bot.services.sweeping import Sweeping
from bot.smtp.signing import RsaKeys
from bot.teams.adapter import TeamsAdapter
from bot.teams.use_cases import UseCases
from bot.tenants import organisation_of, support_of
from bot.web import health, messages, notifications, returned
from bot.web.connect import Connect
from bot.web.opt_out import OptOutDoor
from bot.worker import SENDS_AT_ONCE, Worker
from bot.workshop import Workshop

Role = Literal["all", "web", "worker"]
_GOODBYE = 2.0
_log = structlog.get_logger(__name__)


class Parts:
    """The use cases over everything outside."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self._settings = settings
        self._outside = outside
        store, clock = outside.store, outside.clock
        records, chat = store.records, outside.chat
        self.organisations = Organisations(
            organisation_of(settings, each) for each in settings.tenants
        )
        self.conversations = Conversations(records, self.organisations, clock)
        self.mailboxes = Mailboxes(
            records=records,
            places=store.places,
            secrets=store.secrets,
            chat=chat,
            organisations=self.organisations,
            clock=clock,
            public_url=settings.public_url,
        )
        self.releasing = Releasing(records, self.mailboxes, self.organisations, clock)
        self.questions = Questions(records, chat, self.organisations, clock)
        self.domains = self._domains()
        self.suppressions = Suppressions(records, self.organisations, clock)
        senders = Senders(records, self.domains, outside.platform)
        self.booking = Booking(records, store.places, store.sends, self.organisations, clock)
        carrying_out = CarryingOut(records, store.jobs, self.booking, self.organisations, clock)
        self.editing = Editing(records, store.places, carrying_out, self.organisations, clock)
        self.sequences = Sequences(records, self.organisations, senders, self.editing, clock)
        self.distributing = self._distributing(senders)
        composing = Composing(self.organisations, self._opt_outs())
        self.trying_out = self.distributing.trying_out(composing)
        self.steering = self.distributing.steering(store.jobs, carrying_out)
        self.listening = Listening(records, store.jobs, store.inbound, clock)
        self.sent_items = SentItems(records, outside.mail, clock)
        self.answering = self._answering()
        self.watching = self.answering.watching(
            store.jobs, store.watches, outside.subscriptions, settings.graph_calls
        )
        self.moving = self.distributing.moving(self.sent_items)

    def _distributing(self, senders: Senders) -> Distributing:
        return Distributing(
            records=self._outside.store.records,
            chat=self._outside.chat,
            booking=self.booking,
            organisations=self.organisations,
            conversations=self.conversations,
            senders=senders,
            suppressions=self.suppressions,
            clock=self._outside.clock,
        )

    def _opt_outs(self) -> OptOutLinks:
        settings = self._settings
        return OptOutLinks(public_url=settings.public_url, secrets=settings.encryption_keys)

    def _domains(self) -> SendingDomains:
        return SendingDomains(
            records=self._outside.store.records,
            secrets=self._outside.store.secrets,
            dns=self._outside.dns,
            keys=RsaKeys(),
            organisations=self.organisations,
            clock=self._outside.clock,
        )

    def opting_out(self) -> OptingOut:
        """Return what the link in every email does."""
        return self.answering.opting_out(self._opt_outs())

    def _answering(self) -> Answering:
        return Answering(
            records=self._outside.store.records,
            mail=self._outside.mail,
            chat=self._outside.chat,
            sent_items=self.sent_items,
            booking=self.booking,
            conversations=self.conversations,
            suppressions=self.suppressions,
            organisations=self.organisations,
            sweeps=self._outside.store.sweeps,
            clock=self._outside.clock,
        )

    def _sender(self, sweeping: Sweeping) -> Sending:
        store, clock = self._outside.store, self._outside.clock
        return Sending(
            records=store.records,
            queue=store.sends,
            jobs=store.jobs,
            mail=self._outside.mail,
            relaying=Relaying(self._outside.postage, self.domains, self.organisations),
            composing=Composing(self.organisations, self._opt_outs()),
            conversations=self.conversations,
            suppressions=self.suppressions,
            organisations=self.organisations,
            former=FormerMailboxes(store.records, sweeping.sweep, clock),
            clock=clock,
        )

    def use_cases(self) -> UseCases:
        """Return what people in Teams can do."""
        store, clock, known = self._outside.store, self._outside.clock, self.organisations
        return UseCases(
            organisations=self.organisations,
            conversations=self.conversations,
            mailboxes=self.mailboxes,
            releasing=self.releasing,
            domains=self.domains,
            sequences=self.sequences,
            distributions=self.distributing.distributions,
            confirming=self.distributing.confirming(),
            scheduling=self.distributing.scheduling(),
            approving=self.distributing.approving(),
            trying_out=self.trying_out,
            steering=self.steering,
            suppressions=self.suppressions,
            moving=self.moving,
            questions=self.questions,
            forecasts=Forecasts(store.records, store.places, store.sends, known, clock),
            letters=self.answering.letters,
            on_replies=self.answering.on_replies(),
            timelines=self.answering.timelines(),
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

    def returned(self) -> ReturnedMail:
        """Return what takes bounces of what left by SMTP; none can be there without a relay."""
        postage = self._outside.postage
        return self.answering.returned(postage.platform.secrets if postage else ())

    def _invitation_mail(self, inviting: Inviting) -> InvitationMail:
        return InvitationMail(
            records=self._outside.store.records,
            secrets=self._outside.store.secrets,
            postage=self._outside.postage,
            inviting=inviting,
            clock=self._outside.clock,
        )

    def worker(self, sends_at_once: int = SENDS_AT_ONCE) -> Worker:
        """Return the loops of one process, under a name of its own."""
        store, clock = self._outside.store, self._outside.clock
        records, chat = store.records, self._outside.chat
        inviting = Inviting(
            records=records,
            chat=chat,
            mailboxes=self.mailboxes,
            conversations=self.conversations,
            organisations=self.organisations,
            clock=clock,
        )
        sweeping = self.answering.sweeping(store.jobs, store.watches)
        workshop = Workshop(
            sending=self._sender(sweeping),
            reading=self.answering.reading,
            announcing=self.answering.announcing(),
            inviting=inviting,
            invitation_mail=self._invitation_mail(inviting),
            watching=self.watching,
            sent_items=self.sent_items,
            sweeping=sweeping,
            opting_out=self.opting_out(),
            progress=Progress(records, chat, self.distributing.distributions, self.booking),
            scheduling=self.distributing.scheduling(),
            telling=self.distributing.telling,
            steering=self.steering,
            moving=self.moving,
            breaking=self.answering.breaking(),
            questions=self.questions,
            editing=self.editing,
            letters=self.answering.letters,
        )
        name = random.token_hex(4)
        return Worker(workshop, store.jobs, store.inbound, clock, name, sends_at_once=sends_at_once)


@asynccontextmanager
async def proving(settings: Settings) -> AsyncIterator[Proving]:
    """Give what looks up emails, beside whatever serves on the same store.

    Raises:
        ConfigurationError: a setting does not work; names it and the way out.
    """
    async with opened(settings) as outside:
        organisations = Parts(settings, outside).organisations
        yield Proving(outside.store.records, outside.mail, organisations)


async def serve(settings: Settings, role: Role, ended: asyncio.Event) -> None:
    """Run web doors, worker loops or both until `ended` is set and what was begun is finished.

    Raises:
        ConfigurationError: a setting does not work; names it and the way out.
    """
    async with opened(settings) as outside, AsyncExitStack() as stack:
        parts = Parts(settings, outside)
        await asyncio.to_thread(outside.clients.warm_up)
        await outside.teams.warm_up()
        keep_what_is_loaded()
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
    host = parts.organisations.of(settings.tenant_id)
    application.add_routes(
        [
            *messages.routes(TeamsAdapter(outside.teams, outside.chat, parts.use_cases())),
            *notifications.routes(parts.listening),
            *returned.routes(parts.returned()),
            *Connect(parts.consent(), support_of(settings)).routes(),
            *OptOutDoor(parts.opting_out(), host, settings.trusted_proxies).routes(),
            *health.routes(outside.store, outside.clock),
        ]
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GOODBYE)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.host, settings.port).start()
