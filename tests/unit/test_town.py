"""What the town page shows, from state alone; and the shape of a spam report."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from bot.sandbox import arf
from bot.sandbox.clock import Clock
from bot.sandbox.connector.conversations import BOT
from bot.sandbox.connector.state import Teams
from bot.sandbox.directory import Directory
from bot.sandbox.journal import Journal
from bot.sandbox.keys import SigningKey
from bot.sandbox.letters import Address, Letter, compose
from bot.sandbox.people import Behaviour, People, Person, Written, write
from bot.sandbox.town import journal_view, mail_view, teams_view

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TENANT = "6b1f2c64-5c0e-4a53-9d3c-2a8f4e7d9b10"


def letter(number: int, *, subject: str = "How do you like it?", **more: Any) -> Letter:
    return compose(
        sender=Address("Rowan Flint", "rowan.flint@contoso.example"),
        to=[Address("Ana Abel", "ana.abel@customer.example")],
        subject=subject,
        text="One question.",
        message_id=f"<{number}@contoso.example>",
        date=NOON.replace(minute=number),
        **more,
    )


def parts_of(message: EmailMessage) -> list[EmailMessage]:
    parts = message.get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, EmailMessage)]


# -- RFC 5965 ------------------------------------------------------------------------------


def test_a_spam_report_has_the_three_parts_of_its_format() -> None:
    original = letter(1, html="<p>Grüße</p>")
    report = arf.report(
        original, "ana.abel@customer.example",
        words=None, message_id="<r@customer.example>", at=NOON,
    )  # fmt: skip

    message = message_from_bytes(report.raw, policy=policy.default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "feedback-report"
    assert message["MIME-Version"] == "1.0"
    readable, feedback, returned = parts_of(message)
    assert readable.get_content_type() == "text/plain"
    assert feedback.get_content_type() == "message/feedback-report"
    [fields] = parts_of(feedback)
    assert {name: fields[name] for name in ("Feedback-Type", "Version")} == {
        "Feedback-Type": "abuse",
        "Version": "1",
    }
    assert fields["User-Agent"]
    assert fields["Original-Mail-From"] == "<rowan.flint@contoso.example>"
    assert fields["Original-Rcpt-To"] == "<ana.abel@customer.example>"
    assert returned.get_content_type() == "message/rfc822"
    [inner] = parts_of(returned)
    assert inner["Message-ID"] == original.message_id
    body = inner.get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == "<p>Grüße</p>"


def test_a_spam_report_comes_from_the_provider_to_the_sender_and_ties_to_no_thread() -> None:
    person = Person("ana.abel@customer.example", "Ana Abel")
    original = letter(1, reply_to=[Address("", "elsewhere@contoso.example")])

    report = write(
        person, Behaviour("any", "report_spam"), original,
        message_id="<r@customer.example>", at=NOON,
    )  # fmt: skip

    assert report.sender.address == "feedback-loop@customer.example"
    assert [each.address for each in report.to] == ["rowan.flint@contoso.example"]
    assert (report.in_reply_to, report.references) == ("", ())
    assert b"\r\n" in report.raw
    assert b"\n" not in report.raw.replace(b"\r\n", b"")


# -- mail ----------------------------------------------------------------------------------


def test_threads_of_somebody_outside_follow_references_and_what_a_letter_is_about() -> None:
    first = letter(1)
    person = Person("ana.abel@customer.example", "Ana Abel")
    person.received += [first, letter(9, headers=[("References", first.message_id)])]
    person.received.append(letter(5, subject="Another matter"))
    for number, deed in ((2, "reply"), (3, "report_spam")):
        behaviour = Behaviour("any", deed)  # type: ignore[arg-type]
        own = write(
            person, behaviour, first,
            message_id=f"<own{number}@customer.example>", at=NOON.replace(minute=number),
        )  # fmt: skip
        person.written.append(Written(own, first.message_id))

    mails = mail_view.of_person(person)
    listed = mail_view.threads(mails, mail_view.OUTSIDE)

    assert [(each["subject"], each["count"]) for each in listed] == [
        ("How do you like it?", 4),
        ("Another matter", 1),
    ]
    shown = mail_view.thread(mails, listed[0]["id"])
    assert [each["own"] for each in shown] == [False, True, True, False]
    assert shown[1]["text"] == "Thank you for asking. Let us talk next week."
    assert shown[1]["quoted"].startswith("From: Rowan Flint")
    assert "divRplyFwdMsg" not in shown[1]["html"]


# -- Teams and the journal -------------------------------------------------------------------


@pytest.fixture
def names() -> journal_view.Names:
    clock = Clock(NOON, 0)
    directory = Directory.seeded(TENANT)
    people = People()
    people.seed([Person("ana.abel@customer.example", "Ana Abel")])
    teams = Teams(directory, SigningKey.generate(), Journal(clock), clock, "http://127.0.0.1/")
    return journal_view.Names(directory, people, teams)


def test_everybody_sees_their_own_view_of_a_card(names: journal_view.Names) -> None:
    teams, (first, second, *_) = names.teams, names.directory.users
    channel = next(each for each in teams.conversations if each.name == "Feedback")
    place = teams.conversations.at(channel.id)
    cards = [{"type": "AdaptiveCard", "version": "1.5", "body": [{"text": title}]}
             for title in ("For all", "For one")]  # fmt: skip
    activity = {
        "type": "message",
        "timestamp": NOON.isoformat(),
        "from": {"name": "Mailroom"},
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": cards[0]}
        ],
    }
    message = teams.conversations.add(place, BOT, activity, "1")
    message.views[first.oid] = cards[1]

    [own] = teams_view.messages(teams, first, place)["messages"]
    [common] = teams_view.messages(teams, second, place)["messages"]
    snippet = next(each for each in teams_view.chats(teams, second) if each["id"] == channel.id)

    assert own["cards"] == [cards[1]]
    assert common["cards"] == [cards[0]]
    assert (common["bot"], common["own"], common["starts"]) == (True, False, True)
    assert snippet["snippet"] == "For all"


def entry(number: int, kind: str, **facts: Any) -> dict[str, Any]:
    return {"n": number, "at": "2026-03-02T12:00:00.000000Z", "kind": kind, "facts": facts}


def test_every_kind_of_entry_has_its_sentence(names: journal_view.Names) -> None:
    user = names.directory.users[0]
    chat = names.teams.roster.chat_id(user)
    subscription = {"subscription": "s", "mailbox": user.oid, "status": 202, "attempt": 1}
    cases = [
        (entry(1, "graph.call", method="POST", path="/v1.0/me/sendMail", status=202,
               mailbox=user.oid),
         f"Mailroom asked Microsoft Graph to send a mail from {user.name}’s mailbox"),
        (entry(2, "graph.call", method="GET", path="/v1.0/me/messages", status=503,
               mailbox=user.oid),
         f"Mailroom read in {user.name}’s mailbox, and Microsoft Graph answered 503"),
        (entry(3, "notification.delivered", **subscription),
         f"Microsoft Graph told Mailroom of new mail for {user.name}"),
        (entry(4, "notification.failed", **{**subscription, "status": 0}),
         f"Microsoft Graph could not tell Mailroom of new mail for {user.name}: no answer (try 1)"),
        (entry(5, "teams.activity.in", conversation=chat, type="message", fault="none",
               **{"from": user.oid}),
         f"{user.name} wrote to Mailroom in their own chat"),
        (entry(6, "teams.activity.posted", conversation=chat, activity="1", who="bot"),
         f"Mailroom posted in {user.name}’s chat"),
        (entry(7, "entra.authorize", oid=user.oid, ok=False, error="AADSTS65004"),
         f"{user.name} did not get through Microsoft’s sign-in: AADSTS65004"),
        (entry(8, "time.jumped", seconds=90_061.5), "The calendar was moved on by 1 day 1 hour"),
        (entry(9, "mail.unsubscribed", recipient=user.mail, how="one_click", status=200),
         f"{user.name} unsubscribed by their mail program’s own button"),
        (entry(10, "mail.unsubscribed", recipient=user.mail, how="page", status=503),
         f"{user.name} could not unsubscribe on a page"),
        (entry(11, "mail.unsubscribed", recipient=user.mail, how="page", status=0),
         f"{user.name} wanted to unsubscribe and found nothing to press"),
    ]  # fmt: skip
    assert [journal_view.sentence(each, names) for each, _ in cases] == [told for _, told in cases]
    assert [journal_view.is_problem(each) for each, _ in cases] == [
        False, True, False, True, False, False, True, False, False, True, True,
    ]  # fmt: skip


def test_what_repeats_itself_is_one_line_and_a_limit_says_there_is_more(
    names: journal_view.Names,
) -> None:
    user = names.directory.users[0].oid
    read = {"method": "GET", "path": "/v1.0/me/messages", "status": 200, "mailbox": user}
    entries = [
        entry(1, "time.speed", speed=60),
        *(entry(number, "graph.call", **read) for number in (2, 3, 4)),
        entry(5, "time.speed", speed=0),
    ]

    every = journal_view.stream(entries, names, "", 10)
    some = journal_view.stream(entries, names, "", 2)

    assert [(line["first"], line["times"]) for line in every["lines"]] == [(5, 1), (2, 3), (1, 1)]
    assert (every["more"], some["more"]) == (False, True)
    assert some["lines"] == every["lines"][:2]
