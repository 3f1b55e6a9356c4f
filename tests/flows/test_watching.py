"""Mailboxes that are watched through the whole installation, whatever Graph says in between."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

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
    await office.fault(SUBSCRIBING, 403, count=2)
    await office.hands.connect(office.admin, owner)
    letter = {"from": "ana@out.example", "to": owner.upn, "subject": "Hi", "text": "Hi"}
    await office.built.cloud.until(
        "graph.call",
        lambda found: [
            each["status"] for each in found if each["path"].endswith("/subscriptions")
        ] == [403, 403, 201],
        "refused twice, then watched",
    )  # fmt: skip
    await office.built.cloud.call("POST", "/control/mail", letter)
    await office.built.cloud.until("notification.delivered", bool, "new mail is told of")


async def test_a_connection_that_is_gone_when_it_is_to_be_watched_is_told(office: Office) -> None:
    owner = office.owners[1]
    await office.fault(SUBSCRIBING | {"mailbox": owner.upn}, 401)
    card = await office.hands.connect(office.admin, owner)
    revoked = {"user": owner.oid, "what": "sessions"}
    await office.built.cloud.call("POST", "/control/revoke", revoked)
    await office.hands.shows(card, "Inactive")
