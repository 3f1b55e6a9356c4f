"""Automatic replies and the day their writer is back, in many languages."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.domain.inbound.kinds import Kind
from bot.domain.inbound.reader import read_mime
from tests.unit.inbound.letters import OURS, letter

SENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: A question",
        "Auto: A question",
        "Out of Office: A question",
        "[EXTERNAL] Automatic reply: A question",
        "[EXT] (External) Out of office",
        "Re: A question (Automatic Response)",
        "Automatische Antwort: Eine Frage",
        "Abwesenheitsnotiz: Eine Frage",
        "Réponse automatique : Une question",
        "Absence du bureau : Une question",
        "Respuesta automática: Una pregunta",
        "Fuera de la oficina: Una pregunta",
        "Risposta automatica: Una domanda",
        "Fuori ufficio: Una domanda",
        "Resposta automática: Uma pergunta",
        "Automatisch antwoord: Een vraag",
        "Automatiskt svar: En fråga",
        "Autosvar: Et spørsmål",
        "Automatisk svar: Et spørgsmål",
        "Automaattinen vastaus: Kysymys",
        "Odpowiedź automatyczna: Pytanie",
        "Automatyczna odpowiedź: Pytanie",
        "Automatická odpověď: Otázka",
        "Automatická odpoveď: Otázka",
        "Automatikus válasz: Kérdés",
        "Răspuns automat: O întrebare",
        "Otomatik Yanıt: Bir soru",
        "Автоматический ответ: Вопрос",
        "Автоматична відповідь: Питання",
        "Αυτόματη απάντηση: Ερώτηση",
        "自動応答: 質問",
        "自动答复: 问题",
        "自動回覆: 問題",
        "자동 회신: 질문",
        "תשובה אוטומטית: שאלה",
        "رد تلقائي: سؤال",
    ],
)
def test_subjects_of_automatic_replies(subject: str) -> None:
    reading = read_mime(letter("Away.", subject=subject, at=SENT))
    assert reading.kind is Kind.AUTO_REPLY
    assert reading.original_message_id == OURS


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Auto_Submitted": "auto-notified"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "A question"},
        {"X_Auto_Reply_From": "ana@customer.example"},
        {"Precedence": "auto_reply"},
        {"X_Apple_Action": "vacation"},
        {"X_MS_Exchange_Inbox_Rules_Loop": "ana@customer.example"},
        {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"},
        {"Return_Path": "<>"},
    ],
)
def test_headers_of_automatic_replies(headers: dict[str, str]) -> None:
    assert read_mime(letter("Thank you.", headers=headers)).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto_Submitted": "no"},
        {"X_Autoreply": "no"},
        {"Precedence": "bulk"},
        # A request to others, seen on ordinary replies: no proof of anything (MS-OXCMAIL).
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<ana@customer.example>"},
    ],
)
def test_headers_that_prove_nothing(headers: dict[str, str]) -> None:
    assert read_mime(letter("Thank you.", headers=headers)).kind is Kind.HUMAN_REPLY


@pytest.mark.parametrize(
    "subject", ["Re: Out of office next week?", "Vacation time, a question", "Auto insurance"]
)
def test_people_write_about_such_things_too(subject: str) -> None:
    assert read_mime(letter("Let us talk.", subject=subject)).kind is Kind.HUMAN_REPLY


@pytest.mark.parametrize(
    "oof", ["IPM.Note.Rules.OofTemplate.Microsoft", "IPM.Note.Rules.ExternalOofTemplate.Microsoft"]
)
def test_exchanges_own_class(oof: str) -> None:
    assert read_mime(letter("Away."), message_class=oof).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    ("text", "back"),
    [
        # English
        ("I am away and will be back on 3 January.", date(2027, 1, 3)),
        ("I will return on January 4th, 2027.", date(2027, 1, 4)),
        ("I am out of the office until Monday, 30 November 2026.", date(2026, 11, 30)),
        ("I'm out of office from 24 November to 2 December.", date(2026, 12, 2)),
        ("I will be traveling for work on December 10-31.", date(2026, 12, 31)),
        ("I am on leave through the 5th of December.", date(2026, 12, 5)),
        ("Back in the office on 2026-12-01.", date(2026, 12, 1)),
        ("I am away. I return Thursday and will answer then.", date(2026, 11, 26)),
        ("I am back in the office tomorrow.", date(2026, 11, 24)),
        ("I'm on vacation from Nov 20 - Dec 5.", date(2026, 12, 5)),
        ("I will be away starting 23/11 and will not return until 01/12/2026.", date(2026, 12, 1)),
        # German
        ("Ich bin bis einschließlich 12.01. nicht im Büro.", date(2027, 1, 12)),
        ("Ich bin ab dem 7. Dezember wieder erreichbar.", date(2026, 12, 7)),
        ("Vom 23.12.2026 bis zum 02.01.2027 bin ich im Urlaub.", date(2027, 1, 2)),
        ("Ich bin vom 24.11. bis 27.11. abwesend und am 30.11. zurück.", date(2026, 11, 30)),
        ("Am Montag, den 30. November 2026, bin ich wieder für Sie da.", date(2026, 11, 30)),
        # French
        ("Je suis absent du 3 au 10 janvier.", date(2027, 1, 10)),
        ("Je serai de retour le 1er décembre 2026.", date(2026, 12, 1)),
        ("Je suis en congés jusqu'au 4 décembre inclus.", date(2026, 12, 4)),
        # Spanish
        ("Estaré fuera de la oficina hasta el 9 de diciembre de 2026.", date(2026, 12, 9)),
        ("Estaré de vuelta el 10 de diciembre.", date(2026, 12, 10)),
        # Italian
        ("Sarò assente fino al 4 dicembre 2026.", date(2026, 12, 4)),
        ("Rientrerò il 7 dicembre.", date(2026, 12, 7)),
        # Portuguese
        ("Estarei ausente até 4 de dezembro de 2026.", date(2026, 12, 4)),
        ("Regressarei no dia 7 de dezembro.", date(2026, 12, 7)),
        # Dutch
        ("Ik ben afwezig tot en met 4 december.", date(2026, 12, 4)),
        ("Vanaf 7 december ben ik weer aanwezig.", date(2026, 12, 7)),
        # Swedish, Danish, Norwegian, Finnish
        ("Jag är på semester till och med 4 december.", date(2026, 12, 4)),
        ("Jag är tillbaka den 7 december.", date(2026, 12, 7)),
        ("Jeg er på ferie til og med 4. december.", date(2026, 12, 4)),
        ("Jeg er tilbake 7. desember.", date(2026, 12, 7)),
        ("Olen lomalla 4.12. asti.", date(2026, 12, 4)),
        ("Palaan töihin 7.12.2026.", date(2026, 12, 7)),
        # Polish, Czech, Slovak, Hungarian, Romanian
        ("Jestem na urlopie do 4 grudnia 2026.", date(2026, 12, 4)),
        ("Wracam 7 grudnia.", date(2026, 12, 7)),
        ("Jsem mimo kancelář do 4. prosince 2026.", date(2026, 12, 4)),
        ("Som mimo kancelárie do 4. decembra.", date(2026, 12, 4)),
        ("2026. december 4-ig szabadságon vagyok.", date(2026, 12, 4)),
        ("Sunt în concediu până la 4 decembrie 2026.", date(2026, 12, 4)),
        # Turkish, Russian, Ukrainian, Greek
        ("4 Aralık tarihine kadar izindeyim.", date(2026, 12, 4)),
        ("Я в отпуске до 4 декабря 2026 года.", date(2026, 12, 4)),
        ("Я вернусь 7 декабря.", date(2026, 12, 7)),
        ("Я у відпустці до 4 грудня.", date(2026, 12, 4)),
        ("Θα απουσιάζω μέχρι 4 Δεκεμβρίου.", date(2026, 12, 4)),
        # Japanese, Chinese, Korean
        ("12月4日まで不在にしております。", date(2026, 12, 4)),
        ("12月4日（金）まで休暇をいただいております。", date(2026, 12, 4)),
        ("2026年12月7日に戻ります。", date(2026, 12, 7)),
        ("我休假至2026年12月4日。", date(2026, 12, 4)),
        ("我将于12月7日返回办公室。", date(2026, 12, 7)),
        ("12월 4일까지 휴가입니다.", date(2026, 12, 4)),
        ("2026년 12월 7일에 복귀합니다.", date(2026, 12, 7)),
        # Hebrew, Arabic
        ("אחזור ב-7/12/2026.", date(2026, 12, 7)),
        ("سأعود في 07/12/2026.", date(2026, 12, 7)),
    ],
)
def test_the_day_somebody_is_back(text: str, back: date) -> None:
    reading = read_mime(letter(text, subject="Automatic reply: A question", at=SENT))
    assert (reading.kind, reading.return_date) == (Kind.AUTO_REPLY, back), reading.why


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office until 20 November.",  # past
        "I am on sabbatical until 1 March 2028.",  # too far
        "I am out of the office. For urgent matters call +1 555 0100.",
        "I am away. Our conference is on 3 January, do come.",
        "Our office is closed from 1 December.",
        "Back on 31 February.",
        "Room 12.01, building 3-4.",
        "Notice - 5 December is our open day.",
    ],
)
def test_no_day_to_come_is_none(text: str) -> None:
    reading = read_mime(letter(text, subject="Automatic reply: A question", at=SENT))
    assert reading.return_date is None, reading.why


@pytest.mark.parametrize(
    ("text", "offset", "headers", "back", "how"),
    [
        ("I am away to 12/01/2026.", 0, {"Content_Language": "en-US"}, date(2026, 12, 1), "month"),
        ("I am away till 12/01/2027.", 0, {"Content_Language": "en-GB"}, date(2027, 1, 12), "day"),
        ("I will be away until 01/12/2026.", 1, {}, date(2026, 12, 1), "day first"),
        ("I will be back on 12/01/2026 in the office.", -8, {}, date(2026, 12, 1), "month first"),
        ("Je suis absent jusqu'au 01/12/2026.", 0, {}, date(2026, 12, 1), "day first"),
        ("I will be away until 12/01/2027 at the office.", 0, {}, date(2027, 1, 12), "nearer"),
    ],
)  # fmt: skip
def test_days_and_months_that_could_change_places(
    text: str, offset: int, headers: dict[str, str], back: date, how: str
) -> None:
    at = SENT.astimezone(timezone(timedelta(hours=offset)))
    reading = read_mime(letter(text, subject="Automatic reply", at=at, headers=headers))
    assert (reading.return_date, how in reading.why) == (back, True), reading.why


def test_the_subject_may_name_the_day() -> None:
    subject = "AUTO: Ana Example is out of the office (returning 30/11/2026)"
    assert read_mime(letter("Bye.", subject=subject, at=SENT)).return_date == date(2026, 11, 30)


def test_what_it_quotes_names_no_day() -> None:
    text = "I am away.\n\nOn 1 Nov 2026, Owner wrote:\n> We are back on 3 December."
    assert read_mime(letter(text, subject="Automatic reply", at=SENT)).return_date is None
