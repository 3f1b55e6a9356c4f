"""What is kept comes back as it was: every record, every job."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import jobs
from bot.domain.distribution import Distribution, DistributionState
from bot.domain.mailbox import Mailbox, Message
from bot.domain.participant import LeftOut, Participant
from bot.domain.records import Conversation, ConversationKind, Invite, Subscription
from bot.domain.schedule import ANY_TIME, Delay, SendWindow, Unit
from bot.domain.sending_domain import SendingDomain
from bot.domain.sequence import Email, Sequence, timing_of
from bot.ports import Record
from bot.services.watching import WATCHED
from bot.storage.codec import decode, decode_job, encode, encode_job
from tests.contract.samples import NOW, mailbox, sequence

moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

RECORDS: list[Record] = [
    replace(mailbox(), admin_card=Message(conversation_id="c", message_id="m")),
    sequence(),
    replace(sequence(), unsettled=("d",), homes=("m",), former=(timing_of(sequence()),)),
    Distribution(
        id="d",
        tenant_id="t",
        sequence_id="s",
        sequence_version=1,
        mailbox_id="m",
        title="“Ümläut”",
        people=(Participant(address="a@x.example", fields={"First Name": "A"}),),
        left_out=(LeftOut(text="x", why="y"),),
        created_by="o",
        created_by_name="O",
        created_at=NOW,
        state=DistributionState.RUNNING,
        starts_at=NOW,
        decided_by="o",
        decided_by_name="O",
        decided_at=NOW,
        fingerprint="f",
        approved_by="p",
        approved_by_name="P",
        posted=(Message(conversation_id="c", message_id="m"),),
        dropped=(LeftOut(text="x", why="y"),),
        problems=("No room.",),
        started_at=NOW,
    ),
    Conversation(id="c", tenant_id="t", kind=ConversationKind.CHANNEL, service_url="https://x"),
    Invite(id="i", tenant_id="t", mailbox_id="m", number=2, expires=NOW),
    SendingDomain(
        id="x.example",
        tenant_id="t",
        selector="s",
        public_key="k",
        added_by_name="A",
        verified_at=NOW,
    ),
    Subscription(id="s", tenant_id="t", mailbox_id="m", resource="r", expires=NOW),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back(record: Record) -> None:
    assert decode(type(record), encode(record), record.rev) == record


JOBS: list[jobs.Job] = [
    jobs.SendInvite(tenant_id="t", mailbox_id="m", invite=3),
    jobs.EmailInvite(tenant_id="t", mailbox_id="m", invite=3),
    jobs.RefreshMailboxCards(tenant_id="t", mailbox_id="m"),
    jobs.Subscribe(tenant_id="t", mailbox_id="m"),
    jobs.StartDistribution(tenant_id="t", distribution_id="d"),
    jobs.BeginScheduled(tenant_id="t", distribution_id="d"),
    jobs.CallOffEdited(tenant_id="t", sequence_id="s"),
    jobs.TellOfDistribution(tenant_id="t", distribution_id="d", news="failed", conversation_id="c"),
    jobs.FollowEdit(tenant_id="t", sequence_id="s", version=2, edited_at=NOW),
    jobs.SweepMailbox(tenant_id="t", mailbox_id="m"),
    jobs.ReadBack(tenant_id="t", mailbox_id="m", since=NOW),
    jobs.RefreshDistributionCard(tenant_id="t", distribution_id="d"),
    jobs.Announce(
        tenant_id="t",
        mailbox_id="m",
        enrolment_id="e",
        number=1,
        event="replied",
        conversation_id="c",
    ),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)
def test_a_job_comes_back(job: jobs.Job) -> None:
    assert decode_job(encode_job(job)) == job


def test_what_caught_up_with_a_mailbox_in_an_earlier_version_sweeps_it_once() -> None:
    old = b'{"job":"CatchUp","tenant_id":"t","mailbox_id":"m","since":1764320400000000}'
    assert decode_job(old) == jobs.SweepMailbox(tenant_id="t", mailbox_id="m", once=True)


def test_another_version_is_refused_in_words() -> None:
    told = orjson.loads(encode(mailbox()))
    with pytest.raises(ValueError, match="Mailbox"):
        decode(type(mailbox()), orjson.dumps({**told, "v": 99}), 1)


def test_the_delays_of_version_one_are_read() -> None:
    """A sequence as version 1 wrote it: spans of microseconds, and no window."""
    hour = 3_600_000_000
    emails = [{"subject": "s", "body": "b", "delay": span} for span in (0, 72 * hour, hour // 4)]
    old = orjson.loads(encode(sequence())) | {"v": 1, "emails": emails}
    read = decode(Sequence, orjson.dumps(old), 3)
    assert [each.delay for each in read.emails] == [
        Delay(number=0),
        Delay(number=3),
        Delay(number=0.25, unit=Unit.HOURS),
    ]
    assert (read.window, read.rev) == (ANY_TIME, 3)
    assert decode(Sequence, encode(read), 3) == read


def test_the_one_subscription_of_version_two_is_that_of_the_inbox() -> None:
    old = orjson.loads(encode(mailbox())) | {"v": 2, "subscription": "hash"}
    read = decode(Mailbox, orjson.dumps(old), 3)
    assert read == replace(mailbox(), rev=3, subscriptions={WATCHED[0]: "hash"})
    unwatched = orjson.loads(encode(mailbox())) | {"v": 2}
    assert decode(Mailbox, orjson.dumps(unwatched), 0) == mailbox()


@given(
    st.sets(st.integers(0, 6), min_size=1), st.integers(0, 23), st.floats(0, 9000), st.booleans()
)
def test_a_sequence_with_a_window_comes_back(
    days: set[int], begin: int, hours: float, theirs: bool
) -> None:
    window = SendWindow(days=tuple(sorted(days)), from_hour=begin, recipients_time=theirs)
    email = Email(subject="s", body="b", delay=Delay(number=hours, unit=Unit.HOURS))
    changed = replace(sequence(), emails=(email,), window=window)
    assert decode(Sequence, encode(changed), 0) == changed
