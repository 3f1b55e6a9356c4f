"""What the use cases need from the world, in our own words. Implementations live in one package
each: storage (records, queues, secrets), graph (mail, subscriptions), entra (sign-in), smtp, teams.

Every time is an aware UTC datetime taken from `Clock`. Every method may raise `TransientError`
when the other side cannot be reached.
"""

from bot.ports.chat import Chat, Person
from bot.ports.clock import Clock
from bot.ports.mail import MailClient, SignedIn, SignIn, Subscriptions
from bot.ports.places import Places
from bot.ports.queues import (
    Claim,
    Inbound,
    InboundEntry,
    JobQueue,
    QueuedJob,
    Requests,
    SendQueue,
    SweepDue,
    Sweeps,
)
from bot.ports.records import R, Record, Records, Secrets
from bot.ports.relay import DkimKey, Dns, KeyMaker, SmtpRelay
from bot.ports.watches import Watch, Watches

__all__ = [
    "Chat",
    "Claim",
    "Clock",
    "DkimKey",
    "Dns",
    "Inbound",
    "InboundEntry",
    "JobQueue",
    "KeyMaker",
    "MailClient",
    "Person",
    "Places",
    "QueuedJob",
    "R",
    "Record",
    "Records",
    "Requests",
    "Secrets",
    "SendQueue",
    "SignIn",
    "SignedIn",
    "SmtpRelay",
    "Subscriptions",
    "SweepDue",
    "Sweeps",
    "Watch",
    "Watches",
]
