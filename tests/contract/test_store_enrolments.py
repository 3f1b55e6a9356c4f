"""The form enrolments are kept in: everything comes back, and it stays small."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.delivery import Delivery, SentCopy
from bot.domain.enrolment import Enrolment, read_back
from bot.domain.heard import Decision, Heard, PrivateLetter, Reply
from bot.domain.mailbox import Message
from bot.storage.enrolments import VERSION, digest, packed, raw_id, unpacked
from tests.contract.samples import enrolment

START = datetime(1971, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=80_000)).map(lambda span: START + span)
texts = st.text(st.characters(exclude_categories=["Cs"]))
deliveries = st.builds(
    Delivery,
    number=st.just(0),
    key=texts,
    message_id=texts,
    due=moments,
    place=st.none() | st.dates(date(1971, 1, 1), date(2200, 1, 1)),
    subject=texts,
    reason=texts,
    sent_at=st.none() | moments,
    exchange_id=texts,
    conversation_id=texts,
    receipt=texts,
    doubt_since=st.none() | moments,
    grace=st.timedeltas(timedelta(0), timedelta(days=400)),
    submissions=st.integers(0, 99),
    lookups=st.integers(0, 99),
    left_from=texts,
    answered_at=st.none() | moments,
)
letters = st.builds(
    PrivateLetter,
    number=st.integers(1, 99),
    mailbox_id=texts,
    at=moments,
    cards=st.lists(st.builds(Message, conversation_id=texts, message_id=texts), max_size=3).map(
        tuple
    ),
    decision=st.none() | st.sampled_from(Decision),
    decided_by=texts,
    decided_at=st.none() | moments,
)
replies = st.builds(
    Reply,
    mark=texts,
    number=st.integers(0, 99),
    at=moments,
    undone_by=texts,
    undone_at=st.none() | moments,
)
enrolments = st.builds(
    replace,
    st.just(enrolment()),
    tenant_id=texts,
    sequence_id=texts,
    distribution_id=texts,
    deliveries=st.lists(deliveries, max_size=5).map(
        # What is cancelled has no place (G6).
        lambda made: tuple(
            replace(each, number=number, place=None if each.cancelled else each.place)
            for number, each in enumerate(made, 3)
        )
    ),
    not_before=st.none() | moments,
    attempts=st.integers(0, 99),
    test=st.booleans(),
    moved_to=texts,
    moves=st.integers(0, 99),
    heard=st.builds(
        Heard, replies=st.lists(replies, max_size=3).map(tuple), letter=st.none() | letters
    ),
    rev=st.integers(0, 2**53),
)


def kept(known: Enrolment) -> Enrolment:
    return unpacked(known.mailbox_id, known.id, known.rev, packed(known))


@settings(max_examples=200, deadline=None)
@given(enrolments, st.dictionaries(texts, texts))
def test_every_enrolment_comes_back(known: Enrolment, fields: dict[str, str]) -> None:
    changed = replace(known, participant=replace(known.participant, fields=fields))
    assert kept(changed) == changed


def test_a_planned_one_comes_back() -> None:
    assert kept(enrolment()) == enrolment()


def test_our_own_ids_are_not_kept() -> None:
    told = packed(enrolment())
    assert enrolment().id.encode() not in told
    assert b"contoso.example" in told


@pytest.mark.parametrize("strange", [b'{"v":99}', b"{}", b'{"v":%d}' % VERSION])
def test_what_another_version_wrote_is_refused_in_words(strange: bytes) -> None:
    with pytest.raises(ValueError, match="Enrolment in the store"):
        unpacked("m1", enrolment().id, 1, b"0:::" + b":" + strange)


def test_the_number_of_what_leaves_next_stands_in_front() -> None:
    assert packed(enrolment()).startswith(b"1:")
    first = replace(enrolment().deliveries[0], cancelled=True)
    second = enrolment().deliveries[1]
    later = replace(enrolment(), deliveries=(first, second))
    assert packed(later).startswith(b"2:")
    doubtful = replace(second, doubt_since=START)
    assert packed(replace(later, deliveries=(first, doubtful))).startswith(b"0:")


def test_ids_of_exchange_stand_in_front_by_number() -> None:
    copy = SentCopy(internet_message_id="<a:b>", conversation_id="c=", sent_at=START)
    told = packed(read_back(enrolment(), 2, copy))
    assert told.startswith(b"1::ww:2=%3Ca%3Ab%3E|c=:{")


def test_names_and_digests() -> None:
    assert raw_id(enrolment().id) == bytes.fromhex(enrolment().id)
    assert [raw_id(each) for each in ("", "m1", "G" * 32, "A" * 32, "ü" * 32)] == [None] * 5
    assert len(digest("<x>")) == 8
    assert digest("<x>") != digest("<y>")
