"""Mail is read as well as promised, and whatever comes is read in time."""

import os

import pytest

from bot.domain.inbound.kinds import Kind, MailReading
from tests.mail import fuzz
from tests.mail.corpora import Labelled, corpora_directory, labelled
from tests.mail.score import Read, measures, read_all, table


def test_the_targets_are_reached() -> None:
    directory = corpora_directory()
    if directory is None:
        assert not os.environ.get("CI"), "the labelled messages are not there: MAILROOM_CORPORA"
        pytest.skip("mail not scored: no labelled messages there (MAILROOM_CORPORA)")
    found = measures(read_all(labelled(directory)))
    assert all(each.holds for each in found), table(found)
    assert all(each.of for each in found)


def test_a_target_can_be_missed() -> None:
    label = Labelled(name="x", raw=b"", expected="ham", status="", hard="", recipients=frozenset())
    bounced = MailReading(kind=Kind.BOUNCE_HARD, why="")
    (human,) = (
        each
        for each in measures([Read(label=label, reading=bounced, took=2.0)])
        if each.name.startswith("human")
    )
    assert (human.holds, human.missed) == (False, ["x"])


def test_whatever_comes_is_read_in_time() -> None:
    directory = corpora_directory()
    messages = [each.raw for each in labelled(directory)] if directory else []
    tally = fuzz.run([*messages, *fuzz.own_messages()], 2_000, seed=2)
    assert tally.messages == 2_000
    assert tally.holds, (tally.faults, tally.slowest, tally.worst[:2_000])
    assert len(tally.kinds) > 5 or not messages
