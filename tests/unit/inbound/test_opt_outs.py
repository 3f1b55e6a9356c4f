"""Opt-outs by reply, in many languages: precision first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.inbound.kinds import Kind
from bot.domain.inbound.opt_outs import ordered_in
from bot.domain.inbound.reader import read_mime
from tests.unit.inbound.letters import FOOTER, OURS, letter

ORDERS = [
    # English
    "Unsubscribe", "unsubscribe please", "STOP", "Stop.", "Please unsubscribe me.", "Opt out",
    "Please unsubscribe me. Do not write to me again.", "Please remove me from your list.",
    "Remove me from this mailing list, please.", "Please take me off your mailing list. Thanks!",
    "Please stop emailing me.", "Stop sending me these emails!", "Do not contact me again.",
    "Please don't send me any more emails.", "No more emails please", "I want to unsubscribe.",
    "I would like to opt out.", "I no longer wish to receive these emails.", "Leave me alone.",
    "Hi,\n\nplease remove me from your list.\n\nBest regards\nAna",
    "Hello Tom, please unsubscribe me.",
    "I am not interested. Please remove my email address from your database.",
    "Please delete my address from your mailing list",
    # German
    "Abmelden", "Bitte melden Sie mich ab.", "Bitte nehmen Sie mich aus dem Verteiler.",
    "Bitte streichen Sie mich von Ihrer Liste.", "Bitte schreiben Sie mir nicht mehr.",
    "Bitte senden Sie mir keine weiteren E-Mails mehr.",
    "Ich möchte keine weiteren E-Mails erhalten.", "Keine weiteren Mails bitte",
    "Hiermit melde ich mich ab.", "Kontaktieren Sie mich bitte nicht mehr.",
    # French
    "Désinscription", "Merci de me désinscrire.", "Veuillez me retirer de votre liste.",
    "Désabonnez-moi.", "Merci de ne plus m'envoyer d'e-mails.", "Ne m'écrivez plus.",
    "Je ne souhaite plus recevoir vos messages.", "Merci de supprimer mon adresse de votre liste",
    # Spanish
    "Baja", "Quiero darme de baja.", "Por favor, denme de baja.", "No me envíen más correos.",
    "No deseo recibir más mensajes.", "Por favor elimínenme de su lista.",
    # Italian
    "Cancellami", "Vi prego di cancellarmi dalla lista.", "Non scrivetemi più.",
    "Non voglio più ricevere queste mail.", "Vorrei disiscrivermi.",
    # Portuguese
    "Por favor, remova-me da lista.", "Não quero mais receber estes e-mails.",
    "Não me enviem mais e-mails.", "Quero cancelar a inscrição.",
    # Dutch
    "Afmelden", "Graag uitschrijven.", "Haal mij van de lijst af.", "Stuur mij geen mails meer.",
    "Ik wil geen mails meer ontvangen.", "Schrijf mij uit.",
    # Swedish, Danish, Norwegian
    "Avregistrera mig", "Ta bort mig från listan.", "Skicka inte fler mejl till mig.",
    "Afmeld mig", "Fjern mig fra listen.", "Send mig ikke flere mails.", "Meld meg av listen.",
    "Ikke send meg flere e-poster.", "Vennligst fjern meg fra listen.",
    # Finnish
    "Poistakaa minut listalta.", "En halua enää viestejänne.",
    # Polish, Czech, Slovak, Hungarian, Romanian
    "Proszę mnie wypisać z listy.", "Proszę o wypisanie z listy.",
    "Nie chcę otrzymywać więcej wiadomości.", "Odhlaste mě.", "Prosím, vyřaďte mě ze seznamu.",
    "Neposílejte mi další e-maily.", "Odhláste ma zo zoznamu.", "Leiratkozás",
    "Kérem, töröljenek a listáról.", "Vă rog să mă dezabonați.",
    "Nu mai doresc să primesc mesaje.",
    # Turkish, Russian, Ukrainian, Bulgarian, Greek
    "Beni listeden çıkarın.", "Lütfen bana bir daha mail göndermeyin.", "Отписаться",
    "Отпишите меня, пожалуйста.", "Больше не пишите мне.", "Удалите меня из рассылки.",
    "Відпишіть мене, будь ласка.", "Більше не пишіть мені.", "Моля, отпишете ме.",
    "Παρακαλώ διαγράψτε με από τη λίστα.",
    # Japanese, Chinese, Korean
    "配信停止", "配信停止をお願いします。", "配信を停止してください。", "今後メールは不要です。",
    "退订", "请取消订阅", "请不要再给我发邮件。", "請不要再發郵件給我", "수신거부",
    "수신거부 부탁드립니다.", "더 이상 메일을 보내지 마세요.",
    # Hebrew, Arabic
    "נא להסיר אותי מהרשימה", "إلغاء الاشتراك",
]  # fmt: skip
NO_ORDERS = [
    "How do I unsubscribe?", "Can I unsubscribe later?", "Could you please unsubscribe me?",
    "Please don't unsubscribe me.", "Do not remove me from the list.",
    "I do not want to unsubscribe.", "If you write again, unsubscribe me.",
    "Please remove me from the list if I am the only one.",
    "Unless you have better questions, unsubscribe me.", "Please stop the survey on Friday.",
    "Please remove me from the list of speakers for Friday.",
    "I unsubscribed from your newsletter.", "Stop by my office any time.",
    "Please stop sending me reminders, I have answered already.",
    "Unsubscribe me from the weekly mails only.", "Please unsubscribe me, but send me the report.",
    "My colleague wants to unsubscribe.", "We cancelled our subscription of your product.",
    "The unsubscribe link in your email is broken.", "No, thanks.", "I am not interested.",
    "We never received the invoice. Please remove the charge.",
    "Do not write to me before Monday.", "Stop worrying, all is well.",
    "Thank you for asking. Let us talk next week.", "Bitte melden Sie sich bei mir.",
    "Wenn Sie nochmal schreiben, melden Sie mich ab.",
    "Bitte nehmen Sie mich nicht aus dem Verteiler.", "Wie kann ich mich abmelden?",
    "Je voudrais me désinscrire, mais seulement en mai.", "Comment me désinscrire ?",
    "No me den de baja, por favor.", "Si no me contestan, denme de baja.",
    "Jeg ønsker å motta flere e-poster.", "Please drop us the list.", "Wypisz fakturę na firmę.",
    "Не удаляйте меня из рассылки.", "配信停止の方法を教えてください。", "请不要删除我的邮件",
    "Baja California is lovely",
]  # fmt: skip


@pytest.mark.parametrize("text", ORDERS)
def test_orders_to_write_no_more(text: str) -> None:
    reading = read_mime(letter(text))
    assert (reading.kind, reading.original_message_id) == (Kind.OPT_OUT, OURS), reading.why


@pytest.mark.parametrize("text", NO_ORDERS)
def test_questions_conditions_and_other_talk_are_no_orders(text: str) -> None:
    assert read_mime(letter(text)).kind is Kind.HUMAN_REPLY


QUOTED = "\n".join(f"> {line}" for line in FOOTER.splitlines())
BELOW = [
    f"\n\nOn Mon, 23 Nov 2026 at 09:00, Owner <owner@contoso.example> wrote:\n{QUOTED}",
    f"\n\nAm 23.11.2026 um 09:00 schrieb Owner <owner@contoso.example>:\n{QUOTED}",
    f"\n\nLe lun. 23 nov. 2026 à 09:00, Owner <owner@contoso.example> a écrit :\n{FOOTER}",
    f"\n\n________________________________\nFrom: Owner\nSent: Monday\nTo: Ana\n\n{FOOTER}",
    f"\n\n-----Original Message-----\nFrom: Owner\n\n{FOOTER}",
    f"\n\n-----Ursprüngliche Nachricht-----\nVon: Owner\n\n{FOOTER}",
    f"\n\nFrom: Owner <owner@contoso.example>\nSent: Monday, 23 November 2026\nTo: Ana\n\n{FOOTER}",
    f"\n\nVon: Owner\nGesendet: Montag\nAn: Ana\nBetreff: Eine Frage\n\n{FOOTER}",
    f"\n\n-- \nAna Example\n{FOOTER}",
    f"\n\nSent from my iPhone\n\n{FOOTER}",
]


@pytest.mark.parametrize("below", BELOW)
def test_what_stands_below_is_not_their_word(below: str) -> None:
    assert read_mime(letter(f"Thank you, gladly.{below}")).kind is Kind.HUMAN_REPLY
    assert read_mime(letter(f"Please unsubscribe me.{below}")).kind is Kind.OPT_OUT


@pytest.mark.parametrize(
    "quote",
    [
        '<blockquote type="cite">{}</blockquote>',
        '<div class="gmail_quote">{}</div>',
        '<div id="divRplyFwdMsg">{}</div>',
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div>{}</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><b>From:</b> Owner</div>{}',
    ],
)
def test_quotes_in_html(quote: str) -> None:
    def html(text: str) -> bytes:
        body = f"<html><body><p>{text}</p>{quote.format('<p>Unsubscribe</p>')}</body></html>"
        head = b"From: ana@customer.example\nSubject: Re: A question\nContent-Type: text/html\n"
        return head + f"In-Reply-To: {OURS}\n\n{body}".encode()

    assert read_mime(html("Thank you, gladly.")).kind is Kind.HUMAN_REPLY
    assert read_mime(html("Please unsubscribe me.")).kind is Kind.OPT_OUT


def test_the_mail_programs_own_button() -> None:
    pressed = letter(
        "Apple Mail sent this.", X_Apple_Unsubscribe="true", Auto_Submitted="auto-replied"
    )
    assert read_mime(pressed).kind is Kind.OPT_OUT


def test_an_empty_mail_may_say_it_in_its_subject() -> None:
    alone = letter(" ", subject="[EXT] unsubscribe", In_Reply_To="")
    assert read_mime(alone).kind is Kind.OPT_OUT
    assert read_mime(letter(" ", subject="Re: unsubscribe")).kind is Kind.HUMAN_REPLY


def test_it_says_the_language_and_the_words() -> None:
    assert ordered_in("Bitte melden Sie mich ab.") == "German, “bitte melden sie mich ab”"


def test_a_long_letter_is_a_persons() -> None:
    assert ordered_in("Please unsubscribe me. " + "We have met in spring and talked. " * 30) == ""


@given(st.sampled_from(ORDERS), st.text(alphabet="abc ?xyz", min_size=1, max_size=40))
def test_a_question_beside_it_makes_it_no_order(order: str, more: str) -> None:
    assert ordered_in(f"{order}\n{more}?") == ""
