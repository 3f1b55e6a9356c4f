"""What is kept comes back as it was, whatever stands in it: every kind of record, every job."""

import typing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.enrolment import Enrolment
from bot.domain.records import Arrivals
from bot.domain.schedule import Delay, SendWindow, Unit
from bot.jobs import Job, Subscribe
from bot.ports import Record
from bot.storage.codec import (
    VERSION,
    decode,
    decode_arrivals,
    decode_job,
    encode,
    encode_arrivals,
    encode_job,
)
from tests.contract.samples import mailbox

START = datetime(1971, 1, 1, tzinfo=UTC)
spans = st.timedeltas(timedelta(0), timedelta(days=400))
moments = st.timedeltas(timedelta(0), timedelta(days=80_000)).map(lambda span: START + span)
st.register_type_strategy(datetime, moments)
st.register_type_strategy(timedelta, spans)
# JSON numbers are safe up to here in every reader, the scripts' own included.
st.register_type_strategy(int, st.integers(0, 2**53))
delays = st.builds(Delay, number=st.integers(0, 9999).map(float), unit=st.sampled_from(Unit))
st.register_type_strategy(Delay, delays)
windows = st.builds(
    SendWindow,
    days=st.sets(st.integers(0, 6), min_size=1).map(tuple),
    from_hour=st.integers(0, 11),
    to_hour=st.integers(12, 24),
    recipients_time=st.booleans(),
)
st.register_type_strategy(SendWindow, windows)


# Enrolments have a form of their own: test_store_enrolments.
KINDS = [each for each in typing.get_args(Record) if each is not Enrolment]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_record_comes_back(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(st.from_type(kind))
    assert decode(kind, encode(record), record.rev) == record


@settings(deadline=None)
@given(job=st.sampled_from(typing.get_args(Job)).flatmap(st.from_type))
def test_every_job_comes_back(job: Job) -> None:
    assert decode_job(encode_job(job)) == job


@settings(max_examples=30, deadline=None)
@given(told=st.lists(st.from_type(Arrivals)))
def test_what_arrived_comes_back(told: list[Arrivals]) -> None:
    assert decode_arrivals(encode_arrivals(told)) == tuple(told)


def test_an_entry_of_an_earlier_version_is_read() -> None:
    before = {"subscription_id": "s", "mailbox_id": "m", "tenant_id": "t", "message_id": "a"}
    known = Arrivals(tenant_id="t", mailbox_id="m", message_ids=("a",))
    assert decode_arrivals(orjson.dumps([before])) == (known,)


@pytest.mark.parametrize("data", ["1", "[1]", '[{"a":1,"b":2,"c":3}]', '[["t","m"]]', "["])
def test_an_entry_nobody_wrote_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="entry of the stream"):
        decode_arrivals(data.encode())


def test_what_stands_at_its_default_is_left_out() -> None:
    told = orjson.loads(encode(replace(mailbox(), problem="")))
    assert "problem" not in told
    assert told["v"] == VERSION


@pytest.mark.parametrize("strange", [{"v": 99}, {"v": None}, {"more": 1}])
def test_a_record_of_another_version_is_refused_in_words(strange: dict[str, object]) -> None:
    told = orjson.loads(encode(mailbox()))
    with pytest.raises(ValueError, match="Mailbox in the store"):
        decode(type(mailbox()), orjson.dumps({**told, **strange}), 1)


@pytest.mark.parametrize("strange", [{"job": "Unheard"}, {"more": 1}])
def test_a_job_of_another_version_is_refused_in_words(strange: dict[str, object]) -> None:
    told = orjson.loads(encode_job(Subscribe(tenant_id="t", mailbox_id="m")))
    with pytest.raises(ValueError, match="in the store"):
        decode_job(orjson.dumps({**told, **strange}))


def test_a_job_that_lacks_something_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="lacks"):
        decode_job(b'{"job":"Subscribe"}')
