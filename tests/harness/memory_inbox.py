"""Mailboxes that are written from and answered to, over the store in memory: the product as it is
put together, with Graph, Teams and the clock in memory. Nothing happens but what a test says.
"""

from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast

from bot.bootstrap import Parts
from bot.config import Settings
from bot.domain.enrolment import Enrolment
from bot.domain.records import Conversation, ConversationKind, Notification
from bot.domain.roles import Actor
from bot.domain.suppression import Cause
from bot.domain.views import Happening, LetterQuestion, View
from bot.outside import Outside
from bot.storage.memory_store import MemoryStore
from tests.harness.memory_desk import Desk, desk
from tests.harness.memory_mail import MemoryMail
from tests.harness.memory_office import Teams

CHANNEL = Conversation(
    id="channel", tenant_id="t1", kind=ConversationKind.CHANNEL, service_url="s", announce=True
)
ADMIN = Actor(tenant_id="t1", oid="admin", name="Ada Admin")
OWNER = Actor(tenant_id="t1", oid="oid", name="Olga Owner")
MEMBER = Actor(tenant_id="t1", oid="somebody", name="Mo Member")
STRANGER = Actor(tenant_id="t2", oid="admin", name="Stranger")
_LEASE = timedelta(minutes=5)
_SETTINGS = Settings(
    tenant_id="t1",
    allowed_tenants=("t2",),
    app_id="app",
    app_secret="secret",
    encryption_keys=("key",),
    admins=("admin",),
    managers=("manager",),
    postal_address="1 Harbour Street, Hamburg",
    privacy_url="https://contoso.example/privacy",
)


@dataclass
class Inbox:
    """One process and what is around it. `p0@customer.example` and so on are written to."""

    at: Desk
    mail: MemoryMail
    teams: Teams
    parts: Parts = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    @property
    def store(self) -> MemoryStore:
        return self.at.store

    def restart(self, store: MemoryStore | None = None) -> None:
        """Another process over the same store, which remembers nothing."""
        outside = Outside(
            store=cast(Any, store or self.at.store),
            clock=self.at.clock,
            clients=cast(Any, None),
            mail=cast(Any, self.mail),
            subscriptions=cast(Any, None),
            sign_in=cast(Any, None),
            teams=cast(Any, None),
            chat=cast(Any, self.teams),
            dns=cast(Any, None),
            postage=None,
        )
        self.parts = Parts(_SETTINGS, outside)
        self.worker = self.parts.worker()
        self.workshop = self.worker._workshop

    # -- what the process does -------------------------------------------------------------------

    async def told(self, message_id: str, mailbox_id: str = "m1") -> None:
        """Have Graph tell of a message, and the message read."""
        await self.workshop.reading.handle(notification(message_id, mailbox_id))

    async def sweep(self) -> None:
        """Sweep the mailboxes whose follow-ups ask for it."""
        for each in self.workshop.sending.to_sweep():
            await self.workshop.sweeping.sweep(each)

    async def work(self) -> None:
        """Do every job that is due."""
        while taken := await self.store.jobs.take(self.at.clock.now(), 50, _LEASE):
            for each in taken:
                await self.worker._run_job(each)

    async def send(self) -> int:
        """Send what may leave this moment; return how many emails were claimed."""
        due = await self.workshop.sending.claim(16)
        for each in due:
            await self.workshop.sending.handle(each)
        return len(due)

    async def run(self, span: timedelta) -> None:
        """Let the calendar run, and do on the way what is due."""
        clock, until = self.at.clock, self.at.clock.now() + span
        while True:
            await self.work()
            busy = await self.send() > 0
            await self.sweep()
            busy = await self.send() > 0 or busy
            await self.work()
            now = clock.now()
            if now >= until:
                return
            due = await self.store.next_email() or until
            rest = timedelta(seconds=3) if busy else max(due - now, timedelta(seconds=3))
            clock.moment = min(now + rest, until)

    # -- what is there -----------------------------------------------------------------------------

    async def person(self, number: int = 0, home: str = "m1") -> Enrolment:
        """Return the enrolment of one of the people written to."""
        return (await self.at.people(home))[number]

    async def suppressed(self, whom: str) -> Cause | None:
        """Return why nothing is sent to an address any more; None where nothing keeps us."""
        known = await self.parts.suppressions.of("t1", whom)
        return known.cause if known else None

    def left(self, number: int = 0) -> list[datetime]:
        """Return when each email to one of them left."""
        to = address(number)
        return [when for when, each in self.mail.submitted if each.to_address == to]

    def announced(self) -> list[str]:
        """Return whose replies, bounces and so on the channel was told of."""
        news = (view for place, view in self.teams.posts if place == CHANNEL.id)
        return [f"{each.address} {each.status}" for each in news if isinstance(each, Happening)]

    def asked(self) -> list[tuple[str, LetterQuestion]]:
        """Return where and about whom it was asked whether to go on."""
        return [(at, view) for at, view in self.teams.posts if isinstance(view, LetterQuestion)]

    def on_cards(self, place: str) -> Seq[View]:
        """Return what stands on the cards of a place now."""
        return [view for at, view in self.teams.shown.items() if at.conversation_id == place]


async def inbox(
    people: int = 2,
    *,
    mailboxes: Seq[str] = ("m1",),
    renames: bool = False,
    domain: str = "customer.example",
    tag: str = "",
) -> Inbox:
    """Have the first emails of a distribution leave; see `MemoryMail` for `renames`."""
    at = await desk(*mailboxes)
    await at.store.records.save(CHANNEL, at=at.clock.now())
    owners = [await at.mailbox(each) for each in mailboxes]
    built = Inbox(at, MemoryMail(at.clock, owners), Teams())
    built.mail.renames = renames
    await at.begin(people, domain=domain, tag=tag)
    await built.run(timedelta(seconds=3 * people))
    assert len(built.mail.submitted) == people
    return built


def everything(part: object) -> str:
    """Return all there is in a store in memory, or a part of it, as text."""
    if type(part).__module__.startswith("bot.storage"):
        return "".join(f"{name}: {everything(each)}\n" for name, each in vars(part).items())
    return repr(part)


def address(number: int = 0) -> str:
    """Return the address of one of the people written to."""
    return f"p{number}@customer.example"


def notification(message_id: str, mailbox_id: str = "m1") -> Notification:
    """Return what Graph tells of a message."""
    return Notification(mailbox_id=mailbox_id, tenant_id="t1", message_id=message_id)


def letter(
    text: str = "Yes, gladly.",
    *,
    sender: str = "p0@customer.example",
    subject: str = "Re: One",
    answers: str = "",
    identity: str = "<one@customer.example>",
    **headers: str,
) -> bytes:
    """Return a message from somebody; `answers` is the Message-ID it is in reply to; headers have
    underscores for hyphens.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "m1@contoso.example"
    message["Subject"] = subject
    message["Message-ID"] = identity
    message["Date"] = "Mon, 23 Nov 2026 09:05:00 +0000"
    if answers:
        message["In-Reply-To"] = answers
        message["References"] = answers
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()
