"""The doors of a running installation: what they refuse, and what a fault does to nobody."""

import io
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.storage.server import EmbeddedServer
from tests.harness.installation import Installation, installation
from tests.harness.processes import Process

pytestmark = pytest.mark.asyncio(loop_scope="module")
FAULTS = (
    "missing", "garbage", "expired", "not_yet_valid", "wrong_issuer", "wrong_audience",
    "wrong_service_url", "forged", "unknown_kid", "alg_none", "not_endorsed",
)  # fmt: skip


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def built(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    async with installation(tmp_path_factory.mktemp("doors")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_bad_channel_token_is_401(built: Installation, fault: str) -> None:
    answer = await built.cloud.call("POST", "/control/teams/raw", {"fault": fault})
    assert answer["status"] == 401


async def test_a_good_channel_token_is_not(built: Installation) -> None:
    answer = await built.cloud.call("POST", "/control/teams/raw", {"fault": "none"})
    assert answer["status"] in (200, 201, 202)


async def post(session: aiohttp.ClientSession, url: str, body: bytes) -> int:
    headers = {"Content-Type": "application/json"}
    async with session.post(url, data=body, headers=headers) as answer:
        return answer.status


def notification(built: Installation, **changes: object) -> bytes:
    told = {
        "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
        "clientState": "a guess",
        "changeType": "created",
        "tenantId": built.cloud.settings["MAILROOM_TENANT_ID"],
        "resource": "Users/x/Messages/y",
        "resourceData": {"id": "y"},
    }
    return json.dumps({"value": [told | changes]}).encode()


async def test_a_notification_nobody_asked_for_is_202_and_nothing_is_done(
    built: Installation, session: aiohttp.ClientSession
) -> None:
    calls = len(await built.cloud.journal("graph.call"))
    url = f"{built.public_url}/graph/notifications"
    assert await post(session, url, notification(built)) == 202
    assert await post(session, url, notification(built, clientState=None)) == 202
    assert "notification.refused" in built.app.output()
    assert len(await built.cloud.journal("graph.call")) == calls
    assert "a guess" not in built.app.output()


@pytest.mark.parametrize(("count", "status"), [(1000, 202), (1001, 413)])
async def test_more_notifications_than_graph_ever_sends_at_once_are_413(
    built: Installation, session: aiohttp.ClientSession, count: int, status: int
) -> None:
    body = json.dumps({"value": [{"clientState": "a guess"}] * count}).encode()
    assert await post(session, f"{built.public_url}/graph/notifications", body) == status


async def test_what_is_no_notification_is_400(
    built: Installation, session: aiohttp.ClientSession
) -> None:
    assert await post(session, f"{built.public_url}/graph/notifications", b"{") == 400


async def test_the_handshake_is_echoed_as_plain_text_and_escaped(
    built: Installation, session: aiohttp.ClientSession
) -> None:
    url = f"{built.public_url}/graph/notifications"
    async with session.post(url, params={"validationToken": "Validation: <b>1</b>"}) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        assert await answer.text() == "Validation: &lt;b&gt;1&lt;/b&gt;"


async def test_a_body_beyond_all_measure_is_413(
    built: Installation, session: aiohttp.ClientSession
) -> None:
    url = f"{built.public_url}/graph/notifications"
    async with session.post(url, data=io.BytesIO(b" " * (2 << 20))) as answer:
        assert answer.status == 413


async def test_an_unknown_invite_is_told_in_words(
    built: Installation, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{built.public_url}/connect/nonsense") as page:
        assert page.status == 410
        assert "no longer works" in await page.text()
        assert page.headers["Referrer-Policy"] == "no-referrer"
    async with session.get(f"{built.public_url}/connect/callback?state=x&code=y") as page:
        assert page.status == 410


async def refused_start(directory: Path, environment: dict[str, str]) -> str:
    app = await Process.start("refused", ["app.py", "serve"], directory, environment)
    output = await app.ended()
    assert "Mailroom cannot start" in output
    assert "Traceback" not in output
    return output


async def test_a_blank_app_id_refuses_to_start(built: Installation, tmp_path: Path) -> None:
    output = await refused_start(tmp_path, {**built.environment, "MAILROOM_APP_ID": ""})
    assert "MAILROOM_APP_ID" in output


async def test_a_store_that_is_not_there_is_a_clear_error(
    built: Installation, tmp_path: Path
) -> None:
    nowhere = {**built.environment, "MAILROOM_REDIS_URL": "unix:///nowhere/redis.sock"}
    assert "MAILROOM_REDIS_URL" in await refused_start(tmp_path, nowhere)


async def test_a_store_that_dies_is_503_and_nothing_is_lost(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    server = EmbeddedServer(tmp_path / "own")
    await server.start()
    try:
        async with installation(tmp_path, {"MAILROOM_REDIS_URL": server.url}) as built:
            pid = int((tmp_path / "own" / "store" / "server.pid").read_text())
            os.kill(pid, signal.SIGKILL)
            url = f"{built.public_url}/graph/notifications"
            assert await post(session, url, notification(built)) == 503
            async with session.get(f"{built.public_url}/health") as answer:
                assert answer.status == 503
            await server.stop()
            await server.start()
            assert await post(session, url, notification(built)) == 202
    finally:
        await server.stop()
