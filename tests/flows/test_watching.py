"""Mailboxes that are watched through the whole installation, whatever Graph says in between."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from tests.harness.cloud import Entry, User
from tests.harness.hands import Hands
from tests.harness.installation import Installation, installation

pytestmark = pytest.mark.asyncio(loop_scope="module")
SUBSCRIBING = {"method": "POST", "path": "/subscriptions$"}


@dataclass
class Office:
    """An installation, and people whose mailboxes are not connected yet."""

    built: Installation
    hands: Hands
    admin: User
    owners: list[User]

    async def fault(self, match: dict[str, str], status: int, **more: object) -> None:
        """Have Graph answer `status` from now on."""
        told = {"match": match, "kind": "status", "status": status, **more}
        await self.built.cloud.call("POST", "/control/faults", told)

    async def calls(self, method: str, path: str, owner: User) -> list[Entry]:
        """Return what was asked of Graph for an owner."""
        return [
            each
            for each in await self.built.cloud.journal("graph.call")
            if each["method"] == method and path in each["path"] and each["mailbox"] == owner.oid
        ]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def everybody(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with installation(tmp_path_factory.mktemp("watching")) as built:
        admin, _, *owners = await built.cloud.users()
        for user in (admin, *owners):
            await built.cloud.install(user)
        yield Office(built, Hands(built.cloud), admin, owners)


@pytest_asyncio.fixture(loop_scope="module")
async def office(everybody: Office) -> AsyncIterator[Office]:
    await everybody.built.cloud.call("DELETE", "/control/faults")
    yield everybody
    await everybody.built.cloud.call("DELETE", "/control/faults")


async def test_a_refused_subscription_is_asked_for_again(office: Office) -> None:
    owner = office.owners[0]
    await office.fault(SUBSCRIBING, 403, count=4)
    await office.hands.connect(office.admin, owner)
    letter = {"from": "ana@out.example", "to": owner.upn, "subject": "Hi", "text": "Hi"}
    await office.built.cloud.until(
        "graph.call",
        lambda found: [
            each["status"] for each in found if each["path"].endswith("/subscriptions")
        ] == [*[403] * 4, 201, 201],
        "both folders refused twice, then watched",
    )  # fmt: skip
    await office.built.cloud.call("POST", "/control/mail", letter)
    await office.built.cloud.until("notification.delivered", bool, "new mail is told of")


async def letter_to(office: Office, owner: User) -> Entry:
    """Have somebody write to an owner; return how that arrived."""
    before = len(await office.built.cloud.journal("mail.arrived"))
    letter = {"from": "ana@out.example", "to": owner.upn, "subject": "Hi", "text": "Hi"}
    await office.built.cloud.call("POST", "/control/mail", letter)
    arrived = await office.built.cloud.until(
        "mail.arrived", lambda found: len(found) > before, "a letter"
    )
    return arrived[-1]


async def is_read(office: Office, letter: Entry) -> None:
    """Wait until the bot has seen a letter: asked for it, or for a list in which it stood."""
    await office.built.cloud.until(
        "graph.call",
        lambda found: any(
            letter["id"] in (each["path"].rpartition("/")[2], *each.get("listed", ()))
            for each in found
        ),
        "the letter is read",
    )


async def last_heard(office: Office, owner: User) -> str:
    """Return the subscription by which Graph last told of the owner's mail."""
    told = await office.built.cloud.until(
        "notification.delivered",
        lambda found: any(each["mailbox"] == owner.oid for each in found),
        "a notification",
    )
    *_, last = [each["subscription"] for each in told if each["mailbox"] == owner.oid]
    return str(last)


async def happens(office: Office, owner: User, event: str) -> None:
    """Have Graph tell of an event of the owner's subscription, and the bot act on it."""
    told = await office.built.cloud.journal("notification.delivered")
    body = {"subscription": await last_heard(office, owner), "event": event}
    await office.built.cloud.call("POST", "/control/lifecycle", body)
    await office.built.cloud.until(
        "notification.delivered", lambda found: len(found) > len(told), event
    )
    await office.built.caught_up(await office.built.cloud.now())


async def renewals(office: Office, owner: User, least: int) -> list[datetime]:
    """Return when the owner's subscription was renewed, once it was so often."""
    found: list[Entry] = []
    path = f"/subscriptions/{await last_heard(office, owner)}"
    for _ in range(200):
        found = await office.calls("PATCH", path, owner)
        if len(found) >= least:
            return [datetime.fromisoformat(each["at"]) for each in found]
        await asyncio.sleep(0.05)
    raise AssertionError(f"renewed {len(found)} times, not {least}")


async def test_a_subscription_is_renewed_before_its_token_expires(office: Office) -> None:
    cloud, owner = office.built.cloud, office.owners[0]
    renewed = len(await renewals(office, owner, 0))
    for more in (1, 2, 3):
        await cloud.jump_by(40 * 60)
        await renewals(office, owner, renewed + more)


async def test_a_renewal_graph_asks_for_comes_soon_but_not_every_moment(office: Office) -> None:
    cloud, owner = office.built.cloud, office.owners[0]
    renewed = len(await renewals(office, owner, 0))
    await letter_to(office, owner)
    await cloud.jump_by(15 * 60)
    for _ in range(2):
        await happens(office, owner, "reauthorizationRequired")
        assert len(await renewals(office, owner, renewed + 1)) == renewed + 1
    await cloud.jump_by(10 * 60)
    *_, before, last = await renewals(office, owner, renewed + 2)
    assert timedelta(minutes=10) <= last - before < timedelta(minutes=15)


async def test_a_subscription_graph_removed_is_made_anew_and_nothing_is_missed(
    office: Office,
) -> None:
    cloud, owner = office.built.cloud, office.owners[0]
    made = len(await office.calls("POST", "/subscriptions", owner))
    lost = {"match": {"path": "/graph/notifications"}, "kind": "drop_notification", "count": 1}
    await cloud.call("POST", "/control/faults", lost)
    letter = await letter_to(office, owner)
    await happens(office, owner, "subscriptionRemoved")
    await is_read(office, letter)
    assert len(await office.calls("POST", "/subscriptions", owner)) == made + 1
    await is_read(office, await letter_to(office, owner))


async def test_what_graph_missed_to_tell_is_read(office: Office) -> None:
    cloud, owner = office.built.cloud, office.owners[0]
    lost = {"match": {"path": "/graph/notifications"}, "kind": "drop_notification", "count": 1}
    await cloud.call("POST", "/control/faults", lost)
    letter = await letter_to(office, owner)
    await cloud.until("notification.dropped", lambda found: len(found) > 1, "lost")
    await happens(office, owner, "missed")
    await is_read(office, letter)


async def test_a_connection_that_is_gone_when_it_is_to_be_watched_is_told(office: Office) -> None:
    cloud, owner = office.built.cloud, office.owners[1]
    await office.fault(SUBSCRIBING | {"mailbox": owner.upn}, 403)
    card = await office.hands.connect(office.admin, owner)
    await cloud.until(
        "graph.call",
        lambda found: any(each["mailbox"] == owner.oid and "listed" in each for each in found),
        "its mail is read",
    )
    await cloud.call("POST", "/control/revoke", {"user": owner.oid, "what": "sessions"})
    await cloud.call("DELETE", "/control/faults")
    await office.fault({"mailbox": owner.upn}, 401)
    await office.hands.shows(card, "Inactive")
