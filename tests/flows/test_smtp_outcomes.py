"""What becomes of an email whose mail server fails: never twice by guess, never silently lost."""

import email
import email.policy
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from bot.domain.calendar import Calendar
from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason, enrol, stop
from bot.domain.errors import TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.domain.participant import Participant
from bot.domain.route import Route
from bot.domain.schedule import LIMITS
from bot.domain.sender import Platform
from bot.domain.verp import read_return_path
from bot.jobs import EmailInvite, ReadBack
from bot.services.conversations import Conversations
from bot.services.invitation_mail import InvitationMail
from bot.services.inviting import Inviting
from bot.services.loading import Due
from bot.services.mailboxes import Mailboxes
from bot.services.organisations import Organisations
from bot.services.relaying import Postage, Relaying
from bot.services.sending import Sending
from bot.services.suppressions import Suppressions
from bot.smtp.relay import Relay, peer_of
from bot.storage.memory_store import MemoryStore
from tests.contract import samples
from tests.harness.post_office import cutting_office, post_office

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLATFORM = Platform(address="programs@mail.example", secrets=("new", "old"))
ORGANISATION = samples.organisation()
INVITE = EmailInvite(tenant_id="t1", mailbox_id="m1", invite=1)


@dataclass
class HandClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


class Post:
    """One enrolment due by SMTP, and what sends it to the mail server at a port."""

    def __init__(self, port: int, route: Route = Route.PLATFORM) -> None:
        self.clock = HandClock()
        self.store = MemoryStore([Fernet.generate_key().decode()], self.clock)
        organisations = Organisations([ORGANISATION])
        relay = Relay(peer_of(f"smtp://127.0.0.1:{port}"), self.clock, hello="mail.example")
        postage = Postage(relay=relay, platform=PLATFORM)
        self.sequence = replace(samples.sequence(), route=route, domain="nobodys.example")
        person = Participant(address="ana@customer.example", fields={})
        self.due = enrol(
            samples.BATCH,
            person,
            self.sequence,
            calendar=Calendar(),
            domain="contoso.example",
            start=NOW,
        )
        self.mailbox = replace(samples.mailbox(), permission=Permission.READ_ONLY)
        conversations = Conversations(self.store.records, organisations, self.clock)
        self.sending = Sending(
            records=self.store.records,
            queue=self.store.sends,
            jobs=self.store.jobs,
            mail=cast(Any, None),  # nothing leaves through a mailbox
            relaying=Relaying(postage, cast(Any, None), organisations),
            composing=samples.composing(organisations),
            conversations=conversations,
            suppressions=Suppressions(self.store.records, organisations, self.clock),
            organisations=organisations,
            former=cast(Any, None),  # nothing has moved
            clock=self.clock,
        )
        self.invitations = InvitationMail(
            records=self.store.records,
            secrets=self.store.secrets,
            postage=postage,
            inviting=self._inviting(organisations, conversations),
            clock=self.clock,
        )

    def _inviting(self, organisations: Organisations, conversations: Conversations) -> Inviting:
        mailboxes = Mailboxes(
            records=self.store.records,
            places=self.store.places,
            secrets=self.store.secrets,
            chat=cast(Any, None),  # Teams is not asked
            organisations=organisations,
            clock=self.clock,
            public_url="https://mailroom.example",
        )
        return Inviting(
            records=self.store.records,
            chat=cast(Any, None),
            mailboxes=mailboxes,
            conversations=conversations,
            organisations=organisations,
            clock=self.clock,
        )

    async def keep(self, *changed: Any) -> None:
        for each in (self.mailbox, self.sequence, self.due, *changed):
            await self.store.records.save(each, at=NOW)

    async def claim(self) -> Seq[Due]:
        return await self.sending.claim(10)

    async def round(self, later: timedelta = timedelta(0)) -> int:
        """Let time pass and do what is due then; return how much it was."""
        self.clock.moment += later
        claims = await self.claim()
        for each in claims:
            await self.sending.handle(each)
        return len(claims)

    async def known(self) -> Enrolment:
        (known,) = await self.store.records.enrolments("m1", [self.due.id])
        return known

    async def first(self) -> Delivery:
        return (await self.known()).deliveries[0]

    async def days(self, many: int = 5) -> int:
        """Let days pass, an hour at a time; return how often something was due."""
        return sum([await self.round(timedelta(hours=1)) for _ in range(24 * many)])


@pytest.mark.parametrize("where", ["body", "dot"])
async def test_a_line_lost_after_data_is_told_and_never_sent_again(where: str) -> None:
    async with cutting_office(where) as office:
        post = Post(office.port)
        await post.keep()
        assert await post.round() == 1
        first = await post.first()
        assert (first.status, first.submissions) == (DeliveryStatus.FAILED, 1)
        assert "Outcome unknown" in first.reason
        assert (await post.known()).state is EnrolmentState.STOPPED
        assert await post.days() == 0
    assert office.connections == 1


@pytest.mark.parametrize("where", ["MAIL", "DATA"])
async def test_a_line_lost_before_the_email_is_tried_again_and_sent_once(where: str) -> None:
    async with cutting_office(where) as broken, post_office() as office:
        post = Post(broken.port)
        await post.keep()
        assert await post.round() == 1
        first = await post.first()
        assert (first.status, first.submissions) == (DeliveryStatus.SCHEDULED, 0)
        mended = Relay(peer_of(f"smtp://127.0.0.1:{office.port}"), post.clock, hello="mail.example")
        relaying = post.sending._relaying
        relaying._postage = Postage(relay=mended, platform=PLATFORM)
        office.final = "250 2.0.0 queued as 77"
        assert await post.round(timedelta(minutes=1)) == 1
        first = await post.first()
    assert (first.status, first.receipt) == (DeliveryStatus.SENT, "250 2.0.0 queued as 77")
    assert broken.connections == 1


async def test_a_worker_that_vanished_leaves_a_question_for_a_person() -> None:
    async with post_office() as office:
        post = Post(office.port)
        await post.keep()
        assert len(await post.claim()) == 1  # and whoever held it is never heard of again
        assert await post.round(LIMITS.lease) == 1
        assert "Outcome unknown" in (await post.first()).reason
        assert await post.days() == 0
    assert office.letters == []


async def test_an_answer_after_a_lost_reply_says_that_it_left() -> None:
    async with cutting_office("dot") as office:
        post = Post(office.port)
        await post.keep()
        await post.round()
        answered = stop(await post.known(), StopReason.REPLIED, 1, NOW)
    assert answered.deliveries[0].status is DeliveryStatus.RESPONDED


async def test_a_refusal_is_the_recipients_own() -> None:
    async with post_office() as office:
        office.recipient = "550 5.1.1 no such user"
        post = Post(office.port)
        await post.keep()
        await post.round()
        first = await post.first()
    assert first.status is DeliveryStatus.FAILED
    assert "5.1.1" in first.reason


async def test_what_was_sent_is_not_looked_for_in_the_mailbox_and_names_its_return_path() -> None:
    async with post_office() as office:
        post = Post(office.port)
        await post.keep()
        await post.round()
        known = await post.known()
    assert known.deliveries[0].receipt == "250 taken as 1"
    assert known.unread_since == ()
    later = NOW + timedelta(days=1)
    jobs = await post.store.jobs.take(later, 100, timedelta(minutes=5))
    assert not [each for each in jobs if isinstance(each.job, ReadBack)]
    told = read_return_path(PLATFORM.secrets, office.letters[0].sender)
    assert told is not None
    assert (told.enrolment_id, told.number) == (known.id, 1)
    letter = email.message_from_bytes(office.letters[0].content, policy=email.policy.default)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = letter["List-Unsubscribe"].strip("<>")
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None
        assert link in part.get_content()


@pytest.mark.parametrize("status", [MailboxStatus.INACTIVE, MailboxStatus.REMOVED])
async def test_nothing_is_sent_that_could_be_answered_unseen(status: MailboxStatus) -> None:
    async with post_office() as office:
        post = Post(office.port)
        post.mailbox = replace(post.mailbox, status=status)
        await post.keep()
        await post.round()
        first = await post.first()
    assert office.letters == []
    assert first.status is DeliveryStatus.SCHEDULED
    assert "not connected" in first.reason


# -- the invitation ---------------------------------------------------------------------------


async def invited(post: Post) -> None:
    waiting = replace(post.mailbox, status=MailboxStatus.INVITED)
    await post.store.records.save(waiting, at=NOW)


async def test_an_invitation_is_sent_once_however_often_its_job_runs() -> None:
    async with post_office() as office:
        post = Post(office.port)
        await invited(post)
        for _ in range(3):
            await post.invitations.send(INVITE)
    assert len(office.letters) == 1
    assert office.letters[0].sender == PLATFORM.address


async def test_an_invitation_that_was_not_written_is_tried_again() -> None:
    async with post_office() as office:
        post = Post(office.port)
        await invited(post)
        office.final = "451 later"
        with pytest.raises(TransientError, match="451"):
            await post.invitations.send(INVITE)
        office.final = ""
        await post.invitations.send(INVITE)
    assert len(office.letters) == 1


async def test_an_invitation_nobody_knows_the_end_of_is_not_sent_again() -> None:
    async with cutting_office("dot") as office:
        post = Post(office.port)
        await invited(post)
        for _ in range(2):
            await post.invitations.send(INVITE)
    assert office.connections == 1


async def test_an_invitation_that_is_no_longer_open_is_not_sent() -> None:
    async with post_office() as office:
        post = Post(office.port)
        waiting = replace(post.mailbox, status=MailboxStatus.INVITED, invite=2)
        await post.store.records.save(waiting, at=NOW)
        await post.invitations.send(INVITE)
        assert await post.store.records.get(Mailbox, "t1", "m1") is not None
    assert office.letters == []
