"""The story with a kill -9 of the bot in the middle: nothing lost, nothing twice.

`make story` tells it undisturbed.
"""

import json
from pathlib import Path

from tests.harness.installation import installation
from tests.story.tale import Tale
from tests.story.verdict import duplicates, lost


async def test_killed_in_the_middle_nothing_is_lost_or_sent_twice(tmp_path: Path) -> None:
    async with installation(tmp_path) as built:
        tale = Tale(built, kill=True)
        await tale.tell()
        verdict = await tale.verdict()
    assert tale.failures == []
    assert tale.held(verdict), json.dumps(verdict)


def submission(address: str, number: int) -> dict[str, object]:
    name = "String {x} Name MailroomKey"
    return {"to": [address], "properties": {name: f"{address}.{number}"}}


def test_the_verdict_sees_what_is_twice_and_what_is_lost() -> None:
    once = [submission("ana.abel@customer.example", 1)]
    assert duplicates(once) == 0
    assert duplicates(once * 3) == 2
    assert lost(once) == 100
