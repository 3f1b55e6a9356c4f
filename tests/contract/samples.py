"""Records to put into a store."""

from datetime import UTC, datetime, timedelta

from bot.domain.calendar import PLAIN
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.domain.opt_out import OptOutLinks
from bot.domain.participant import Participant
from bot.domain.planning import Schedule, schedule_of
from bot.domain.roles import Organisation
from bot.domain.schedule import AT_ONCE, Delay
from bot.domain.sequence import Email, Sequence
from bot.services.composing import Composing
from bot.services.organisations import Organisations

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BATCH = "7f105c7d2dc5453097cd4e7ae6534c07"


def mailbox(identity: str = "m1", tenant: str = "t1") -> Mailbox:
    return Mailbox(
        id=identity,
        tenant_id=tenant,
        address=f"{identity}@contoso.example",
        owner_name="Owner",
        owner_oid="oid",
        permission=Permission.READ_SEND,
        status=MailboxStatus.ACTIVE,
        invited_by="admin",
        invited_by_name="Admin",
        invite=1,
        invite_expires=NOW + timedelta(days=7),
    )


def sequence(mailbox_id: str = "m1") -> Sequence:
    emails = (
        Email(subject="One", body="1", delay=AT_ONCE),
        Email(subject="Two", body="2", delay=Delay(number=3)),
    )
    return Sequence(
        id="s1",
        tenant_id="t1",
        program="Feedback",
        name="Autumn",
        mailbox_id=mailbox_id,
        threading=True,
        emails=emails,
        created_by="admin",
    )


def schedule() -> Schedule:
    person = Participant(address="p@customer.example", fields={})
    return schedule_of(sequence(), person, PLAIN)


def enrolment(number: int = 1, mailbox_id: str = "m1", start: datetime = NOW) -> Enrolment:
    person = Participant(address=f"p{number}@customer.example", fields={"First Name": f"P{number}"})
    return enrol(
        BATCH, person, sequence(mailbox_id), calendar=PLAIN, domain="contoso.example", start=start
    )


def organisation(tenant: str = "t1") -> Organisation:
    """An organisation that has set everything an email must carry."""
    return Organisation(
        tenant_id=tenant,
        name="Contoso",
        support="help@contoso.example",
        admins=frozenset({"admin"}),
        reason="You get this email because Contoso asks you.",
        postal_address="1 Harbour Street, Hamburg",
        privacy_url="https://contoso.example/privacy",
    )


def composing(organisations: Organisations | None = None) -> Composing:
    """What puts emails together."""
    links = OptOutLinks(public_url="https://mailroom.example", secrets=("secret",))
    return Composing(organisations or Organisations([organisation()]), links)


async def always() -> bool:
    """Nothing has stopped the email."""
    return True
