"""An edit at the moment an email leaves: that leaves wholly as it was, or as it is now (G4)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from bot.domain.delivery import Outcome, OutgoingMail, SendReport
from bot.domain.views import SequenceForm
from bot.services.sending import Sending
from tests.harness.memory_office import ADMIN, MONDAY, Office, office
from tests.harness.memory_sending import sending

ANA = "Ana Abel <ana@customer.example>"


@dataclass
class Mailbox:
    """What leaves through Graph; `meanwhile` happens while a request is under way."""

    meanwhile: Callable[[], Awaitable[None]]
    left: list[OutgoingMail] = field(default_factory=list)

    async def send(
        self,
        mailbox_id: str,
        mail: OutgoingMail,
        *,
        until: datetime,
        wanted: Callable[[], Awaitable[bool]],
    ) -> SendReport:
        self.left.append(mail)
        await self.meanwhile()
        return SendReport(outcome=Outcome.ACCEPTED)


async def sent(at: Office, out: Sending) -> None:
    """Let everything leave that is due."""
    await at.store.sweeps.done("m1", at.clock.now(), at.clock.now())
    for due in await out.claim(10):
        await out.handle(due)


async def edit(at: Office) -> None:
    """Have everything say something else, and the second email leave later."""
    form = cast(SequenceForm, await at.sequences.edit(ADMIN, "s1"))
    first, second = form.emails
    emails = (
        replace(first, subject="Another", body="New 1"),
        replace(second, subject="Another 2", body="New 2", delay="5"),
    )
    await at.sequences.save(ADMIN, replace(form, emails=emails))


async def test_an_email_under_way_leaves_as_it_was_and_the_next_one_answers_it() -> None:
    at = await office()

    async def meanwhile() -> None:
        if len(mailbox.left) == 1:
            await edit(at)
            await at.work()

    mailbox = Mailbox(meanwhile)
    out = sending(at, mailbox)
    batch = await at.confirmed(ANA)
    await at.work()
    await sent(at, out)
    (ana,) = await at.enrolled(batch)
    assert ana.deliveries[0].subject == "One"
    await at.go_to(MONDAY + timedelta(minutes=6))
    (ana,) = await at.enrolled(batch)
    assert ana.deliveries[1].due == MONDAY + timedelta(days=5)
    await at.go_to(MONDAY + timedelta(days=5))
    await sent(at, out)
    first, second = mailbox.left
    assert (first.subject, first.text[:1]) == ("One", "1")
    assert (second.subject, second.text[:5]) == ("Re: One", "New 2")


async def test_one_claimed_after_the_edit_and_before_it_is_followed_leaves_wholly_new() -> None:
    at = await office()

    async def nothing() -> None:
        pass

    mailbox = Mailbox(nothing)
    out = sending(at, mailbox)
    batch = await at.confirmed(ANA)
    await at.work()
    await edit(at)
    await sent(at, out)
    (left,) = mailbox.left
    assert (left.subject, left.text[:5]) == ("Another", "New 1")
    await at.work()
    (ana,) = await at.enrolled(batch)
    assert [each.subject for each in ana.deliveries] == ["Another", "Re: Another"]
    assert ana.deliveries[1].due == MONDAY + timedelta(days=5)
