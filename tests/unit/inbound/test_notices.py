"""Notices of mail systems in words alone, and people's mail about such notices."""

from collections.abc import Sequence

import pytest

from bot.domain.inbound.kinds import Kind
from bot.domain.inbound.reader import read_mime
from bot.mailformats.flufl import failed_addresses
from tests.unit.inbound.letters import OURS, letter

EVE = "eve@nowhere.example"
DAEMON = "Mail Delivery System <mailer-daemon@mx.example>"
BOUNCES = (Kind.BOUNCE_HARD, Kind.BOUNCE_SOFT, Kind.SENDER_BLOCK)
BELOW = f"\n\nReceived: from x\nMessage-ID: {OURS}\nTo: {EVE}\nSubject: A question\n"


def notice(text: str, *, sender: str = DAEMON, subject: str = "failure notice") -> bytes:
    return letter(text + BELOW, sender=sender, subject=subject, In_Reply_To="")


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        (f"We could not deliver to <{EVE}>:\n550 5.1.1 no such user", Kind.BOUNCE_HARD, "5.1.1"),
        (f"Delivery to {EVE} failed. User unknown.", Kind.BOUNCE_HARD, ""),
        (f"<{EVE}>: mailbox is full, message was not delivered", Kind.BOUNCE_SOFT, ""),
        (f"could not be delivered to {EVE}: 550 5.7.1 blocked", Kind.SENDER_BLOCK, "5.7.1"),
        (f"Ihre Nachricht an {EVE} konnte nicht zugestellt werden: Empfänger unbekannt.",
         Kind.BOUNCE_HARD, ""),
        (f"Le message à {EVE} n'a pas pu être remis: adresse introuvable.", Kind.BOUNCE_HARD, ""),
        (f"El mensaje para {EVE} no pudo ser entregado: la dirección no existe.",
         Kind.BOUNCE_HARD, ""),
        (f"Письмо для {EVE} не может быть доставлено: ящик переполнен.", Kind.BOUNCE_SOFT, ""),
        (f"{EVE} 宛のメールは送信できませんでした。宛先が見つかりません。", Kind.BOUNCE_HARD, ""),
    ],
)  # fmt: skip
def test_notices_in_words(text: str, kind: Kind, status: str) -> None:
    reading = read_mime(notice(text))
    assert (reading.kind, reading.status) == (kind, status), reading.why
    assert list(reading.recipients) == [EVE]
    assert reading.original_message_id == OURS


@pytest.mark.parametrize(
    "text",
    [
        f"THIS IS A WARNING MESSAGE ONLY.\nDelivery to {EVE} has been delayed.",
        f"Your message to {EVE} has not yet been delivered. We will continue to attempt delivery.",
        f"Message to {EVE} could not be delivered for 4 hours. It will be retried. User unknown.",
    ],
)
def test_who_has_not_given_up_says_nothing_for_good(text: str) -> None:
    reading = read_mime(notice(text, subject="Warning: message delayed 4 hours"))
    assert (reading.kind, reading.still_trying) == (Kind.BOUNCE_SOFT, True)


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("Ana Example <ana@customer.example>", "Re: A question",
         "Your last mail was undeliverable, I got “550 5.1.1 user unknown” for eve@x.example."),
        ("Ana Example <ana@customer.example>", "Undeliverable letters", "Shall we talk?"),
        ("Ana Example <ana@customer.example>", "Re: Undelivered Mail Returned to Sender",
         "This came back to me, delivery has failed. Do you know why?"),
        ("Ana Example <ana@customer.example>", "Delivery problem",
         "The parcel could not be delivered on Friday."),
        ("Ana Example <ana@customer.example>", "Mailbox full", "Mine is. Please write to Ben."),
    ],
)  # fmt: skip
def test_people_write_about_such_things(sender: str, subject: str, text: str) -> None:
    assert read_mime(letter(text, sender=sender, subject=subject)).kind is Kind.HUMAN_REPLY


def test_an_address_named_by_a_header() -> None:
    mime = letter("Sorry.", sender=DAEMON, subject="Mail failed", X_Failed_Recipients=f" {EVE}")
    assert list(read_mime(mime).recipients) == [EVE]


def test_other_formats_are_asked_only_where_a_program_wrote() -> None:
    seen: list[bytes] = []

    def other(raw: bytes) -> Sequence[str]:
        seen.append(raw)
        return (EVE,)

    assert read_mime(letter("Hello."), other_formats=other).kind is Kind.HUMAN_REPLY
    assert seen == []
    odd = letter("Zzz.", sender=DAEMON, subject="Zzz", In_Reply_To="")
    reading = read_mime(odd, other_formats=other)
    assert reading.kind in BOUNCES
    assert (tuple(reading.recipients), reading.guessed, len(seen)) == ((EVE,), True, 1)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"From: mailer-daemon@x\nSubject: failure notice\n\nHi. This is the qmail-send program.\n"
         b"I'm afraid I wasn't able to deliver your message to the following addresses.\n"
         b"This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
         b"<eve@nowhere.example>:\nSorry, no mailbox here.\n\n--- Below this line\n", (EVE,)),
        ("From: Jürgen <>\n\nHällo".encode("latin-1"), ()),
        (b"From:\n\n", ()),
        (b"", ()),
        (b"\xff\x00" * 50_000, ()),
    ],
)  # fmt: skip
def test_flufl_is_held_within_bounds(raw: bytes, found: tuple[str, ...]) -> None:
    assert failed_addresses(raw) == found
