"""Whose a message is: the surest sign first, and what is not ours leaves nothing behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import EnrolmentState
from bot.domain.suppression import Cause
from tests.harness.memory_inbox import ADMIN, Inbox, address, everything, inbox, letter
from tests.harness.memory_mail import ARCHIVE, JUNK

HOUR = timedelta(hours=1)
ANA, BEN = address(0), address(1)


def report(
    failed: str = ANA,
    *,
    inside: str = "",
    subject: str = "Undeliverable: One",
    returned: str = "",
    sender: str = "postmaster@customer.example",
    code: str = "5.1.1",
    **headers: str,
) -> bytes:
    """A report on delivery; `inside` is the Message-ID it returns, `returned` the subject."""
    named = {"Message-ID": inside, "Subject": returned, "To": failed}
    below = "".join(f"{name}: {value}\n" for name, value in named.items() if value)
    above = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    return (
        f"From: {sender}\nTo: m1@contoso.example\nSubject: {subject}\n{above}"
        f"Message-ID: <ndr@mx>\nContent-Type: {kind}\n"
        "\n--b\nContent-Type: text/plain\n\nIt was not delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; {failed}\nAction: failed\nStatus: {code}\n"
        f"\n--b\nContent-Type: text/rfc822-headers\n\n{below}\n--b--\n"
    ).encode()


async def read(at: Inbox, raw: bytes, **more: object) -> None:
    """Have a message arrive and be read, twice."""
    item = at.mail.deliver("m1", raw, **more)  # type: ignore[arg-type]
    for _ in range(2):
        await at.told(item.mail.id)


async def state(at: Inbox, number: int = 0) -> tuple[EnrolmentState, DeliveryStatus]:
    known = await at.person(number)
    return known.state, known.deliveries[0].status


ON_ITS_WAY = (EnrolmentState.ACTIVE, DeliveryStatus.SENT)
ANSWERED = (EnrolmentState.STOPPED, DeliveryStatus.RESPONDED)
DEAD = (EnrolmentState.STOPPED, DeliveryStatus.BOUNCED)


@pytest.mark.parametrize("renames", [False, True])
@pytest.mark.parametrize("folder", ["inbox", JUNK, ARCHIVE])
async def test_an_answer_is_known_by_our_id_and_by_exchanges(renames: bool, folder: str) -> None:
    at = await inbox(renames=renames)
    copy = at.mail.items("m1")[0].mail.internet_message_id
    await read(at, letter(answers=copy), folder=folder)
    assert await state(at) == ANSWERED
    assert await state(at, 1) == ON_ITS_WAY


async def test_somebody_else_who_answers_our_email_counts() -> None:
    at = await inbox()
    ours = (await at.person()).deliveries[0].message_id
    await read(at, letter(answers=ours, sender="colleague@customer.example"))
    assert await state(at) == ANSWERED


@pytest.mark.parametrize("sender", ["m1@contoso.example", "colleague@contoso.example"])
async def test_what_the_organisation_itself_writes_in_the_thread_is_no_answer(sender: str) -> None:
    at = await inbox()
    ours = (await at.person()).deliveries[0].message_id
    await read(at, letter(answers=ours, sender=sender))
    await read(at, letter("Please unsubscribe me.", answers=ours, sender=sender, identity="<2@x>"))
    assert await state(at) == ON_ITS_WAY
    assert await at.suppressed(ANA) is None


async def test_somebody_of_the_organisation_who_was_written_to_may_answer() -> None:
    at = await inbox(domain="contoso.example")
    ours = (await at.person()).deliveries[0].message_id
    await read(at, letter(answers=ours, sender="p0@contoso.example"))
    assert await state(at) == ANSWERED


@pytest.mark.parametrize("sender", ["p0@contoso.example", "p0+news@contoso.example"])
async def test_so_may_who_was_written_to_with_a_tag_and_answers_with_it_or_without(
    sender: str,
) -> None:
    at = await inbox(domain="contoso.example", tag="+news")
    ours = (await at.person()).deliveries[0].message_id
    await read(at, letter(answers=ours, sender=sender))
    assert (await state(at), await state(at, 1)) == (ANSWERED, ON_ITS_WAY)


async def test_a_copy_of_ours_that_the_owner_filed_elsewhere_is_no_answer() -> None:
    at = await inbox()
    await at.run(timedelta(days=4))
    follow_up = at.mail.items("m1")[-1]
    assert follow_up.mail.in_reply_to
    at.mail.move(follow_up, ARCHIVE)
    await at.told(follow_up.mail.id)
    assert await state(at, 1) == (EnrolmentState.FINISHED, DeliveryStatus.SENT)


async def test_our_own_key_names_the_email() -> None:
    at = await inbox()
    key = (await at.person()).deliveries[0].key
    item = at.mail.deliver("m1", letter(sender="colleague@customer.example"))
    at.mail._put(replace(item, mail=replace(item.mail, key=key)))
    await at.told(item.mail.id)
    assert await state(at) == ANSWERED


async def test_a_participants_own_mail_in_the_conversation_is_an_answer_but_nobody_elses() -> None:
    at = await inbox()
    conversation = at.mail.items("m1")[0].mail.conversation_id
    stranger = letter(sender="somebody@else.example")
    await read(at, stranger, conversation_id=conversation)
    assert await state(at) == ON_ITS_WAY
    await read(at, letter(identity="<2@x>"), conversation_id=conversation)
    assert await state(at) == ANSWERED
    assert at.asked() == []


# -- reports ------------------------------------------------------------------------------------


async def test_the_id_inside_a_report_counts_before_those_of_its_headers() -> None:
    at = await inbox()
    first, second = [(await at.person(number)).deliveries[0].message_id for number in (0, 1)]
    await read(at, report(inside=first, In_Reply_To=second, References=second))
    assert (await state(at), await state(at, 1)) == (DEAD, ON_ITS_WAY)


async def test_a_report_of_the_organisations_own_mail_system_counts() -> None:
    at = await inbox()
    ours = (await at.person()).deliveries[0].message_id
    await read(at, report(inside=ours, sender="postmaster@contoso.example"))
    assert await state(at) == DEAD


async def test_a_report_that_returns_nothing_is_known_by_its_headers() -> None:
    at = await inbox()
    ours = (await at.person()).deliveries[0].message_id
    await read(at, report(subject="Failure", References=f"<other@x> {ours}"))
    assert await state(at) == DEAD


async def test_a_report_about_the_owners_own_answer_in_our_thread_is_not_about_ours() -> None:
    at = await inbox()
    ours = (await at.person()).deliveries[0].message_id
    await read(
        at, report(inside="<private@contoso>", References=f"{ours} <hers@x> <private@contoso>")
    )
    assert await state(at) == ON_ITS_WAY


@pytest.mark.parametrize(
    "told",
    [
        {"subject": "Undeliverable: One"},
        {"subject": "Unzustellbar: ONE"},
        {"subject": "Undelivered Mail Returned to Sender", "returned": "One"},
        {"subject": "Failure", "returned": "=?utf-8?q?One?="},
    ],
)
async def test_a_report_without_ids_is_ours_where_address_and_subject_are(
    told: dict[str, str],
) -> None:
    at = await inbox()
    await read(at, report(**told))
    assert (await state(at), await state(at, 1)) == (DEAD, ON_ITS_WAY)


@pytest.mark.parametrize(
    "told",
    [
        {"subject": "Undeliverable: Lunch on Friday?"},
        {"subject": "Undelivered Mail Returned to Sender"},
        {"subject": "Undeliverable: Re: One"},
        {"subject": "Undeliverable: One", "failed": "nobody@customer.example"},
        {"subject": "Undeliverable: One", "In_Reply_To": "<private@contoso>"},
        {"subject": "Undeliverable: One", "References": "<private@contoso>"},
        {"subject": "Undeliverable: One", "inside": "<private@contoso>"},
    ],
)
async def test_a_report_that_may_be_about_the_owners_own_mail_stops_nothing(
    told: dict[str, str],
) -> None:
    at = await inbox()
    await read(at, report(**told))
    assert (await state(at), await state(at, 1)) == (ON_ITS_WAY, ON_ITS_WAY)
    assert await at.suppressed(ANA) is None


async def test_a_report_without_ids_that_comes_too_late_or_early_stops_nothing() -> None:
    at = await inbox()
    now = at.at.clock.now()
    for late in (timedelta(days=8), -HOUR):
        await read(at, report(), received=now + late)
    assert await state(at) == ON_ITS_WAY


async def test_of_two_enrolments_with_the_same_subject_nobody_knows_which_it_is_about() -> None:
    at = await inbox()
    await at.at.begin(1, batch="1f105c7d2dc5453097cd4e7ae6534c07")
    await at.run(timedelta(minutes=1))
    assert len(at.left()) == 2
    await read(at, report())
    assert await state(at) == ON_ITS_WAY


async def test_a_report_is_about_the_email_whose_subject_it_returns() -> None:
    at = await inbox()
    await at.run(timedelta(days=4))
    await read(at, report(subject="Undeliverable: Re: One"))
    known = await at.person()
    assert [each.status for each in known.deliveries] == ["Sent", "Bounced"]


# -- automatic replies that name nothing ----------------------------------------------------------

AWAY = {"text": "I am back on 9 December 2026.", "subject": "Automatic reply: One"}


@pytest.mark.parametrize(
    "sender", [ANA, ANA.replace("@", "+tag@")], ids=["their address", "with a tag"]
)
async def test_who_is_away_is_known_by_their_address(sender: str) -> None:
    at = await inbox()
    await read(at, letter(**AWAY, sender=sender))
    _, second = (await at.person()).deliveries
    assert (second.due.date().isoformat(), second.reason) == (
        "2026-12-10",
        "They are away until about Wed 09 Dec.",
    )
    assert at.asked() == []
    assert (await at.person(1)).deliveries[1].due < second.due


async def test_who_is_away_is_so_for_each_of_our_emails() -> None:
    at = await inbox()
    other = "1f105c7d2dc5453097cd4e7ae6534c07"
    await at.at.begin(1, batch=other)
    await at.run(timedelta(minutes=1))
    await read(at, letter(**AWAY))
    both = [await at.person(), (await at.at.people(batch=other))[0]]
    assert {each.deliveries[1].due.date().isoformat() for each in both} == {"2026-12-10"}


async def test_an_automatic_reply_from_before_our_email_or_of_a_colleague_postpones_nothing() -> (
    None
):
    at = await inbox()
    before = (await at.person()).deliveries[1].due
    await read(at, letter(**AWAY), received=at.at.clock.now() - HOUR)
    await read(at, letter(**AWAY, sender="m1@contoso.example"))
    assert (await at.person()).deliveries[1].due == before


# -- told again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", ["<out@x>", ""])
async def test_what_was_decided_since_is_not_undone_by_a_message_that_is_moved(
    identity: str,
) -> None:
    at = await inbox()
    ours = (await at.person()).deliveries[0].message_id
    item = at.mail.deliver("m1", letter("Unsubscribe me.", answers=ours, identity=identity))
    await at.told(item.mail.id)
    await at.work()
    assert await at.suppressed(ANA) is Cause.OPTED_OUT
    await at.parts.suppressions.lift(ADMIN, ANA)
    at.mail.move(item, ARCHIVE)
    at.restart()
    await at.told(item.mail.id)
    assert await at.suppressed(ANA) is None


# -- what is not ours ---------------------------------------------------------------------------

TOKEN = "zq7xkvj"


async def test_a_strangers_letter_leaves_no_trace() -> None:
    at = await inbox()
    raw = letter(
        f"Between us: {TOKEN}",
        sender=f"{TOKEN}@else.example",
        subject=f"About {TOKEN}",
        identity=f"<{TOKEN}@else.example>",
        answers=f"<{TOKEN}.1@else.example>",
        X_Anything=TOKEN,
    )
    returned = report(f"{TOKEN}@else.example", inside=f"<{TOKEN}@x>", returned=TOKEN)
    with capture_logs() as told:
        for each in (raw, returned):
            await read(at, each, conversation_id=TOKEN)
        await at.run(timedelta(days=4))
    assert TOKEN not in everything(at.store)
    assert TOKEN not in str(told)
    assert ANA in everything(at.store)  # the look is a real one


async def test_the_text_of_what_is_not_ours_is_not_even_asked_for() -> None:
    at = await inbox()
    await read(at, letter(sender="somebody@else.example", answers="<their@own>"))
    await read(at, letter("I have a question.", subject="Lunch", identity="<2@x>"))
    assert at.mail.read == []
