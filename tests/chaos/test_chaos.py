"""The short form of `make chaos`: every promise is kept, and the check can fail."""

import json
from pathlib import Path

import pytest

from tests.chaos.plan import short
from tests.chaos.run import run
from tests.chaos.verdict import holds


async def test_no_email_is_lost_or_sent_twice_whatever_is_killed(tmp_path: Path) -> None:
    told: list[str] = []
    verdict = await run(short(seed=1), tmp_path, told.append)
    assert holds(verdict), json.dumps(verdict)
    assert verdict["worker_kills"] == 4
    assert verdict["store_kills"] == 2
    assert verdict["cuts"] == 1
    assert len(told) == 2
    for what in ("sends", "faults", "stopped"):
        assert verdict[what], verdict


@pytest.mark.parametrize(
    "wrong", ["lost", "duplicates", "over_limit", "over_pace", "followups_after_stop"]
)
def test_a_run_that_breaks_a_promise_does_not_hold(wrong: str) -> None:
    none = ("lost", "duplicates", "over_limit", "over_pace", "followups_after_stop", "cloud_errors")
    fine = {**dict.fromkeys(none, 0), "unknown": 1, "ambiguous": 1}
    assert holds(fine)
    assert not holds(fine | {wrong: 1})
    assert not holds(fine | {"unknown": 2})
