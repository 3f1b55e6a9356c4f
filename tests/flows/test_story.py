"""The story with a kill -9 of the bot in the middle: nothing lost, nothing twice.

`make story` tells it undisturbed.
"""

import json
from pathlib import Path

from tests.harness.installation import installation
from tests.story.tale import Tale
from tests.story.verdict import duplicates, followups_after_reply, lost


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


def arrival(address: str, at: str) -> dict[str, object]:
    return {"from": address, "at": at, "in_reply_to": "<1@contoso.example>"}


def test_the_verdict_counts_from_the_first_answer_and_knows_an_automatic_one() -> None:
    ana, will = "ana.abel@customer.example", "will.wolf@partner.example"
    came = [arrival(who, f"2026-11-2{day}T09:00:00Z") for day in (4, 6) for who in (ana, will)]
    left = [submission(who, 2) | {"at": "2026-11-25T09:00:00Z"} for who in (ana, will)]
    assert followups_after_reply(left, came) == 1
    assert followups_after_reply(left, came[1:]) == 0
