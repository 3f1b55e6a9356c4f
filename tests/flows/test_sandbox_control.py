"""The sandbox's control API and its clock."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.clock import Clock
from bot.sandbox.journal import Journal
from tests.flows.graph_scene import Scene, email, send

pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

MAIL = {"from": "a@b.example", "to": "OWNER", "subject": "s", "text": "t"}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("POST", "/control/clock", {"sped": 1}, "sped"),
        ("POST", "/control/clock", {"jump_by": 1, "to_next_due": True}, "only one"),
        ("POST", "/control/clock", {"jump_to": "2020-01-01T00:00:00Z"}, "has passed"),
        ("POST", "/control/clock", {"jump_to": "2036-01-01T00:00:00"}, "time zone"),
        ("POST", "/control/clock", {"jump_by": -1}, "has passed"),
        ("POST", "/control/clock", {"speed": -1}, "speed"),
        ("POST", "/control/clock", {"speed": "fast"}, "speed"),
        ("POST", "/control/people", [{"address": "a@b.example", "nme": "A"}], "nme"),
        ("POST", "/control/people", [{"name": "A"}], "address"),
        ("POST", "/control/people", [3], "object"),
        (
            "POST",
            "/control/people",
            {"address": "a@b.example", "behaviours": [{"on": 1, "do": "sing"}]},
            "do: one of",
        ),
        (
            "POST",
            "/control/people",
            {"address": "a@b.example", "behaviours": [{"on": 0, "do": "reply"}]},
            "on: a number",
        ),
        (
            "POST",
            "/control/people",
            {"address": "a@b.example", "behaviours": [{"on": 1, "do": "bounce", "text": "no"}]},
            "no status code",
        ),
        ("PUT", "/control/hosts", {"http://x.test": "http://127.0.0.1:1"}, "no https origin"),
        ("PUT", "/control/hosts", {"https://x.test": "http://10.0.0.1:1"}, "loopback"),
        ("PUT", "/control/exchange", {"keeps": True}, "keeps"),
        ("POST", "/control/faults", {"match": {}, "kind": "rain"}, "rain"),
        ("POST", "/control/faults", {"match": {}, "kind": "status"}, "status"),
        ("POST", "/control/faults", {"match": {}, "kind": "refuse"}, "code"),
        ("POST", "/control/faults", {"match": {}, "kind": "refuse", "code": "New"}, "New"),
        ("POST", "/control/faults", {"match": {"host": "x"}, "kind": "reset"}, "host"),
        ("POST", "/control/faults", {"match": {"path": "("}, "kind": "reset"}, "path"),
        ("POST", "/control/faults", {"match": {}, "kind": "reset", "cout": 1}, "cout"),
        ("POST", "/control/mail", {"from": "a@b.example"}, "missing"),
        ("POST", "/control/mail", {**MAIL, "from": "nobody"}, "no mail address"),
        ("POST", "/control/mail", {**MAIL, "headers": {"X-A": "b\r\nc"}}, "linefeed"),
        ("POST", "/control/mail", {**MAIL, "folder": "drafts"}, "folder"),
        ("POST", "/control/people", {"address": "nobody"}, "no mail address"),
        ("POST", "/control/lifecycle", {"subscription": "x", "event": "missed"}, "subscription"),
        ("GET", "/control/journal?since=1", None, "since"),
        ("GET", "/control/journal?after=x", None, "after"),
    ],
)
async def test_refuses_what_it_does_not_know_and_names_it(
    scene: Scene, method: str, path: str, body: object, named: str
) -> None:
    if isinstance(body, dict) and body.get("to") == "OWNER":
        body = {**body, "to": scene.owner["mail"]}

    status, answer = await scene.try_control(method, path, body)

    assert status == 400
    assert named in answer["error"]


async def test_unknown_owners_are_not_found(scene: Scene) -> None:
    mail = {"from": "a@b.example", "to": "nobody@contoso.example", "subject": "s", "text": "t"}

    assert (await scene.try_control("POST", "/control/mail", mail))[0] == 404
    assert (await scene.try_control("GET", "/control/mailboxes/nobody/inbox"))[0] == 404
    assert (await scene.try_control("GET", f"/control/mailboxes/{scene.owner['oid']}/x"))[0] == 400


async def test_the_clock_steps_from_one_thing_due_to_the_next(scene: Scene) -> None:
    to = await scene.seed("ana", {"on": 1, "after": 86_400, "do": "reply"})
    await send(await scene.graph(), email(to))
    start = datetime.fromisoformat(await scene.now())

    seen = []
    for _ in range(4):
        await scene.control("POST", "/control/clock", {"to_next_due": True})
        seen.append([each["kind"] for each in await kinds(scene)])
    rest = await scene.control("POST", "/control/clock", {"to_next_due": True})

    assert seen[-1] == ["mail.submitted", "mail.sent", "mail.delivered", "mail.arrived"]
    assert datetime.fromisoformat(rest["now"]) - start > timedelta(days=1)
    assert rest["speed"] == 0
    at = [datetime.fromisoformat(each["at"]) for each in await kinds(scene)]
    assert at == sorted(at)
    assert timedelta(0) <= at[3] - at[2] - timedelta(days=1) < timedelta(seconds=1)


async def test_the_clock_runs_by_itself_at_a_speed(scene: Scene) -> None:
    to = await scene.seed("ana", {"on": 1, "after": 600, "do": "reply"})

    await scene.control("POST", "/control/clock", {"speed": 3600})
    try:
        await send(await scene.graph(), email(to))
        [arrived] = await scene.until("mail.arrived", 1)
    finally:
        shown = await scene.control("POST", "/control/clock", {"speed": 0})

    assert arrived["kind"] == "reply"
    assert shown == await scene.control("GET", "/clock")


async def kinds(scene: Scene) -> list[dict[str, str]]:
    """The journal's mail entries of this flow."""
    entries = (await scene.control("GET", "/control/journal?kind=mail."))["entries"]
    count = len(await scene.journal("mail."))
    return list(entries[-count:])


async def test_a_jump_runs_everything_in_order_at_its_own_time() -> None:
    clock = Clock(NOON, speed=0)
    seen: list[tuple[str, datetime]] = []

    async def note(name: str) -> None:
        await asyncio.sleep(0)
        seen.append((name, clock.now()))

    async def chain() -> None:
        await note("second")
        clock.after(60, lambda: note("third"))

    clock.at(NOON + timedelta(hours=2), lambda: note("not yet"))
    clock.at(NOON + timedelta(minutes=10), chain)
    clock.at(NOON + timedelta(minutes=5), lambda: note("first"))
    clock.at(NOON - timedelta(minutes=5), lambda: note("overdue"))
    await clock.jump_to(NOON + timedelta(hours=1))

    assert seen == [
        ("overdue", NOON),
        ("first", NOON + timedelta(minutes=5)),
        ("second", NOON + timedelta(minutes=10)),
        ("third", NOON + timedelta(minutes=11)),
    ]
    assert clock.now() == NOON + timedelta(hours=1)
    assert clock.next_due() == NOON + timedelta(hours=2)
    with pytest.raises(ValueError, match="has passed"):
        await clock.jump_to(NOON)


async def test_an_error_goes_to_the_journal_and_time_goes_on() -> None:
    clock = Clock(NOON, speed=0)
    journal = Journal(clock)

    async def fail() -> None:
        raise RuntimeError("broken")

    async def succeed() -> None:
        journal.write("test.done", kind="facts may be called kind")

    clock.after(1, fail)
    clock.after(2, succeed)
    await clock.jump_to(NOON + timedelta(seconds=5))

    assert [(each["n"], each["kind"]) for each in journal.entries] == [
        (1, "sandbox.error"),
        (2, "test.done"),
    ]
    assert journal.entries[0]["facts"] == {"error": "RuntimeError", "message": "broken"}
    assert journal.entries[0]["at"] == "2026-03-02T12:00:01.000000Z"
    assert journal.since(1) == journal.since(0, "test.") == journal.entries[1:]


async def test_a_slow_action_holds_up_no_other_while_time_runs() -> None:
    clock = Clock(NOON, speed=1000)
    release, done = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await release.wait()

    async def quick() -> None:
        done.set()

    running = asyncio.create_task(clock.run())
    clock.after(1, slow)
    clock.after(2, quick)
    await asyncio.wait_for(done.wait(), 5)
    release.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert clock.now() >= NOON + timedelta(seconds=2)
