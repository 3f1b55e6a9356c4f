"""A sandbox that is kept: everything is there again after a restart, and goes on."""

import json
import signal
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.sandbox import saved
from bot.sandbox.graph.submission import parse
from bot.sandbox.people import Behaviour, Person
from bot.sandbox.world import LISTENERS, Plan, World
from tests.flows.test_sandbox_process import sandbox, told
from tests.harness.processes import free_port

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
PERSON: dict[str, Any] = {
    "address": "ana.abel@customer.example",
    "name": "Ana Abel",
    "behaviours": [{"on": "any", "do": "reply", "after": 3600}],
}


def call(line: Any, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(line["control"] + path, data=data, method=method)  # noqa: S310
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def arguments(*more: str) -> list[str]:
    ports = [part for name in LISTENERS for part in (f"--{name}-port", str(free_port()))]
    return ["--keep", *ports, *more]


def test_the_world_is_there_again(tmp_path: Path) -> None:
    given = arguments("--start", "2026-11-02T08:00:00+00:00", "--speed", "0")
    with sandbox(tmp_path, *given) as process:
        line = told(process)
        owner = call(line, "GET", "/control/directory")["users"][0]
        call(line, "POST", "/control/people", PERSON)
        letter = {"from": PERSON["address"], "to": owner["upn"], "subject": "Hello", "text": "Hi"}
        call(line, "POST", "/control/mail", letter)
        call(line, "POST", "/control/clock", {"jump_by": 90})
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0

    with sandbox(tmp_path, *given) as process:
        line = told(process)
        assert call(line, "GET", "/clock")["now"] == "2026-11-02T08:01:30.000000Z"
        inbox = call(line, "GET", f"/control/mailboxes/{owner['oid']}/inbox")["messages"]
        assert [each["subject"] for each in inbox] == ["Hello"]
        received = call(line, "GET", f"/control/people/{PERSON['address']}/mail")
        assert received == {"mail": []}
        kinds = [each["kind"] for each in call(line, "GET", "/control/journal")["entries"]]
        assert "mail.arrived" in kinds


async def test_what_was_due_still_happens(tmp_path: Path) -> None:
    async with ClientSession() as session:
        plan = Plan(tmp_path, 1, 0.0, START, {}, {}, frozenset(), None)
        world = World(plan, dict.fromkeys(LISTENERS, "http://127.0.0.1:1"), session)
        people = [Person(PERSON["address"], PERSON["name"], [Behaviour("any", "reply", 3600.0)])]
        world.people.seed(people)
        owner = world.directory.users[2]
        to = [{"emailAddress": {"address": PERSON["address"]}}]
        body = {"contentType": "text", "content": "Hi"}
        message = {"subject": "Hello", "body": body, "toRecipients": to}
        submission = parse({"message": message, "saveToSentItems": True})
        world.exchange.submit(world.mailboxes.of(owner), submission)
        await world.clock.jump_by(60)
        saved.save(world, tmp_path / "world.pickle", {"session": session})
        later: World = saved.load(tmp_path / "world.pickle", {"session": session})

        await later.clock.jump_by(7200)

        arrived = [each for each in later.journal.entries if each["kind"] == "mail.arrived"]
        assert [each["facts"]["from"] for each in arrived] == [PERSON["address"]]
        assert len(list(later.mailboxes.of(later.directory.users[2]))) == 2
        assert [each for each in world.journal.entries if each["kind"] == "mail.arrived"] == []


def test_without_keep_nothing_is_kept(tmp_path: Path) -> None:
    with sandbox(tmp_path) as process:
        line = told(process)
        call(line, "POST", "/control/people", PERSON)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    with sandbox(tmp_path) as process:
        line = told(process)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            call(line, "GET", "/control/people/ana.abel@customer.example/mail")
    assert not list(tmp_path.glob("world*"))


def test_what_cannot_be_read_is_said_and_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "world.pickle"
    kept.write_bytes(b"cgone\nThing\n.")
    with sandbox(tmp_path, *arguments()) as process:
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "world.pickle" in errors
    assert kept.read_bytes() == b"cgone\nThing\n."


def test_other_ports_are_refused(tmp_path: Path) -> None:
    for expected in (0, 1):
        with sandbox(tmp_path, *arguments()) as process:
            if expected == 0:
                told(process)
                process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=10)
        assert process.returncode == expected
    assert "at other addresses" in errors
