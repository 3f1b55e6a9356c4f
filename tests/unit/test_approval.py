"""Approval: when a second person is needed, and that what they approve is one thing only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approval import approve, ask, fingerprint, refuse, why_second_person
from bot.domain.distribution import Distribution, DistributionState, begin, cancel, confirm, fail
from bot.domain.errors import UserMistakeError
from bot.domain.participant import Participant
from bot.domain.roles import Actor, has_colleague
from bot.domain.schedule import Delay, SendWindow
from tests.contract import samples

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ANA = Participant(address="ana@x.example", fields={"First Name": "Ana", "Team": "North"})
ADMIN = Actor(tenant_id="t1", oid="admin", name="Ada")
OTHER = Actor(tenant_id="t1", oid="other", name="Otto")
DRAFT = Distribution(
    id=samples.BATCH, tenant_id="t1", sequence_id="s1", sequence_version=1, mailbox_id="m1",
    title="Feedback: Autumn", people=(ANA,), left_out=(), created_by="admin",
    created_by_name="Ada", created_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize(
    ("over", "people", "new_mailbox", "why"),
    [
        (None, 2500, "o@c.example", ""),
        (100, 100, "", ""),
        (100, 101, "", "more than 100 people"),
        (100, 1, "o@c.example", "the first one sent from o@c.example"),
        (0, 1, "", "Every distribution"),
    ],
)
def test_large_and_first_ones_need_a_second_person(
    over: int | None, people: int, new_mailbox: str, why: str
) -> None:
    told = why_second_person(over, people, new_mailbox)
    assert why in told
    assert bool(why) is bool(told)


def test_the_hash_is_of_everything_that_is_approved() -> None:
    sequence, mailbox = samples.sequence(), samples.mailbox()
    one, two = sequence.emails
    hashes = [
        fingerprint(DRAFT, sequence, mailbox),
        fingerprint(replace(DRAFT, starts_at=LATER), sequence, mailbox),
        fingerprint(replace(DRAFT, people=(ANA, ANA)), sequence, mailbox),
        fingerprint(
            replace(DRAFT, people=(replace(ANA, fields={"First Name": "Ann"}),)), sequence, mailbox
        ),
        fingerprint(DRAFT, sequence, replace(mailbox, address="other@c.example")),
        fingerprint(DRAFT, sequence, replace(mailbox, owner_name="Somebody")),
        *(
            fingerprint(DRAFT, changed, mailbox)
            for changed in (
                replace(sequence, emails=(replace(one, subject="One!"), two)),
                replace(sequence, emails=(replace(one, body="1!"), two)),
                replace(sequence, emails=(one, replace(two, delay=Delay(number=4)))),
                replace(sequence, emails=(one, replace(two, from_platform=True))),
                replace(sequence, emails=(one,)),
                replace(sequence, window=SendWindow(from_hour=9, to_hour=17)),
                replace(sequence, domain="c.example"),
                replace(sequence, threading=False),
                replace(sequence, mailbox_id="m2"),
            )
        ),
    ]
    assert len(set(hashes)) == len(hashes)


def test_the_same_saved_again_has_the_same_hash() -> None:
    turned = replace(ANA, fields={"Team": "North", "First Name": "Ana"})
    saved = replace(samples.sequence(), rev=7)
    assert fingerprint(DRAFT, samples.sequence(), samples.mailbox()) == fingerprint(
        replace(DRAFT, people=(turned,), rev=3, left_out=(), created_by_name="A"),
        saved,
        replace(samples.mailbox(), rev=9, daily_limit=40),
    )


def test_whoever_asked_can_neither_approve_nor_refuse() -> None:
    asked = ask(DRAFT, ADMIN, NOW, "hash")
    assert asked.state is DistributionState.ASKED
    with pytest.raises(UserMistakeError, match="somebody else has to decide"):
        approve(asked, ADMIN, NOW)
    with pytest.raises(UserMistakeError, match="somebody else has to decide"):
        refuse(asked, ADMIN)


@pytest.mark.parametrize(
    ("starts_at", "state", "started_at"),
    [(None, DistributionState.STARTING, NOW), (LATER, DistributionState.SCHEDULED, None)],
)
def test_what_is_accepted_starts_or_waits_for_its_time(
    starts_at: datetime | None, state: DistributionState, started_at: datetime | None
) -> None:
    draft = replace(DRAFT, starts_at=starts_at)
    approved = approve(ask(draft, ADMIN, NOW - timedelta(hours=1), "hash"), OTHER, NOW)
    confirmed = confirm(draft, ADMIN, NOW)
    for each in (approved, confirmed):
        assert (each.state, each.started_at) == (state, started_at)
        assert (each.decided_by, each.decided_by_name) == ("admin", "Ada")
    assert approved.approved_by_name == "Otto"


def test_every_decision_is_made_once() -> None:
    """Each state has its own ways out; anything else changes nothing."""
    starting = confirm(DRAFT, ADMIN, NOW)
    scheduled = confirm(replace(DRAFT, starts_at=LATER), ADMIN, NOW)
    asked = ask(DRAFT, ADMIN, NOW, "hash")
    refused, failed = refuse(asked, OTHER), fail(scheduled, ["No room."])
    cancelled = cancel(scheduled, "Otto")
    assert begin(scheduled, LATER).state is DistributionState.STARTING
    assert refused.problems == ("Refused by Otto.",)
    assert failed.problems == ("No room.",)
    assert cancelled.reason == "Cancelled by Otto."
    for each in (starting, refused, failed, cancelled):
        assert confirm(each, OTHER, LATER) is each
        assert ask(each, OTHER, LATER, "x") is each
        assert approve(each, OTHER, LATER) is each
        assert refuse(each, OTHER) is each
        assert begin(each, LATER) is each
        assert fail(each, ["x"]) is each
        assert cancel(each, "x") is each
    assert begin(asked, LATER) is asked
    assert approve(scheduled, OTHER, LATER) is scheduled


def test_of_many_reasons_the_first_are_kept() -> None:
    scheduled = confirm(replace(DRAFT, starts_at=LATER), ADMIN, NOW)
    problems = fail(scheduled, [f"P{number} has no Team." for number in range(2000)]).problems
    assert len(problems) == 9
    assert problems[-1] == "And 1,992 more like these."


@pytest.mark.parametrize(
    ("admins", "managers", "others"),
    [
        ({"admin"}, set(), False),
        ({"admin", "ada@c.example"}, set(), False),
        ({"admin"}, {"ada@c.example"}, False),
        ({"admin", "otto@c.example"}, set(), True),
        ({"admin"}, {"other"}, True),
    ],
)
def test_one_person_under_two_names_is_alone(
    admins: set[str], managers: set[str], others: bool
) -> None:
    organisation = replace(
        samples.organisation(), admins=frozenset(admins), managers=frozenset(managers)
    )
    assert has_colleague(replace(ADMIN, address="Ada@c.example"), organisation) is others
