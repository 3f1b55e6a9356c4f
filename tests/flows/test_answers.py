"""Answers through the whole installation: found by Exchange's ids, told apart from other mail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.harness.cloud import User, card_text
from tests.harness.hands import Hands, elements
from tests.harness.installation import Installation, installation

pytestmark = pytest.mark.asyncio(loop_scope="module")
PEOPLE = {
    "quick@customer.example": [{"on": 1, "after": 5, "do": "reply", "text": "Yes."}],
    "away@customer.example": [{"on": 1, "after": 5, "do": "auto_reply", "text": "I am away."}],
    "busy@customer.example": [],
    "enough@customer.example": [{"on": 1, "after": 5, "do": "opt_out"}],
    "angry@customer.example": [{"on": 1, "after": 5, "do": "report_spam"}],
    "reading@customer.example": [{"on": 1, "after": 5, "do": "read_receipt"}],
}


@dataclass
class Sent:
    """One email went to each of the people, its id rewritten by Exchange on the way."""

    built: Installation
    hands: Hands
    admin: User
    owner: User
    channel: str

    async def history(self) -> str:
        """Return Distribution History once everything that is due has happened."""
        await self.built.caught_up(await self.built.cloud.now())
        return await self.hands.told(self.admin, "history")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sent]:
    async with installation(tmp_path_factory.mktemp("answers")) as built:
        cloud, hands = built.cloud, Hands(built.cloud)
        admin, _, owner, *_ = await cloud.users()
        for user in (admin, owner):
            await cloud.install(user)
        channel = await cloud.channel("Feedback")
        await cloud.install(admin, channel)
        await hands.told(admin, "notify here", channel)
        await hands.connect(admin, owner)
        await built.caught_up(await cloud.now())
        await cloud.call("PUT", "/control/exchange", {"keeps_message_id": False})
        people = [{"address": each, "behaviours": does} for each, does in PEOPLE.items()]
        await cloud.call("POST", "/control/people", people)
        await hands.distribute(admin, owner, "\n".join(PEOPLE))
        await cloud.until("mail.sent", lambda found: len(found) == len(PEOPLE), "all in Sent Items")
        yield Sent(built, hands, admin, owner, channel)


async def test_an_answer_is_found_by_the_id_exchange_gave(sent: Sent) -> None:
    await sent.built.cloud.until(
        "notification.delivered", lambda found: len(found) >= 2, "both answers told"
    )
    told = await sent.history()
    assert "1 Responded" in told


async def test_an_automatic_answer_does_not_count(sent: Sent) -> None:
    told = await sent.history()
    assert "1 Responded" in told
    arrived = await sent.built.cloud.journal("mail.arrived")
    assert {each["from"] for each in arrived} >= {"away@customer.example"}


async def test_who_wants_no_more_is_told_apart_from_who_answers(sent: Sent) -> None:
    await sent.built.cloud.until(
        "notification.delivered", lambda found: len(found) >= 5, "all answers told"
    )
    told = await sent.history()
    assert "1 Responded" in told
    assert "1 Opted Out" in told
    assert "1 Marked Spam" in told


@pytest.mark.parametrize("answers", [None, "<something@else.example>"])
async def test_mail_that_answers_nothing_of_ours_is_the_owners_own(
    sent: Sent, answers: str | None
) -> None:
    before = len(await sent.built.cloud.journal("notification.delivered"))
    letter = {
        "from": "busy@customer.example",
        "to": sent.owner.upn,
        "subject": "Lunch on Friday at the harbour?",
        "text": "Shall we?",
    }
    await sent.built.cloud.call(
        "POST", "/control/mail", letter | ({"in_reply_to": answers} if answers else {})
    )
    await sent.built.cloud.until(
        "notification.delivered", lambda found: len(found) > before, "the letter told of"
    )
    assert "1 Responded" in await sent.history()
    log = sent.built.app.output()
    assert "harbour" not in log
    assert "busy@customer.example" not in log


async def test_only_those_who_did_not_answer_hear_again(sent: Sent) -> None:
    cloud = sent.built.cloud
    for _ in range(7):
        await cloud.jump_by(12 * 3600)
        await sent.built.caught_up(await cloud.now())
    # Held back by the pace alone, an email is not waiting: see the second one leave.
    silent = ["away@customer.example", "reading@customer.example"]
    assert sorted(await left_again(sent, len(silent))) == silent


async def test_whoever_wrote_to_the_owner_hears_again_once_the_owner_says_so(sent: Sent) -> None:
    chat = await sent.built.cloud.personal_chat(sent.owner)
    asked = await sent.hands.posted(sent.owner, chat["id"], "Resume, or stop?")
    assert "busy@customer.example" in card_text(await sent.hands.shown(asked))
    shown = await sent.hands.press(asked, "letter.resume")
    assert "as planned" in shown
    assert (await left_again(sent, 3))[-1] == "busy@customer.example"
    told = await sent.hands.told(sent.admin, "timeline busy@customer.example")
    assert "not in answer to us" in told
    assert "Every email of it has left." in told


async def test_a_reply_is_acted_on_by_the_channels_card(sent: Sent) -> None:
    hands, whom = sent.hands, "quick@customer.example"
    card = await hands.posted(sent.admin, sent.channel, "A reply came in")
    assert any(
        each.get("url", "").startswith("https://outlook.office365.com/owa/?ItemID=")
        for each in elements(await hands.shown(card))
    )
    assert f"Taken by {sent.admin.name}" in await hands.press(card, "reply.take")
    assert "Taken by" not in await hands.press(card, "reply.give_back")
    assert f"Said by {sent.admin.name}" in await hands.press(card, "reply.opt_out")
    await hands.shows(card, "Nobody of your organisation writes to them any more.")
    assert f"as {sent.admin.name} said" in await hands.told(sent.admin, f"timeline {whom}")
    assert "Responded" not in await sent.history()
    assert "A reply came in" in await hands.press(card, "reply.take_back")
    assert f"Nothing keeps you from writing to {whom}" in await hands.told(
        sent.admin, f"allow {whom}"
    )
    assert "1 Responded" in await sent.history()


async def test_a_reply_that_was_automatic_is_undone_on_the_channels_card(sent: Sent) -> None:
    card = await sent.hands.posted(sent.admin, sent.channel, "A reply came in")
    assert "goes on" in await sent.hands.press(card, "reply.undo")
    assert (await left_again(sent, 4))[-1] == "quick@customer.example"
    assert "said that this reply was automatic" in await sent.hands.told(
        sent.admin, "timeline quick@customer.example"
    )
    assert "Responded" not in await sent.history()


async def left_again(sent: Sent, many: int) -> list[str]:
    """Wait for so many second emails; return to whom they went."""
    wanted = len(PEOPLE) + many
    found = await sent.built.cloud.until(
        "mail.submitted", lambda found: len(found) >= wanted, "their second ones leave"
    )
    return [each["to"][0] for each in found][len(PEOPLE) :]


async def test_an_owner_who_agrees_lets_the_channel_see_the_first_words(sent: Sent) -> None:
    hands, cloud = sent.hands, sent.built.cloud
    chat = await cloud.personal_chat(sent.owner)
    receipt = await hands.posted(sent.owner, chat["id"], "Your mailbox is connected")
    assert "the first 200 characters" in await hands.press(receipt, "excerpts.allow")
    ours = await cloud.journal("mail.sent")
    answer = {
        "from": "reading@customer.example",
        "to": sent.owner.upn,
        "subject": "Re: A question",
        "text": "Gladly, at the *lighthouse*.",
        "in_reply_to": next(
            each["internetMessageId"]
            for each in ours
            if "reading@customer.example" in str(each["to"])
        ),
    }
    await cloud.call("POST", "/control/mail", answer)
    card = await hands.posted(sent.admin, sent.channel, "Gladly, at the *lighthouse*.")
    assert "lighthouse" in await hands.press(card, "reply.take")
    assert "lighthouse" not in sent.built.app.output()
    assert "nothing of what they wrote" in await hands.press(receipt, "excerpts.stop")
    assert "lighthouse" not in await hands.press(card, "reply.give_back")
