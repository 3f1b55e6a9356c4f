"""Whether a message is news to an enrolment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.correlation import is_news
from bot.domain.delivery import Outcome, SendReport
from bot.domain.enrolment import Enrolment
from bot.domain.heard import Reply, mark_of
from bot.domain.inbound import IncomingMail
from bot.domain.replies import acted_on, replied
from bot.domain.submission import after_send
from tests.contract.samples import NOW, enrolment, schedule

HOUR = timedelta(hours=1)


def sent() -> Enrolment:
    """An enrolment whose first email left NOW."""
    return after_send(enrolment(), 1, SendReport(outcome=Outcome.ACCEPTED), schedule(), NOW)


def mail(**changes: Any) -> IncomingMail:
    made = IncomingMail(
        id="AAkA",
        internet_message_id="<a@customer.example>",
        conversation_id="c",
        from_address="p1@customer.example",
        from_name="P",
        subject="Re: One",
        received_at=NOW + HOUR,
    )
    return replace(made, **changes)


def test_each_message_is_news_once() -> None:
    known = acted_on(sent(), mark_of(mail()))
    assert is_news((sent(), 1), mail())
    assert not is_news((known, 1), mail())
    assert acted_on(known, mark_of(mail())) is known


def test_a_copy_of_it_is_none() -> None:
    known = acted_on(sent(), mark_of(mail()))
    assert not is_news((known, 1), mail(id="another"))
    assert is_news((known, 1), mail(internet_message_id="<b@customer.example>"))


def test_one_without_a_message_id_is_known_by_graphs() -> None:
    nameless = mail(internet_message_id="")
    known = acted_on(sent(), mark_of(nameless))
    assert not is_news((known, 1), nameless)
    assert is_news((known, 1), mail(internet_message_id="", id="another"))


@pytest.mark.parametrize("number", [0, 1])
def test_what_lay_there_before_the_email_left_answers_something_else(number: int) -> None:
    assert not is_news((sent(), number), mail(received_at=NOW - 2 * HOUR))
    assert is_news((sent(), number), mail(received_at=NOW - HOUR))  # two clocks


def test_an_answer_may_overtake_the_settling_of_what_it_answers() -> None:
    assert is_news((enrolment(), 1), mail(received_at=NOW))


def test_what_is_remembered_has_an_end() -> None:
    known = sent()
    for number in range(60):
        known = acted_on(known, mark_of(mail(internet_message_id=f"<{number}@x.example>")))
    assert len(known.heard.marks) == 50
    assert not is_news((known, 1), mail(internet_message_id="<59@x.example>"))


def test_a_reply_that_is_known_changes_nothing() -> None:
    reply = Reply(mark="mark", number=1, at=NOW)
    once = replied(sent(), reply, NOW)
    assert once.heard.knows("mark")
    assert replied(once, reply, NOW + HOUR) is once


def test_of_one_reply_too_many_the_mark_remains() -> None:
    known = sent()
    for number in range(25):
        known = replied(known, Reply(mark=f"mark {number}", number=1, at=NOW), NOW)
    assert len(known.heard.replies) == 20
    assert all(known.heard.knows(f"mark {number}") for number in range(25))


@given(st.text(max_size=20))
def test_nobody_can_read_a_message_out_of_its_mark(named: str) -> None:
    mark = mark_of(mail(internet_message_id=named))
    assert len(mark) == 12
    assert set(mark) <= set("0123456789abcdef")
