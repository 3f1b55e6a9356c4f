"""What was written now: not the quote below it, in whatever language it is announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.inbound.newly_written import without_quotes

WORD = "Thank you, gladly."
QUOTE = "Unsubscribe\nStop"


@pytest.mark.parametrize(
    "announced",
    [
        "On Mon, 23 Nov 2026 at 09:00, Owner <owner@contoso.example> wrote:",
        "On Mon, 23 Nov 2026 at 09:00, Owner\n<owner@contoso.example>\nwrote:",
        "Am 23.11.2026 um 09:00 schrieb Owner:",
        "Le lun. 23 nov. 2026 à 09:00, Owner a écrit :",
        "El lun, 23 nov 2026 a las 9:00, Owner escribió:",
        "Il giorno lun 23 nov 2026 alle ore 09:00 Owner ha scritto:",
        "Em seg., 23 de nov. de 2026 às 09:00, Owner escreveu:",
        "Op ma 23 nov 2026 om 09:00 schreef Owner:",
        "Den mån 23 nov. 2026 kl 09:00 skrev Owner:",
        "W dniu 23.11.2026 o 09:00, Owner napisał(a):",
        "Dne 23. 11. 2026 v 9:00 Owner napsal(a):",
        "пн, 23 нояб. 2026 г. в 09:00, Owner <owner@contoso.example> пишет:",
        "пн, 23 лист. 2026 р. о 09:00 Owner <owner@contoso.example> пише:",
        "2026年11月23日(月) 9:00 Owner <owner@contoso.example>さんは書きました:",
        "Owner <owner@contoso.example> 于2026年11月23日周一 09:00写道：",
        "2026년 11월 23일 (월) 09:00, Owner <owner@contoso.example>님이 작성:",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Message d'origine --------",
        "________________________________",
        "From: Owner\nSent: Monday\nTo: Ana",
        "*From:* Owner\n*Sent:* Monday",
        "Von: Owner\nGesendet: Montag",
        "De : Owner\nEnvoyé : lundi",
        "Da: Owner\nInviato: lunedì",
        "Van: Owner\nVerzonden: maandag",
        "Från: Owner\nSkickat: måndag",
        "Od: Owner\nWysłano: poniedziałek",
        "От: Owner\nОтправлено: понедельник",
        "差出人: Owner\n送信日時: 月曜日",
        "发件人: Owner\n发送时间: 星期一",
        "보낸 사람: Owner\n보낸 날짜: 월요일",
        "-- ",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
    ],
)
def test_the_quote_below_is_left_out(announced: str) -> None:
    assert without_quotes(f"{WORD}\n\n{announced}\n{QUOTE}") == WORD


def test_quoted_lines_between_are_left_out() -> None:
    assert without_quotes(f"> Shall we?\n{WORD}\n> {QUOTE}") == f"{WORD}\nStop"


@pytest.mark.parametrize(
    "text", ["On Monday we wrote the report", "From here on all is well.\nSee you", "-- yes --"]
)
def test_people_begin_lines_like_that_too(text: str) -> None:
    assert without_quotes(text) == text


@given(st.text(max_size=300))
def test_it_is_never_more_than_there_was(text: str) -> None:
    assert len(without_quotes(text)) <= len(text)
