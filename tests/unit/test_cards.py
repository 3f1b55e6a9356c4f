"""Cards: what they look like (golden files), and the rules every one of them obeys."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

import cards
from bot.domain.breaker import Answer
from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import DistributionState
from bot.domain.edit_reach import Effect
from bot.domain.heard import Decision
from bot.domain.mailbox import MailboxStatus, Permission
from bot.domain.participant import LeftOut, Omission
from bot.domain.quota import DayLoad
from bot.domain.schedule import Delay
from bot.domain.sending_domain import DnsRecord
from bot.domain.sequence import Email, problems_of
from bot.domain.views import (
    Choice,
    ConnectedReceipt,
    DayAhead,
    DistributeForm,
    DistributionCard,
    DistributionNews,
    DistributionPreview,
    DomainCard,
    DomainLine,
    DomainList,
    EmailDraft,
    EmailPreview,
    Forecast,
    Happening,
    Held,
    Help,
    History,
    HourAhead,
    InviteForm,
    LetterQuestion,
    MailboxAhead,
    MailboxCard,
    MailboxLine,
    MailboxList,
    Notice,
    OnTheWay,
    Refusal,
    ReplyUndone,
    Room,
    SenderQuestion,
    SequenceForm,
    SequenceLine,
    SequenceList,
    SequenceReceipt,
    SignInInvite,
    Timeline,
    View,
)
from bot.teams.verbs import VERBS
from cards.drawing import DRAWN
from cards.words import moment

GOLDEN = Path(__file__).parent.parent / "golden"
AT = datetime(2026, 11, 23, 14, 10, tzinfo=UTC)
HOSTILE = (
    "[win](https://evil.example) ![x](https://evil.example/p.png) **bold** _it_ `code` "
    "<at>Everyone</at> <script>alert(1)</script> \u202etxt.exe\u2066 \x00\x07 # title {{DATE(now)}}"
)


def line(text: str, status: MailboxStatus = MailboxStatus.ACTIVE) -> MailboxLine:
    return MailboxLine(
        id="m1", address=text, owner_name=text, permission=Permission.READ_SEND,
        status=status, problem=text,
    )  # fmt: skip


def answered(text: str, answer: Answer) -> SenderQuestion:
    return SenderQuestion(
        mailbox_id="m1", number=1, address=text, why=text, answer=answer, answered_by=text,
        answered_at=AT,
    )  # fmt: skip


def wrote(text: str) -> LetterQuestion:
    return LetterQuestion(
        mailbox_id="m1", enrolment_id="e1", number=1, person=text, address=text, mailbox=text,
        title=text, at=AT, next_due=AT,
    )  # fmt: skip


def undone(text: str) -> ReplyUndone:
    return ReplyUndone(
        mailbox_id="m1", enrolment_id="e1", person=text, address=text, title=text, by=text, at=AT,
        goes_on=True, next_due=AT,
    )  # fmt: skip


def timeline(text: str, many: int = 2) -> Timeline:
    way = OnTheWay(
        title=text, mailbox=text, next_due=AT, why=text,
        happened=((AT, f"Email 1 left: {text}"), (AT, "They replied to email 1."), (None, text))
        * min(many, 9),
    )  # fmt: skip
    return Timeline(address=text, person=text, ways=(way,) * many, suppressed=text)


def one_persons(text: str, many: int) -> dict[str, View]:
    """Cards about one person as they look in another state."""
    decided = {
        f"LetterQuestion-{each}": replace(
            wrote(text), decision=each, decided_by=text, decided_at=AT
        )
        for each in Decision
    }
    reply = Happening(
        status=DeliveryStatus.RESPONDED, person=text, address=text, title=text, subject=text,
        mailbox=text, at=AT, cancelled=2, mailbox_id="m1", enrolment_id="e1", reply="0f",
        link="https://outlook.office.com/owa/?ItemID=A",
    )  # fmt: skip
    receipt = ConnectedReceipt(
        mailbox_id="m1", address=text, permission=Permission.READ_SEND, excerpts=True
    )
    return {
        **decided,
        "ConnectedReceipt-excerpts": receipt,
        "LetterQuestion-over": replace(wrote(text), over=True, next_due=None),
        "ReplyUndone-again": replace(undone(text), goes_on=False, again=AT, reply="0f"),
        "ReplyUndone-held": replace(undone(text), why_not=text),
        "Happening-replied": reply,
        "Happening-taken": replace(reply, taken_by=text, excerpt=text, message_id="AAMk"),
        "Happening-opted-out": replace(
            reply, status=DeliveryStatus.OPTED_OUT, out_by=text, out_at=AT
        ),
        "Timeline-brief": replace(timeline(text, many), brief=True, suppressed=""),
        "Timeline-nobody": Timeline(address=text, person=text, ways=()),
    }


def blocked(text: str) -> MailboxCard:
    return MailboxCard(mailbox=replace(line(text), blocked=True), invited_by=text, expires=AT)


def kept_back(text: str, many: int = 2) -> DistributionCard:
    choices = tuple(Choice(title=text, value=f"id{n}") for n in range(many))
    return replace(
        numbers(text, DistributionState.HELD), reason=text, kept_since=AT, behind=2,
        refused=tuple(text for _ in range(many)), held=Held(emails=24, due=AT, targets=choices),
    )  # fmt: skip


def numbers(text: str, state: DistributionState = DistributionState.RUNNING) -> DistributionCard:
    return DistributionCard(
        distribution_id="d1", title=text, mailbox=text, people=12, state=state,
        decided_by=text, started_at=AT,
        counts={DeliveryStatus.SENT: 9, DeliveryStatus.RESPONDED: 2, DeliveryStatus.BOUNCED: 1},
    )  # fmt: skip


def views(text: str, many: int = 2) -> list[View]:
    """Every kind of view, full of `text`."""
    choices = tuple(Choice(title=text, value=f"id{n}") for n in range(many))
    wrong = tuple(text for _ in range(many))
    emails = tuple((text, "at once") for _ in range(min(many, 8)))
    kinds = list(Omission)
    drafts = tuple(
        EmailDraft(subject=text[:150], body=text, delay=text[:6]) for _ in range(min(many, 8))
    )
    return [
        Help(unknown=text),
        Refusal(title=text, problems=wrong, support=text),
        Notice(title=text, lines=wrong),
        InviteForm(person="oid", address=text, problems=wrong),
        MailboxCard(
            mailbox=line(text, MailboxStatus.INVITED), invited_by=text, expires=AT,
            link="https://mailroom.example/connect/abc",
            room=Room(a_day=2500, today=100, taken=80, full_from=AT.date()),
            problems=wrong,
        ),
        MailboxList(mailboxes=tuple(line(text) for _ in range(many))),
        SignInInvite(
            organisation=text, invited_by=text, address=text, permission=Permission.READ_SEND,
            link="https://mailroom.example/connect/abc", expires=AT, support=text,
        ),
        ConnectedReceipt(mailbox_id="m1", address=text, permission=Permission.READ_ONLY),
        DomainCard(
            domain=DomainLine(name=text, verified_at=None, problem=text), added_by=text,
            records=(
                DnsRecord(name=text, value=text), DnsRecord(name=text, value=text, needed=False),
            ),
        ),
        DomainList(
            domains=tuple(DomainLine(name=text, verified_at=AT) for _ in range(many)),
            typed=text, problems=wrong,
        ),
        SequenceList(
            sequences=tuple(
                SequenceLine(id=f"s{n}", program=text, name=text, mailbox=text, emails=3)
                for n in range(many)
            )
        ),
        SequenceForm(
            mailboxes=choices, program=text[:80], name=text[:80], mailbox_id="id1", emails=drafts,
            problems=wrong, platform=text, window="own", days=text, from_hour=text, to_hour=text,
            place=text,
        ),
        SequenceReceipt(
            program=text, name=text, mailbox=text, threading=True, window=text, emails=emails
        ),
        DistributeForm(
            sequences=choices, sequence_id="id1", recipients=text, problems=wrong,
            day="2026-11-24", hour="09:00", place=text,
        ),
        DistributionPreview(
            distribution_id="d1", title=text, mailbox=text, people=12, window=text, emails=emails,
            left_out=tuple(
                LeftOut(text=text, why="has no City", kind=kinds[n % 5]) for n in range(many)
            ),
            days=tuple(
                DayLoad(day=AT.date(), wanted=500, free=2100, emails=(1, 2)) for _ in range(many)
            ),
            last=AT,
        ),
        EmailPreview(
            distribution_id="d1", people=choices, more=many, emails=choices[:8], person="id1",
            number="id1", sender=text, to=text, subject=text, tested=text,
            text="\n\n".join([text] * many + ["----", "You get this email because of this."]),
        ),
        numbers(text),
        DistributionNews(news="failed", card=waiting(text, many)["failed"]),
        History(distributions=tuple(numbers(text) for _ in range(many))),
        SenderQuestion(mailbox_id="m1", number=1, address=text, lost=3, of=41, why=text),
        Forecast(
            now=AT,
            choices=(Choice(title="All mailboxes", value="all"), *choices),
            chosen="all",
            hours=tuple(
                HourAhead(begins=AT + timedelta(hours=n), emails=[0, 700, 1500][n % 3])
                for n in range(min(25, 3 * many))
            ),
            after_today=min(many, 1) * 312,
            by_smtp=many,
            days=tuple(
                DayAhead(day=AT.date() + timedelta(days=n), emails=n * 700, most=5000)
                for n in range(7)
            ),
            mailboxes=tuple(
                MailboxAhead(address=text, today=n * 40, later=700) for n in range(many)
            ),
        ),
        Happening(
            status=DeliveryStatus.BOUNCED, person=text, address=text, title=text, subject=text,
            mailbox=text, at=AT, reason=text, cancelled=2,
        ),
        wrote(text),
        undone(text),
        timeline(text, many),
    ]  # fmt: skip


def waiting(text: str, many: int = 2) -> dict[str, DistributionCard]:
    """Distributions that have not begun, or never will."""
    planned = replace(numbers(text), counts={}, started_at=None, starts_at=AT)
    left_out = tuple(LeftOut(text=text, why="opted out on Mon 23 Nov") for _ in range(many))
    return {
        "scheduled": replace(planned, state=DistributionState.SCHEDULED, approved_by=text),
        "failed": replace(planned, state=DistributionState.FAILED, problems=(text,) * min(many, 9)),
        "refused": replace(planned, state=DistributionState.REFUSED, problems=(text,)),
        "cancelled": replace(planned, state=DistributionState.CANCELLED, reason=text),
        "begun": replace(numbers(text), approved_by=text, dropped=left_out),
    }


def undecided(text: str, many: int = 2) -> dict[str, DistributionPreview]:
    """Previews on which somebody decides."""
    (plain,) = (each for each in views(text, many) if isinstance(each, DistributionPreview))
    short = tuple(text for _ in range(many))
    scheduled = replace(plain, starts_at=AT, short=short)
    asked = replace(scheduled, approval=text, asked_by=text, asked_at=AT)
    return {
        "scheduled": scheduled,
        "to-approve": replace(plain, approval=text),
        "nobody": replace(plain, approval=text, nobody=text),
        "late": replace(scheduled, late=True),
        "asked": asked,
        "asked-late": replace(asked, late=True),
    }


def edited(text: str, many: int) -> list[View]:
    """Cards about a sequence that people are on their way through."""
    (form,) = (each for each in views(text, many) if isinstance(each, SequenceForm))
    (receipt,) = (each for each in views(text, many) if isinstance(each, SequenceReceipt))
    sender = (Choice(title=text, value="id1"),)
    effect = Effect(people=many, texts=(0, many), moved=12, full=((AT.date(), 3),) * min(many, 9))
    return [
        replace(form, sequence_id="s1", mailboxes=sender, on_their_way=many, waiting=(1, 30)),
        replace(receipt, effect=effect),
    ]


def states(text: str, many: int = 2) -> dict[str, View]:
    """Cards that look another way in another state, by the name of their golden file."""
    found: dict[str, View] = {}
    found |= {f"{named(each)}-on-their-way": each for each in edited(text, many)}
    found |= {f"DistributionCard-{state}": each for state, each in waiting(text, many).items()}
    found |= {f"DistributionPreview-{state}": each for state, each in undecided(text, many).items()}
    found |= {"DistributionCard-held": kept_back(text, many), "MailboxCard-blocked": blocked(text)}
    found |= {f"SenderQuestion-{each}": answered(text, each) for each in Answer}
    found |= one_persons(text, many)
    return found


def named(view: View) -> str:
    return type(view).__name__


def elements(part: object) -> Iterator[dict[str, Any]]:
    """Every typed object of a card."""
    if isinstance(part, dict):
        if "type" in part:
            yield part
        for inner in part.values():
            yield from elements(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from elements(inner)


def test_every_view_has_a_card_and_a_sample() -> None:
    assert set(DRAWN) == set(get_args(View)) == {type(each) for each in views("x")}


@pytest.mark.parametrize(
    ("name", "view"),
    [
        *((named(each), each) for each in views("Lee Moss <lee@example.org>")),
        *states("Lee Moss <lee@example.org>").items(),
    ],
)
def test_golden(name: str, view: View) -> None:
    """MAILROOM_REWRITE_GOLDEN=1 writes the files anew; look at the difference before keeping it."""
    file = GOLDEN / f"{name}.json"
    card = cards.render(view)
    if os.environ.get("MAILROOM_REWRITE_GOLDEN"):
        file.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    assert card == json.loads(file.read_text())


@pytest.mark.parametrize("view", [*views(HOSTILE), *states(HOSTILE).values()], ids=named)
def test_text_from_outside_is_never_markdown(view: View) -> None:
    card = cards.render(view)
    for each in elements(card):
        if each["type"] == "TextBlock":
            assert "evil" not in each["text"]
            assert "script" not in each["text"]
        if each["type"] == "TextRun":
            assert each["text"]
            assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x1f]", each["text"])
        if each["type"].startswith("Action."):
            assert "evil" not in json.dumps(each)
        if each["type"].startswith("Input."):
            assert "evil" not in each["label"]
    assert "FactSet" not in {each["type"] for each in elements(card)}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x1f]", cards.summary(view))


@pytest.mark.parametrize("many", [0, 1, 2, 400])
@pytest.mark.parametrize(
    "text", ["x", "", "\u202e", HOSTILE, "ä" * 3000, "漢" * 3000, "🙂" * 3000, '"\n' * 1500]
)
def test_rules_of_every_card(text: str, many: int) -> None:
    for view in (*views(text, many), *states(text, many).values()):
        card = cards.render(view)
        found = list(elements(card))
        actions = [each for each in found if each["type"].startswith("Action.")]
        assert (card["type"], card["version"]) == ("AdaptiveCard", "1.5")
        assert len(actions) <= 6, named(view)
        assert len(json.dumps(card, ensure_ascii=False).encode()) <= 25_000, named(view)
        assert card["fallbackText"] == cards.summary(view)
        assert cards.summary(view)
        for each in found:
            assert each.get("inlines") != []
            if each["type"] == "TextBlock":
                assert each["wrap"] is True
                assert each["text"]
            if each["type"].startswith("Input."):
                assert each["label"]
                assert ("isRequired" in each) is ("errorMessage" in each)
            if each["type"] == "ColumnSet":
                assert len(each["columns"]) <= 4
        ids = [each["id"] for each in found if each["type"].startswith("Input.")]
        assert len(ids) == len(set(ids))
        for each in actions:
            if each["type"] == "Action.Execute":
                assert each["verb"] in VERBS
                told = {"mailbox", "distribution", "domain", "question", "editing", "version"}
                told |= {"enrolment", "letter", "reply", "link", "message"}
                assert set(each.get("data", {})) <= told


def test_what_is_required_is_said_by_the_client_at_once() -> None:
    required = {
        (named(view), each["id"])
        for view in views("x")
        for each in elements(cards.render(view))
        if each.get("isRequired") and each["errorMessage"]
    }
    assert required == {
        ("DistributeForm", "sequence"), ("DistributeForm", "recipients"),
        ("InviteForm", "permission"), ("MailboxList", "mailbox"), ("SequenceList", "sequence"),
        ("History", "distribution"),
    }  # fmt: skip


def test_words_of_a_line_do_not_run_together() -> None:
    for view in (*views("x"), *states("x").values()):
        for each in elements(cards.render(view)):
            runs = [run["text"] for run in each.get("inlines", [])]
            for before, after in pairwise(runs):
                assert before[-1] == " " or after[0] in " .:”" or before[-1] == "“", runs


def test_a_long_list_says_how_many_more() -> None:
    text = json.dumps(cards.render(views("x", 32)[5]))
    assert "and 12 more" in text


def test_every_part_of_a_long_sequence_comes_back() -> None:
    drafts = tuple(EmailDraft(subject="s" * 150, body="b" * 1500, delay="3") for _ in range(8))
    card = cards.render(SequenceForm(mailboxes=(), emails=drafts))
    bodies = [each for each in elements(card) if each.get("id", "").startswith("body_")]
    assert [each["value"] for each in bodies] == ["b" * 1500] * 8
    assert "sequence.add_email" not in json.dumps(card)


def test_a_text_that_does_not_fit_any_more_is_asked_for_again() -> None:
    drafts = tuple(EmailDraft(subject="s", body="漢" * 1600) for _ in range(8))
    card = cards.render(SequenceForm(mailboxes=(), emails=drafts))
    bodies = [each.get("value") for each in elements(card) if each.get("id", "")[:5] == "body_"]
    assert bodies == ["漢" * 1600] * 2 + [None] * 6
    assert json.dumps(card).count("too long to show here again") == 6


def test_what_can_be_saved_can_be_shown_again() -> None:
    def problems(letter: str) -> tuple[str, ...]:
        body, later = letter * 1500, Delay(number=1)
        return problems_of("n", "m", [Email(subject="s", body=body, delay=later)] * 8)

    assert problems("b") == ()
    assert any("too long" in each for each in problems("ä"))


def test_what_was_typed_into_a_form_comes_back_as_it_was() -> None:
    text = "  two  spaces\n\nand lines \u200f"
    card = cards.render(SequenceForm(mailboxes=(), emails=(EmailDraft(body=text),)))
    assert [each["value"] for each in elements(card) if each.get("id") == "body_1"] == [text]


@pytest.mark.parametrize(
    ("status", "resend"),
    [
        (MailboxStatus.INVITED, True),
        (MailboxStatus.APPROVAL_REQUIRED, True),
        (MailboxStatus.INACTIVE, True),
        (MailboxStatus.ACTIVE, False),
    ],
)
def test_an_open_mailbox_can_be_invited_anew(status: MailboxStatus, resend: bool) -> None:
    card = cards.render(MailboxCard(mailbox=line("x", status), invited_by="y", expires=AT))
    assert ("mailbox.resend" in json.dumps(card)) is resend


@pytest.mark.parametrize("status", [MailboxStatus.ACTIVE, MailboxStatus.INACTIVE])
def test_a_mailbox_kept_from_sending_says_so_and_may_try_again_while_connected(
    status: MailboxStatus,
) -> None:
    kept = replace(line("x", status), blocked=True)
    card = json.dumps(cards.render(MailboxCard(mailbox=kept, invited_by="y", expires=AT)))
    listed = json.dumps(cards.render(MailboxList(mailboxes=(kept,))))
    connected = status is MailboxStatus.ACTIVE
    assert ("Active, but cannot send" in card) is connected
    assert ("Active, but cannot send" in listed) is connected
    assert ("mailbox.retry" in card) is connected


def test_why_something_was_not_done_stands_on_the_card_with_its_buttons() -> None:
    card = json.dumps(cards.render(replace(numbers("x", DistributionState.HELD), refused=("No.",))))
    assert "Please check" in card
    assert "No." in card
    assert "distribution.resume" in card


def test_a_cancelled_distribution_cannot_be_sent_any_more() -> None:
    card = json.dumps(cards.render(numbers("x", DistributionState.CANCELLED)))
    assert "Nothing was sent" in card
    assert "distribution.show" not in card


def test_somebody_without_rights_is_told_what_this_is() -> None:
    card = cards.render(Help(may_manage=False))
    assert "actions" not in card
    assert "sign-in card" in json.dumps(card)


def test_the_only_link_is_the_sign_in() -> None:
    opening = [
        each
        for view in views("x")
        for each in elements(cards.render(view))
        if each["type"] == "Action.OpenUrl"
    ]
    assert [each["url"] for each in opening] == ["https://mailroom.example/connect/abc"]
    assert opening[0]["title"] == "Authenticate with Microsoft"


def test_a_reply_opens_in_outlook_where_graph_says_how() -> None:
    reply = one_persons("x", 2)["Happening-replied"]
    assert isinstance(reply, Happening)
    assert "Open in Outlook" in json.dumps(cards.render(reply))
    assert "Action.OpenUrl" not in json.dumps(cards.render(replace(reply, link="")))


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "Mon 23 Nov, 14:10 UTC"),
        ("Europe/Berlin", "Mon 23 Nov, 15:10 CET"),
        ("Asia/Kolkata", "Mon 23 Nov, 19:40 IST"),
        ("Australia/Lord_Howe", "Tue 24 Nov, 01:10 UTC+11"),
        ("Asia/Kathmandu", "Mon 23 Nov, 19:55 UTC+05:45"),
    ],
)
def test_moments_read_by_the_clock_they_are_told_by(zone: str, words: str) -> None:
    assert moment(AT.astimezone(ZoneInfo(zone))) == words
