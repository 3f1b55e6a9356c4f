"""The short form of `make chaos`: every promise is kept, and the check can fail."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment, StopReason, fail, rest, stop
from bot.domain.heard import Heard, Reply
from tests.chaos.plan import Plan, short, whole
from tests.chaos.run import run
from tests.chaos.verdict import (
    NONE,
    UNDER_WAY,
    after_reply,
    after_stop,
    handled_twice,
    lost,
    over_pace,
    stops,
    unhandled,
    wrong,
)
from tests.contract.samples import NOW, enrolment


async def test_no_email_is_lost_or_sent_twice_whatever_is_killed(tmp_path: Path) -> None:
    told: list[str] = []
    plan = short(seed=1)
    verdict = await run(plan, tmp_path, told.append)
    assert not wrong(verdict, plan), json.dumps(verdict)
    assert len(told) == 2


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


SENT = DeliveryStatus.SENT
UNKNOWN = "Outcome unknown: Outlook never told us whether this email left."


def all_sent() -> Enrolment:
    known = enrolment()
    left = tuple(replace(each, status=SENT, sent_at=NOW) for each in known.deliveries)
    return replace(known, deliveries=left)


def first_sent() -> Enrolment:
    known = enrolment()
    first, second = known.deliveries
    return replace(known, deliveries=(replace(first, status=SENT, sent_at=NOW), second))


def test_the_verdict_sees_what_is_lost() -> None:
    copies = {each.message_id for each in enrolment().deliveries}
    assert lost([all_sent()], copies) == 0
    assert lost([all_sent()], set()) == 2
    assert lost([first_sent()], copies) == 1
    replied = stop(first_sent(), StopReason.REPLIED, 1, NOW)
    assert lost([replied], copies) == 0
    assert lost([replied], set()) == 1


@pytest.mark.parametrize("why", [StopReason.CALLED_OFF, StopReason.FAILED, StopReason.BOUNCED])
def test_the_verdict_sees_an_email_called_off_for_nothing(why: StopReason) -> None:
    copies = {each.message_id for each in enrolment().deliveries}
    assert lost([rest(first_sent(), why)], copies) == 1
    refused = fail(enrolment(), 1, "Outlook refused it.")
    assert lost([refused], copies) == 1


def test_what_is_called_off_behind_an_unknown_email_is_not_lost() -> None:
    behind = fail(enrolment(), 1, UNKNOWN)
    assert [each.cancelled for each in behind.deliveries] == [False, True]
    assert lost([behind], set()) == 0
    heard = Heard(replies=(Reply(mark="1", number=1, at=NOW),))
    told = replace(stop(behind, StopReason.REPLIED, 1, NOW), heard=heard)
    assert lost([told], {told.deliveries[0].message_id}) == 0


def leaving(known: Enrolment, at: datetime) -> dict[str, object]:
    key = {"String {x} Name MailroomKey": known.deliveries[1].key}
    return {"at": at.isoformat(), "properties": key}


def test_the_verdict_counts_from_when_the_store_says_that_it_stopped() -> None:
    stopped = stop(first_sent(), StopReason.REPLIED, 1, NOW)
    seen = {stopped.id: NOW + timedelta(seconds=60)}
    moments = stops([stopped], seen)
    in_time, late = NOW + UNDER_WAY, NOW + UNDER_WAY + timedelta(seconds=0.1)
    assert after_stop([leaving(stopped, in_time)], moments) == 0
    assert after_stop([leaving(stopped, late)] * 2, moments) == 2
    assert after_stop([leaving(stopped, late)], stops([first_sent()], {})) == 0


def test_a_stop_that_was_lost_with_the_cut_counts_from_when_it_was_seen() -> None:
    lost_again = first_sent()
    moments = stops([lost_again], {lost_again.id: NOW})
    late = NOW + UNDER_WAY + timedelta(seconds=0.1)
    assert after_stop([leaving(lost_again, late)], moments) == 1


PLANS = (whole(seed=1), replace(whole(seed=1), lossy=False), short(seed=1))


def kept(plan: Plan) -> dict[str, int]:
    return {
        **dict.fromkeys(NONE, 0), **plan.least, "failed": 1, "unknown": 1, "ambiguous": 1
    }  # fmt: skip


@pytest.mark.parametrize("broken", NONE)
def test_a_run_that_breaks_a_promise_does_not_hold(broken: str) -> None:
    fine = kept(PLANS[0])
    assert not wrong(fine, PLANS[0])
    assert wrong(fine | {broken: 1}, PLANS[0]) == [f"{broken}: 1, allowed 0"]


def test_nothing_fails_but_what_is_unknown_and_no_more_of_it_than_answers_allow() -> None:
    fine = kept(PLANS[0])
    (told,) = wrong(fine | {"unknown": 2, "failed": 2}, PLANS[0])
    assert told.startswith("unknown: 2, allowed 1")
    (told,) = wrong(fine | {"failed": 2}, PLANS[0])
    assert told.startswith("failed: 2, 1 of them unknown")


@pytest.mark.parametrize("plan", PLANS)
def test_a_run_that_did_too_little_does_not_hold(plan: Plan) -> None:
    for what, least in plan.least.items():
        told = wrong(kept(plan) | {what: least - 1}, plan)
        assert told == [f"{what}: {least - 1}, wanted {least} or more"]


def test_the_whole_run_does_what_is_asked_of_it() -> None:
    assert whole(seed=1).least == {
        "sends": 9_000, "worker_kills": 50, "store_kills": 5, "freezes": 4, "naps": 4,
        "cuts": 1, "faults": 1, "replies": 1, "stopped": 1, "notifications_dropped": 1,
    }  # fmt: skip
    assert not replace(whole(seed=1), lossy=False).least["notifications_dropped"]


def at_pace(many: int) -> list[dict[str, object]]:
    moments = (NOW + timedelta(seconds=2.4) * number for number in range(many))
    return [{"mailbox": "m1", "at": each.isoformat()} for each in moments]


def test_the_verdict_sees_what_a_worker_writes_late_when_it_wakes() -> None:
    assert over_pace(at_pace(60)) == 0
    slept = {"mailbox": "m1", "at": (NOW + timedelta(seconds=90)).isoformat()}
    assert over_pace([*at_pace(60), slept]) > 0
    assert over_pace([*at_pace(60), slept | {"mailbox": "m2"}]) == 0
