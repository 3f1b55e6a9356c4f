"""The town page over HTTP: what people outside do at a click, what it shows, who is kept out."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgraph.generated.models.internet_message_header import InternetMessageHeader

from tests.flows.graph_scene import Scene, email, send
from tests.flows.test_sandbox_process import sandbox, told

pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

DAY = 86_400
PAGE = Path(__file__).resolve().parents[2] / "bot" / "sandbox" / "town" / "page"


class Town:
    """The page's own calls."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self.session = session

    async def get(self, path: str) -> Any:
        return (await self.call("GET", path, 200))[1]

    async def post(self, path: str, body: object, status: int = 200) -> Any:
        return (await self.call("POST", path, status, body))[1]

    async def call(
        self, method: str, path: str, status: int, body: object = None
    ) -> tuple[Any, Any]:
        async with self.session.request(method, self.base + path, json=body) as answer:
            told = await answer.json()
            assert answer.status == status, told
            return answer.headers, told

    async def mails(self, address: str, folder: str = "all") -> list[Any]:
        """Return the mails of the latest thread."""
        latest = (await self.get(f"/town/mail/{address}?folder={folder}"))["threads"][0]
        thread = await self.get(f"/town/mail/{address}/{quote(latest['id'], safe='')}")
        found: list[Any] = thread["mails"]
        return found

    async def there(self) -> dict[str, Any]:
        """Return the clock once no jump is under way."""
        for _ in range(400):
            clock: dict[str, Any] = await self.get("/town/clock")
            if clock["travel"] is None:
                return clock
            await asyncio.sleep(0.02)
        raise AssertionError("the jump never ended")


@pytest.fixture
async def town(scene: Scene) -> AsyncIterator[Town]:
    async with aiohttp.ClientSession() as session:
        yield Town(scene.sandbox.listeners["town"], session)


async def written_to(scene: Scene, name: str = "ana") -> str:
    """Have the owner write to somebody outside, and wait until it is there."""
    to = await scene.seed(name)
    await send(await scene.graph(), email(to))
    await scene.jump(60)
    return to


@pytest.mark.parametrize(
    ("deed", "text", "subject"),
    [
        ("reply", "Call me on Monday.", "Re: How do you like it?"),
        ("auto_reply", None, "Automatic reply: How do you like it?"),
        ("opt_out", None, "Re: How do you like it?"),
        ("report_spam", None, "FW: How do you like it?"),
    ],
)
async def test_what_somebody_outside_does_arrives_and_stays_in_their_thread(
    scene: Scene, town: Town, deed: str, text: str | None, subject: str
) -> None:
    to = await written_to(scene)
    [received] = await town.mails(to)

    body = {"person": to, "mail": received["id"], "do": deed} | ({"text": text} if text else {})
    await town.post("/town/deeds", body)

    [_, own] = await town.mails(to)
    assert (received["own"], own["own"]) == (False, True)
    assert own["subject"] == subject
    assert text is None or own["text"] == text
    [arrived] = await scene.journal("mail.arrived")
    assert (arrived["kind"], arrived["subject"]) == (deed, subject)
    [latest] = [
        mail
        for mail in await town.mails(scene.owner["mail"], "inbox")
        if mail["id"] == arrived["internetMessageId"]
    ]
    assert latest["text"] == own["text"]


async def test_what_people_do_by_themselves_stays_in_their_thread_too(
    scene: Scene, town: Town
) -> None:
    to = await scene.seed("bea", {"on": 1, "do": "reply", "text": "With pleasure."})
    await send(await scene.graph(), email(to))
    await scene.jump(60)
    [received, own] = await town.mails(to)
    by_hand = {"from": to, "to": scene.owner["mail"], "subject": "Re: x", "text": "One more thing."}

    await scene.control("POST", "/control/mail", {**by_hand, "in_reply_to": received["id"]})

    assert own["text"] == "With pleasure."
    assert received["subject"] in own["quoted"]
    assert [mail["text"] for mail in (await town.mails(to))[1:]] == [
        "With pleasure.",
        "One more thing.",
    ]


async def test_an_automatic_reply_that_the_sender_does_not_want_is_said_so(
    scene: Scene, town: Town
) -> None:
    to = await scene.seed("cleo")
    message = email(to)
    message.internet_message_headers = [
        InternetMessageHeader(name="X-Auto-Response-Suppress", value="OOF")
    ]
    await send(await scene.graph(), message)
    await scene.jump(60)
    [received] = await town.mails(to)

    body = {"person": to, "mail": received["id"], "do": "auto_reply"}
    refused = await town.post("/town/deeds", body, 422)

    assert "no automatic replies" in refused["error"]
    assert len(await town.mails(to)) == 1
    assert await scene.journal("mail.arrived") == []


async def test_only_what_people_can_do_about_mail_they_have(scene: Scene, town: Town) -> None:
    to = await written_to(scene, "cora")
    [received] = await town.mails(to)
    body = {"person": to, "mail": received["id"], "do": "reply"}

    unknown = await town.post("/town/deeds", {**body, "mail": "<none@x.example>"}, 400)
    await town.post("/town/deeds", {**body, "do": "bounce"}, 400)
    await town.post("/town/deeds", {**body, "person": "no@x.example"}, 404)

    assert "no such mail" in unknown["error"]
    assert await scene.journal("mail.arrived") == []


@pytest.mark.parametrize("status", [200, 503])
async def test_the_unsubscribe_button_opens_the_page_that_the_mail_names_and_presses_it(
    scene: Scene, town: Town, status: int
) -> None:
    async def page(request: web.Request) -> web.Response:
        form = "<form method='post'><button>Stop</button></form>"
        answered = 200 if request.method == "GET" else status
        return web.Response(text=form, content_type="text/html", status=answered)

    app = web.Application()
    app.add_routes([web.route("*", "/out", page)])
    async with TestServer(app) as server:
        to = await scene.seed("elsa")
        link = {"String 0x1045": f"<{server.make_url('/out')}>"}
        await send(await scene.graph(), email(to, **link))
        await scene.jump(60)
        [received] = await town.mails(to)
        body = {"person": to, "mail": received["id"], "do": "press_unsubscribe"}

        answer = await town.post("/town/deeds", body, 200 if status == 200 else 422)

    assert answer == ({} if status == 200 else {"error": "The page behind it answered 503."})
    [pressed] = await scene.journal("mail.unsubscribed")
    assert (pressed["recipient"], pressed["status"]) == (to, status)


async def test_a_mail_without_a_way_to_unsubscribe_says_so(scene: Scene, town: Town) -> None:
    to = await written_to(scene, "flor")
    [received] = await town.mails(to)
    body = {"person": to, "mail": received["id"], "do": "press_unsubscribe"}

    refused = await town.post("/town/deeds", body, 422)

    assert "no way to unsubscribe" in refused["error"]


async def test_owners_see_their_folders_by_thread(scene: Scene, town: Town) -> None:
    to = await written_to(scene, "dora")
    owner = scene.owner["mail"]
    junk = {"from": "x@spam.example", "to": owner, "subject": "Win", "text": "!"}
    await scene.control("POST", "/control/mail", {**junk, "folder": "junkemail"})

    sent = await town.mails(owner, "sentitems")
    spam = await town.mails(owner, "junkemail")

    assert [(mail["to"], mail["own"], mail["folder"]) for mail in sent] == [
        (["Somebody"], True, "sentitems")
    ]
    assert [(mail["subject"], mail["folder"]) for mail in spam] == [("Win", "junkemail")]
    people = await town.get("/town/people")
    assert to in [person["address"] for person in people["outside"]]
    assert owner in [person["address"] for person in people["inside"]]


async def test_somebody_new_outside_can_be_written_to(scene: Scene, town: Town) -> None:
    address = f"vera@{scene.domain}"

    await town.post("/town/people", {"name": "Vera Voss", "address": address})
    again = await town.post("/town/people", {"address": address.upper()}, 400)
    inside = await town.post("/town/people", {"address": "vera@contoso.example"}, 400)
    await town.post("/town/people", {"address": "vera"}, 400)
    await send(await scene.graph(), email(address))
    await scene.jump(60)

    assert "already" in again["error"]
    assert "organization" in inside["error"]
    assert len(await town.mails(address)) == 1


# -- the door -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "town.attacker.example"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
async def test_other_pages_are_kept_out(scene: Scene, town: Town, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/town/people"), ("POST", "/town/clock/speed")):
        body = json.dumps({"speed": 99})
        async with town.session.request(
            method, town.base + path, data=body, headers=headers
        ) as answer:
            assert answer.status == 403
    assert (await town.get("/town/clock"))["speed"] == 0


async def test_the_page_itself_may(town: Town) -> None:
    port = urlsplit(town.base).port
    own = {"Origin": f"http://localhost:{port}", "Host": f"localhost:{port}",
           "Sec-Fetch-Site": "same-origin"}  # fmt: skip
    async with town.session.post(
        f"{town.base}/town/clock/speed", json={"speed": 0}, headers=own
    ) as answer:
        assert answer.status == 200
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    async with town.session.get(town.base, headers=linked) as answer:
        assert answer.status == 200
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.replace('<script type="module" src="/page/town.js"></script>', "")


async def test_every_file_of_the_page_is_served_under_the_policy(town: Town) -> None:
    names = sorted(path.name for path in PAGE.iterdir())
    assert "town.js" in names
    for name in names:
        async with town.session.get(f"{town.base}/page/{name}") as answer:
            assert answer.status == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for path in ("/page/../http.py", "/page/%2e%2e/http.py", "/assets/..%2fx", "/assets/x.js"):
        async with town.session.get(f"{town.base}{path}") as answer:
            assert answer.status in (403, 404)


def test_text_never_becomes_markup_in_the_page() -> None:
    scripts = sorted(PAGE.glob("*.js"))
    assert len(scripts) > 5
    for path in scripts:
        text = path.read_text()
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in text, f"{path.name}: {way}"
        assert "allow-scripts" not in text
    mail = (PAGE / "mail.js").read_text()
    assert mail.count("srcdoc:") == mail.count("sandbox:") == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to read scripts with")
@pytest.mark.parametrize("path", sorted(PAGE.glob("*.js")), ids=lambda path: path.name)
def test_scripts_can_be_read(path: Path, tmp_path: Path) -> None:
    module = shutil.copy(path, tmp_path / f"{path.stem}.mjs")
    result = subprocess.run(["node", "--check", module], capture_output=True, check=False)  # noqa: S607
    assert result.returncode == 0, result.stderr


async def test_untrusted_text_goes_out_as_it_is_and_only_as_json(scene: Scene, town: Town) -> None:
    bad = "<img src=x onerror=alert(1)>"
    mail = {"from": "x@y.example", "to": scene.owner["mail"], "subject": bad, "text": bad}
    await scene.control("POST", "/control/mail", mail)

    headers, told = await town.call("GET", f"/town/mail/{scene.owner['mail']}?folder=inbox", 200)

    assert headers["Content-Type"].startswith("application/json")
    assert told["threads"][0]["subject"] == bad
    assert bad in (await town.get("/town/journal?about=mail&limit=1"))["lines"][0]["text"]


# -- clock and journal ---------------------------------------------------------------------


async def test_a_big_jump_goes_in_strides_one_at_a_time(scene: Scene, town: Town) -> None:
    start = datetime.fromisoformat(await scene.now())
    seen = []

    first = await town.post("/town/clock/jump", {"seconds": 2.25 * DAY}, 202)
    refused = await town.post("/town/clock/jump", {"seconds": 1}, 409)
    while (clock := await town.get("/town/clock"))["travel"]:
        moment = datetime.fromisoformat(clock["now"])
        if moment not in seen:
            seen.append(moment)
        await asyncio.sleep(0.02)

    goal = start + timedelta(days=2.25)
    assert datetime.fromisoformat(first["travel"]["to"]) == goal
    assert "already" in refused["error"]
    assert datetime.fromisoformat(clock["now"]) == goal
    steps = [later - earlier for earlier, later in zip([start, *seen], seen, strict=False)]
    assert max(steps) == timedelta(hours=12)
    assert len(seen) >= 5
    [jumped] = await scene.journal("time.")
    assert jumped == {"seconds": 2.25 * DAY}


async def test_a_jump_can_be_stopped_and_goes_to_the_next_thing_due(
    scene: Scene, town: Town
) -> None:
    await town.post("/town/clock/jump", {"seconds": 30 * DAY}, 202)
    stopped = await town.post("/town/clock/stop", {})
    to = await scene.seed("eve")
    nothing = await town.post("/town/clock/jump", {"next": True}, 400)
    await send(await scene.graph(), email(to))
    due = (await town.get("/town/clock"))["due"]
    await town.post("/town/clock/jump", {"next": True}, 202)
    clock = await town.there()

    assert stopped["travel"] is None
    assert "nothing is due" in nothing["error"]
    assert clock["now"] == due
    for body in ({}, {"seconds": -1}, {"seconds": 1e15}, {"hours": 1}):
        await town.post("/town/clock/jump", body, 400)


async def test_the_next_thing_due_may_be_the_apps(tmp_path: Path) -> None:
    told_next = ["2026-03-05T10:00:00+00:00", None, "soon"]
    app = web.Application()

    async def health(_request: web.Request) -> web.Response:
        return web.json_response({"next": told_next.pop(0)})

    app.add_routes([web.get("/health", health)])
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        where = ("--speed", "0", "--start", "2026-03-02T09:00:00+00:00")
        with sandbox(tmp_path, *where, "--agenda", str(server.make_url("/health"))) as process:
            town = Town(told(process)["listeners"]["town"], session)
            await town.post("/town/clock/jump", {"next": True}, 202)
            clock = await town.there()
            refused = [await town.post("/town/clock/jump", {"next": True}, 400) for _ in range(2)]

    assert clock["now"] == "2026-03-05T10:00:00.000000Z"
    assert all("nothing is due" in each["error"] for each in refused)
    assert told_next == []


async def test_speed_is_set_and_told(scene: Scene, town: Town) -> None:
    shown = await town.post("/town/clock/speed", {"speed": 60})
    await town.post("/town/clock/speed", {"speed": 0})
    await town.post("/town/clock/speed", {"speed": -1}, 400)

    assert (shown["speed"], shown["zone"]) == (60, "Europe/Berlin")
    lines = (await town.get("/town/journal?about=time&limit=2"))["lines"]
    assert [line["text"] for line in lines] == [
        "The clock was stopped",
        "The clock was set to run 60 times as fast",
    ]


async def test_the_journal_reads_as_sentences(scene: Scene, town: Town) -> None:
    to = await written_to(scene, "fay")
    await send(await scene.graph(), email(f"nobody@{scene.domain}"))
    await scene.jump(60)

    lines = (await town.get("/town/journal?about=mail&limit=50"))["lines"]
    problems = (await town.get("/town/journal?about=problems&limit=1"))["lines"]

    owner = scene.owner["name"]
    texts = [line["text"] for line in lines]
    assert f"{owner}’s mailbox sent “How do you like it?” to Fay" in texts
    assert "“How do you like it?” reached Fay" in texts
    assert "bounced: 550 5.1.10" in problems[0]["text"]
    assert problems[0]["problem"]
    assert [line["first"] for line in lines] == sorted(
        (line["first"] for line in lines), reverse=True
    )
    assert to.startswith("fay@")
    await town.call("GET", "/town/journal?about=rain", 400)
    await town.call("GET", "/town/journal?limit=0", 400)


async def test_the_page_is_told_that_something_changed(scene: Scene, town: Town) -> None:
    async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[Any]:
        async for line in answer.content:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    async with town.session.get(f"{town.base}/town/changes") as answer:
        assert answer.content_type == "text/event-stream"
        assert "default-src" in answer.headers["Content-Security-Policy"]
        stream = events(answer)
        first = await anext(stream)
        mail = {"from": "x@y.example", "to": scene.owner["mail"], "subject": "s", "text": "t"}
        await scene.control("POST", "/control/mail", mail)
        second = await anext(stream)

    assert second["journal"] > first["journal"]
    assert set(first["clock"]) == {"now", "speed", "zone", "due", "travel"}


# -- Teams ---------------------------------------------------------------------------------


async def test_everybody_sees_their_own_chat_and_what_they_share(scene: Scene, town: Town) -> None:
    first, other = scene.users[0]["upn"], scene.users[1]["upn"]

    chats = (await town.get(f"/town/chats/{first}"))["chats"]
    theirs = (await town.get(f"/town/chats/{other}"))["chats"]

    assert [chat["kind"] for chat in chats][:3] == ["personal", "channel", "channel"]
    assert chats[0]["id"] != theirs[0]["id"]
    assert {chat["id"] for chat in chats[1:]} == {chat["id"] for chat in theirs[1:]}
    assert (await town.get(f"/town/chats/{first}/{quote(chats[0]['id'])}"))["messages"] == []
    await town.call("GET", f"/town/chats/{first}/{quote(theirs[0]['id'])}", 404)
    await town.call("GET", "/town/chats/nobody", 404)


async def test_what_a_client_does_not_allow_is_said(scene: Scene, town: Town) -> None:
    body = {"user": scene.users[0]["upn"], "text": "hello"}
    refused = await town.post("/control/teams/say", body, 422)
    assert refused["error"] == "the app is not installed here"


# -- the process ---------------------------------------------------------------------------


async def test_assets_are_served_where_they_were_given(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    for name in ("adaptivecards/dist/adaptivecards.min.js",
                 "markdown-it/dist/browser/markdown-it.umd.min.js"):  # fmt: skip
        (modules / name).parent.mkdir(parents=True)
        (modules / name).write_text(f"// {name}")
    with sandbox(tmp_path, "--assets", str(modules)) as process:
        base = told(process)["listeners"]["town"]
        async with aiohttp.ClientSession() as session:
            town = Town(base, session)
            about = await town.get("/town/about")
            async with session.get(f"{base}/assets/adaptivecards.js") as answer:
                script = await answer.text()
            async with session.get(f"{base}/town/changes") as stream:
                await stream.content.readline()
                await town.post("/town/clock/jump", {"seconds": 300 * DAY}, 202)
                began = asyncio.get_running_loop().time()
                process.terminate()
                code = await asyncio.to_thread(process.wait, 10)
                ended = asyncio.get_running_loop().time() - began

    assert about["draws_cards"] is True
    assert script == "// adaptivecards/dist/adaptivecards.min.js"
    assert code == 0
    assert ended < 5


async def test_without_assets_cards_are_plain(town: Town) -> None:
    about = await town.get("/town/about")
    assert (about["name"], about["bot"], about["draws_cards"]) == ("Contoso", "Mailroom", False)
    async with town.session.get(f"{town.base}/assets/adaptivecards.js") as answer:
        assert answer.status == 404
