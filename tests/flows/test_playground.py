"""Agents Playground's side of the sandbox: its requests as version 0.2.28 sends them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.harness.cloud import User, card_text
from tests.harness.hands import Hands
from tests.harness.installation import Installation, installation
from tests.harness.processes import free_port

MARK = {"x-ms-agents-playground": "true"}


class Window:
    """Takes what the sandbox shows; its ids are its own, as Playground's are."""

    def __init__(self) -> None:
        self.port = free_port()
        self.shown: list[tuple[str, str, str]] = []
        self._count = 0

    async def start(self) -> web.AppRunner:
        app = web.Application()
        path = "/_connector/v3/conversations/{conversation}/activities"
        app.add_routes([web.post(path, self._post), web.put(path + "/{id}", self._put)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        return runner

    async def _post(self, request: web.Request) -> web.Response:
        self._count += 1
        await self._take(request, f"window-{self._count}")
        return web.json_response({"id": f"window-{self._count}"})

    async def _put(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        await self._take(request, id)
        return web.json_response({"id": id})

    async def _take(self, request: web.Request, id: str) -> None:
        content = await request.json()
        text = f"{content.get('text', '')} {card_text(content.get('attachments'))}".strip()
        self.shown.append((request.match_info["conversation"], id, text))

    async def until(self, text: str) -> tuple[str, str, str]:
        for _ in range(200):
            for each in reversed(self.shown):
                if text in each[2]:
                    return each
            await asyncio.sleep(0.05)
        raise AssertionError(f"“{text}” never shown: {self.shown}")


class Scene:
    def __init__(self, built: Installation, window: Window, users: list[User]) -> None:
        self.built = built
        self.cloud = built.cloud
        self.window = window
        self.admin, self.second = users[0], users[2]
        self._relay = f"{built.cloud.listeners['relay']}/api/messages"

    async def send(self, activity: dict[str, Any], headers: dict[str, str] = MARK) -> Any:
        """Send an activity as Playground does; returns the status and the body."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._relay, json=activity, headers=headers) as answer,
        ):
            text = await answer.text()
            return answer.status, await answer.json() if text.startswith("{") else text

    async def chat(self) -> str:
        told = await self.cloud.personal_chat(self.admin)
        return str(told["id"])

    async def place(self, name: str) -> str:
        return await self.cloud.channel(name)


def message(conversation: str, text: str, **more: object) -> dict[str, Any]:
    return {"type": "message", "text": text, "id": "539f2997-f8e4-4a5f-bfb0-ce52deb6ac09",
            "conversation": {"id": conversation}, "channelId": "msteams", **more}  # fmt: skip


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    window = Window()
    runner = await window.start()
    arguments = ["--playground", f"http://127.0.0.1:{window.port}"]
    try:
        async with installation(tmp_path, arguments=arguments) as built:
            users = await built.cloud.users()
            await built.cloud.install(users[0])
            yield Scene(built, window, users)
            assert await built.cloud.journal("sandbox.error") == []
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 403), ({"x-ms-agents-playground": "false"}, 403), (MARK, 200)]
)
async def test_only_playground_itself_is_listened_to(
    scene: Scene, headers: dict[str, str], status: int
) -> None:
    before = len(await scene.cloud.journal("teams.activity.in"))
    answer, _ = await scene.send(message(await scene.chat(), "help"), headers)

    assert answer == status
    after = len(await scene.cloud.journal("teams.activity.in"))
    assert after - before == (1 if status == 200 else 0)


async def test_what_is_typed_is_said_and_the_answer_shown(scene: Scene) -> None:
    chat = await scene.chat()
    assert (await scene.send(message(chat, "help")))[0] == 200
    assert (await scene.window.until("What I can do"))[0] == chat

    told = await scene.cloud.conversation(chat)
    typed = [each for each in told["activities"] if each.get("text") == "help"]
    assert [each["from"]["aadObjectId"] for each in typed] == [scene.admin.oid]
    assert typed[0]["serviceUrl"].startswith(scene.cloud.listeners["connector"])


async def test_a_press_goes_to_the_bots_own_card_and_a_picked_person_by_object_id(
    scene: Scene,
) -> None:
    chat = await scene.chat()
    await scene.cloud.install(scene.second)
    await scene.send(message(chat, "invite"))
    _, shown_as, _ = await scene.window.until("Invite a mailbox")
    picked = await _teams_id(scene, scene.second)
    action = {"type": "Action.Execute", "verb": "invite.send",
              "data": {"person": picked, "address": scene.second.upn,
                       "permission": "read_send"}}  # fmt: skip
    status, body = await scene.send(
        {"type": "invoke", "name": "adaptiveCard/action", "replyToId": shown_as,
         "conversation": {"id": chat}, "value": {"action": action, "trigger": "manual"}}
    )  # fmt: skip

    assert (status, body["statusCode"]) == (200, 200), body
    assert "Invited" in card_text(body["value"])
    assert await Hands(scene.cloud).sign_in_link(scene.second)


async def _teams_id(scene: Scene, user: User) -> str:
    """The id under which Playground's people picker knows somebody."""
    chat = await scene.cloud.personal_chat(user)
    await scene.cloud.say(user, "help")
    chat = await scene.cloud.conversation(chat["id"])
    mine = [each for each in chat["activities"] if not each["sandbox"]["is_from_bot"]]
    return str(mine[0]["from"]["id"])


async def test_a_group_chat_is_a_place_too(scene: Scene) -> None:
    group = await scene.place("Program team")
    await scene.cloud.install(scene.admin, group)
    await scene.send(message(group, "<at>Mailroom</at> help"))

    assert (await scene.window.until("What I can do"))[0] == group


async def test_a_thread_begun_there_goes_by_its_id_and_is_answered_in_it(scene: Scene) -> None:
    channel = await scene.place("Feedback")
    await scene.cloud.install(scene.admin, channel)
    thread = f"{channel};messageid=1790000000001"
    await scene.send(message(thread, "<at>Mailroom</at> notify here"))

    place, _, _ = await scene.window.until("This channel is now told")
    assert place == thread


async def test_a_page_loaded_anew_is_told_all_that_stands_and_its_buttons_work(
    scene: Scene,
) -> None:
    chat = await scene.chat()
    await scene.send(message(chat, "invite"))
    await scene.window.until("Invite a mailbox")
    scene.window.shown.clear()
    loaded = {"type": "installationUpdate", "action": "add", "conversation": {"id": chat}}
    assert (await scene.send(loaded))[0] == 200
    _, shown_as, _ = await scene.window.until("Invite a mailbox")

    action = {"type": "Action.Execute", "verb": "invite.send", "data": {"person": "x"}}
    status, body = await scene.send(
        {"type": "invoke", "name": "adaptiveCard/action", "replyToId": shown_as,
         "conversation": {"id": chat}, "value": {"action": action, "trigger": "manual"}}
    )  # fmt: skip
    assert (status, body["statusCode"]) == (200, 200), body
    assert "check" in card_text(body["value"])


async def test_what_is_not_understood_is_said_so(scene: Scene) -> None:
    status, body = await scene.send({"type": "message", "text": "help"})
    assert (status, body["error"]) == (400, "not understood: 'conversation'")
    gone = {"type": "invoke", "name": "adaptiveCard/action", "replyToId": "no-such",
            "conversation": {"id": await scene.chat()},
            "value": {"action": {"type": "Action.Execute"}}}  # fmt: skip
    assert (await scene.send(gone))[0] == 422
