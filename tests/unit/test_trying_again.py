"""“Try failed again”, with what happened since the email failed."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import EnrolmentState, fail
from bot.jobs import RetryFailed
from tests.harness.memory_inbox import ADMIN, Inbox, inbox, letter

HOUR, DAYS = timedelta(hours=1), timedelta(days=4)


async def failed() -> Inbox:
    """Have Ana's second email fail an hour after her first one left."""
    at = await inbox()
    await at.run(HOUR)
    known = fail(await at.person(), 2, "Outlook does not accept this.")
    await at.store.records.save(known, at=at.at.clock.now())
    await at.work()
    return at


async def answered(at: Inbox) -> str:
    """Have Ana answer her first email; return the reply's mark."""
    ours = (await at.person()).deliveries[0].message_id
    item = at.mail.deliver("m1", letter(answers=ours))
    await at.told(item.mail.id)
    await at.work()
    return (await at.person()).heard.replies[-1].mark


async def retry(at: Inbox) -> None:
    """Have the failed ones tried again, whatever the card offers."""
    batch = (await at.person()).distribution_id
    await at.workshop.do(RetryFailed(tenant_id="t1", distribution_id=batch))
    await at.work()


async def retryable(at: Inbox) -> int:
    """Return how many the store counts as such that may be tried again."""
    batch = (await at.person()).distribution_id
    return (await at.store.records.tally("m1", batch)).retryable


async def test_what_failed_leaves_once_it_is_tried_again() -> None:
    at = await failed()
    assert await retryable(at) == 1
    await retry(at)
    await at.run(DAYS)
    assert len(at.left()) == 2


async def test_what_was_taken_out_since_leaves_no_more_however_late() -> None:
    at = await failed()
    await at.run(10 * DAYS)
    sequence = await at.at.sequence()
    shorter = replace(sequence, emails=sequence.emails[:1], version=sequence.version + 1)
    await at.store.records.save(shorter, at=at.at.clock.now())
    await retry(at)
    known = await at.person()
    assert (known.state, known.current) == (EnrolmentState.FINISHED, None)
    await at.run(DAYS)
    assert len(at.left()) == 1


async def test_who_replied_after_it_failed_gets_no_follow_up() -> None:
    at = await failed()
    await answered(at)
    assert await retryable(at) == 0
    await retry(at)
    await at.run(DAYS)
    assert len(at.left()) == 1
    assert (await at.person()).deliveries[0].status is DeliveryStatus.RESPONDED


async def test_once_that_reply_was_automatic_it_may_be_tried_again() -> None:
    at = await failed()
    mark = await answered(at)
    known = await at.person()
    await at.parts.answering.undoing().undo(ADMIN, "m1", known.id, mark)
    assert await retryable(at) == 1
    await retry(at)
    await at.run(DAYS)
    assert len(at.left()) == 2
