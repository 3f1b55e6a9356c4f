"""The short form of `make chaos`: every promise is kept, and the check can fail."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.heard import Heard, Reply
from tests.chaos.plan import short
from tests.chaos.run import run
from tests.chaos.verdict import NONE, after_reply, handled_twice, holds, unhandled
from tests.contract.samples import NOW, enrolment


async def test_no_email_is_lost_or_sent_twice_whatever_is_killed(tmp_path: Path) -> None:
    told: list[str] = []
    verdict = await run(short(seed=1), tmp_path, told.append)
    assert holds(verdict), json.dumps(verdict)
    assert verdict["worker_kills"] == 4
    assert verdict["store_kills"] == 2
    assert verdict["cuts"] == 1
    assert len(told) == 2
    for what in ("sends", "faults", "stopped", "replies", "notifications_dropped"):
        assert verdict[what], verdict


def test_the_verdict_sees_a_follow_up_after_a_reply() -> None:
    reply = {"from": "p0.m1@customer.example", "at": "2026-11-24T09:00:00Z"}
    left = {"to": ["p0.m1@customer.example"], "at": "2026-11-24T09:01:00Z"}
    assert after_reply([left], [reply]) == 0
    assert after_reply([left | {"at": "2026-11-24T09:01:01Z"}] * 2, [reply]) == 2
    assert after_reply([left | {"at": "2026-11-25T00:00:00Z", "to": ["p1@x"]}], [reply]) == 0
    again = reply | {"at": "2026-11-24T10:00:00Z"}
    for came in ([reply, again], [again, reply]):
        assert after_reply([left | {"at": "2026-11-24T09:30:00Z"}], came) == 1


@pytest.mark.parametrize("many", [1, 2])
def test_the_verdict_sees_what_became_of_a_reply(many: int) -> None:
    known = enrolment()
    came = [{"from": known.participant.address, "at": "2026-11-24T09:00:00Z"}]
    replies = tuple(Reply(mark=str(n), number=1, at=NOW) for n in range(many))
    heard = replace(known, heard=Heard(replies=replies))
    assert (unhandled([known], came), handled_twice([known], came)) == (1, 0)
    assert (unhandled([heard], came), handled_twice([heard], came)) == (0, many - 1)


@pytest.mark.parametrize("wrong", NONE)
def test_a_run_that_breaks_a_promise_does_not_hold(wrong: str) -> None:
    fine = {**dict.fromkeys(NONE, 0), "unknown": 1, "ambiguous": 1}
    assert holds(fine)
    assert not holds(fine | {wrong: 1})
    assert not holds(fine | {"unknown": 2})
