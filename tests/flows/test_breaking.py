"""The circuit breaker, through the whole installation: too much comes back, or Exchange stops the
sender; the channel is asked, and somebody answers (B11, G8). Read in the journal.
"""

from datetime import timedelta
from pathlib import Path

from tests.flows.test_refusals import begin, told
from tests.flows.test_steering import MONDAY
from tests.harness.cloud import card_text
from tests.harness.office import Office, office

GONE = tuple(f"gone{number}@nowhere.example" for number in range(3))
ASKED = "Go on, or stop?"
THERE = tuple(f"there{number}@customer.example" for number in range(40))


async def channel(berlin: Office) -> str:
    """Have a channel asked and told."""
    place: str = await berlin.built.cloud.channel("Feedback")
    await berlin.built.cloud.install(berlin.admin, place)
    await berlin.hands.told(berlin.admin, "notify here", place)
    return place


async def questions(berlin: Office, place: str) -> int:
    """Return how often the channel was asked."""
    posts = (await berlin.built.cloud.conversation(place))["activities"]
    return sum(ASKED in card_text(each.get("attachments")) for each in posts)


async def known(berlin: Office, behaviour: dict[str, object] | None = None) -> None:
    """Have people there to write to, who all behave alike."""
    does = [behaviour] if behaviour else []
    people = [{"address": each, "behaviours": does} for each in THERE]
    await berlin.built.cloud.call("POST", "/control/people", people)


async def test_too_much_comes_back_and_somebody_has_it_go_on(tmp_path: Path) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        place = await channel(berlin)
        await known(berlin)
        card = await begin(berlin, "\n".join((*GONE, *THERE)))
        asked = await berlin.hands.posted(berlin.admin, place, ASKED)
        said = card_text(await berlin.hands.shown(asked))
        assert "3 of the last " in said
        assert f"emails from {berlin.owner.upn} came back." in " ".join(said.split())
        await berlin.hands.shows(card, "On hold")
        await berlin.built.caught_up(await berlin.built.cloud.now())
        left = len(await berlin.left())
        assert left < len(GONE) + len(THERE)
        await berlin.go_to(MONDAY + timedelta(hours=1))
        assert len(await berlin.left()) == left
        assert "Too many of its last emails came back" in (await berlin.check(THERE[0]))[1]
        member = (await berlin.built.cloud.users())[-1]
        refused = await berlin.hands.press(asked, "question.go_on", user=member)
        assert "Only organisation admins" in refused
        shown = await berlin.hands.press(asked, "question.go_on")
        assert "on its way again" in shown
        await berlin.leave(len(GONE) + len(THERE))
        await berlin.hands.shows(card, f"{len(THERE)} Sent")
        assert "on its way again" in card_text(await berlin.hands.shown(asked))
        assert await questions(berlin, place) == 1


async def test_a_sender_that_exchange_blocked_is_held_and_nobody_is_suppressed(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, MONDAY) as berlin:
        place = await channel(berlin)
        denied = "550 5.1.8 Access denied, bad outbound sender"
        await known(berlin, {"on": "any", "do": "bounce", "text": denied})
        card = await begin(berlin, "\n".join(THERE))
        asked = await berlin.hands.posted(berlin.admin, place, ASKED)
        assert "Exchange has blocked this mailbox" in card_text(await berlin.hands.shown(asked))
        await berlin.hands.shows(card, "On hold")
        assert await told(berlin, berlin.owner.oid, "Exchange has blocked") == 1
        await berlin.go_to(MONDAY + timedelta(hours=1))
        left = await berlin.left()
        assert len(left) < len(THERE)
        shown = await berlin.hands.press(asked, "question.stop")
        assert "stopped for good" in shown
        await berlin.hands.shows(card, "Stopped")
        await berlin.go_to(MONDAY + timedelta(days=3))
        assert await berlin.left() == left
        again = await berlin.check(THERE[0])
        assert "Left out" not in again[1]
        assert "Exchange has blocked" in again[1]
        assert await questions(berlin, place) == 1
