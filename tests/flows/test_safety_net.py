"""Answers through the whole installation whatever becomes of Graph's notifications: lost, late, out
of order, told twice, told again of what was moved or restored, or never because a rule filed it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from tests.harness.cloud import Entry, User, card_text
from tests.harness.hands import Hands
from tests.harness.installation import Installation, installation

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMES = ("junk", "filed", "lost", "late", "twice", "first", "second", "moved", "restored", "silent")
TEN_MINUTES, HALF_AN_HOUR, DAY = 600, 1800, 24 * 3600


@dataclass
class Town:
    """One email went to each of the people; the channel hears of who answers."""

    built: Installation
    hands: Hands
    owner: User
    channel: str

    async def fault(self, kind: str, **more: object) -> None:
        """Have something happen to notifications from now on."""
        told = {"match": {"path": "^/graph/notifications$"}, "kind": kind, **more}
        await self.built.cloud.call("POST", "/control/faults", told)

    async def answer(self, name: str, folder: str = "inbox") -> Entry:
        """Have somebody answer their email; return how that arrived."""
        address, cloud = f"{name}@customer.example", self.built.cloud
        sent = [each for each in await cloud.journal("mail.sent") if each["to"] == [address]]
        letter = {
            "from": address,
            "to": self.owner.upn,
            "subject": "Re: A question",
            "text": "Yes, gladly.",
            "in_reply_to": sent[0]["internetMessageId"],
            "folder": folder,
        }
        await cloud.call("POST", "/control/mail", letter)
        found = await cloud.until(
            "mail.arrived", lambda all: any(each["from"] == address for each in all), "the answer"
        )
        return next(each for each in found if each["from"] == address)

    async def refile(self, mail: Entry, folder: str, *, copy: bool = False) -> None:
        """Have the owner move a message, or restore a copy of it."""
        body = {"mailbox": self.owner.oid, "id": mail["id"], "folder": folder, "copy": copy}
        await self.built.cloud.call("POST", "/control/mail/refile", body)

    async def notified(self, kind: str = "delivered") -> int:
        """Return how many notifications there were."""
        return len(await self.built.cloud.journal(f"notification.{kind}"))

    async def notified_again(self, before: int) -> None:
        """Wait until more were delivered, and the bot has read what they tell of."""
        cloud = self.built.cloud
        await cloud.until("notification.delivered", lambda all: len(all) > before, "told again")
        await self.built.caught_up(await cloud.now())

    async def go_on(self, seconds: float) -> None:
        """Let the calendar run on; the bot does what it has to."""
        await self.built.cloud.jump_by(seconds)
        await self.built.caught_up(await self.built.cloud.now())

    async def posts(self, name: str) -> int:
        """Return how often the channel was told of somebody."""
        told = await self.built.cloud.conversation(self.channel)
        shown = [card_text(each.get("attachments")) for each in told["activities"]]
        return sum(f"{name}@customer.example" in each for each in shown)

    async def is_posted(self, name: str) -> None:
        """Wait until the channel was told of somebody, and see that it was told once."""
        for _ in range(200):
            if await self.posts(name):
                break
            await asyncio.sleep(0.05)
        await self.built.caught_up(await self.built.cloud.now())
        assert await self.posts(name) == 1


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with installation(tmp_path_factory.mktemp("net")) as built:
        cloud, hands = built.cloud, Hands(built.cloud)
        admin, _, owner, *_ = await cloud.users()
        for user in (admin, owner):
            await cloud.install(user)
        channel = await cloud.channel("Feedback")
        await cloud.install(admin, channel)
        await hands.told(admin, "notify here", channel)
        await hands.connect(admin, owner)
        people = [{"address": f"{name}@customer.example"} for name in NAMES]
        await cloud.call("POST", "/control/people", people)
        await hands.distribute(admin, owner, "\n".join(each["address"] for each in people))
        await cloud.until("mail.sent", lambda all: len(all) == len(NAMES), "all in Sent Items")
        yield Town(built, hands, owner, channel)


@pytest_asyncio.fixture(loop_scope="module")
async def town(sent: Town) -> AsyncIterator[Town]:
    yield sent
    await sent.built.cloud.call("DELETE", "/control/faults")


async def test_an_answer_filed_as_junk_is_told_of_like_any_other(town: Town) -> None:
    before = await town.notified()
    await town.answer("junk", "junkemail")
    await town.notified_again(before)
    await town.is_posted("junk")


async def test_an_answer_a_rule_has_filed_is_found_within_ten_minutes(town: Town) -> None:
    before = await town.notified()
    await town.answer("filed", "archive")
    await town.go_on(TEN_MINUTES)
    await town.is_posted("filed")
    assert await town.notified() == before


async def test_an_answer_nobody_was_told_of_is_found_within_ten_minutes(town: Town) -> None:
    before = await town.notified()
    await town.fault("drop_notification")
    await town.answer("lost")
    await town.go_on(TEN_MINUTES)
    await town.is_posted("lost")
    assert await town.notified("dropped") == 1
    assert await town.notified() == before


async def test_what_is_told_of_late_was_found_and_changes_nothing(town: Town) -> None:
    await town.fault("delay_notification", seconds=HALF_AN_HOUR, count=1)
    await town.answer("late")
    await town.go_on(TEN_MINUTES)
    await town.is_posted("late")
    before = await town.notified()
    await town.go_on(HALF_AN_HOUR)
    await town.notified_again(before)
    assert await town.posts("late") == 1


async def test_what_is_told_of_twice_is_read_once(town: Town) -> None:
    before = await town.notified()
    await town.fault("duplicate_notification")
    await town.answer("twice")
    await town.notified_again(before + 1)
    await town.is_posted("twice")


async def test_answers_out_of_order_are_answers_all_the_same(town: Town) -> None:
    await town.fault("reorder_notification", count=1)
    for name in ("first", "second"):
        await town.answer(name)
    for name in ("first", "second"):
        await town.is_posted(name)


async def test_an_answer_moved_away_and_back_is_no_new_one(town: Town) -> None:
    mail = await town.answer("moved")
    await town.is_posted("moved")
    before = await town.notified()
    await town.refile(mail, "deleteditems")
    await town.refile(mail, "inbox")
    await town.notified_again(before)
    await town.go_on(TEN_MINUTES)
    assert await town.posts("moved") == 1


async def test_an_answer_restored_days_later_is_no_new_one(town: Town) -> None:
    mail = await town.answer("restored")
    await town.is_posted("restored")
    await town.go_on(DAY)
    before = await town.notified()
    await town.refile(mail, "inbox", copy=True)
    await town.notified_again(before)
    assert await town.posts("restored") == 1


async def test_health_tells_how_well_mailboxes_are_watched(town: Town) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{town.built.public_url}/health") as answer,
    ):
        told = (await answer.json())["watching"]
    assert (told["mailboxes"], told["watched"]) == (1, 1)
    assert 0 <= told["oldest_renewal"] < 3600
    assert 0 <= told["longest_gap"] < 3600


async def test_only_who_never_answered_hears_again(town: Town) -> None:
    for _ in range(6):
        await town.go_on(DAY / 2)
    await town.built.cloud.until(
        "mail.sent", lambda all: len(all) > len(NAMES), "the second email to the silent one"
    )
    await town.go_on(DAY)
    again = [each["to"] for each in (await town.built.cloud.journal("mail.sent"))[len(NAMES) :]]
    assert again == [["silent@customer.example"]]
    told = await town.built.cloud.conversation(town.channel)
    assert "silent" not in card_text([each.get("attachments") for each in told["activities"]])
