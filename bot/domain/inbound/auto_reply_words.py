"""How automatic replies call themselves. Subjects are compared with how one begins, sayings with
the first lines. Many of the languages come from the settings of mail programs.
"""

SUBJECTS = (
    # English
    "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response",
    "autoresponse", "automated response", "automated reply", "automatic response", "auto:",
    "autorespons", "auto-respons", "auto responder", "autoresponder", "out of office",
    "out-of-office", "out of the office", "outofoffice", "ooo:", "ooo -", "oof:", "vacation reply",
    "vacation response", "on vacation:", "away from my mail", "away from the office",
    "i am out of the office", "i'm out of the office", "i am currently out of",
    # German
    "automatische antwort", "automatische ruckantwort", "automatische ruckmeldung",
    "automatische ruckfrage", "abwesenheitsnotiz", "abwesenheit:", "abwesenheitsnachricht",
    "abwesenheitsmeldung", "abwesenheitsbenachrichtigung", "abwesend:", "nicht im buro",
    "ich bin nicht im buro", "autoantwort", "urlaubsnotiz", "urlaubsmeldung",
    # French
    "reponse automatique", "reponse auto", "absence du bureau", "absence:", "absent du bureau",
    "message d'absence", "notification d'absence", "absent(e)", "hors du bureau",
    # Spanish
    "respuesta automatica", "respuesta auto", "fuera de la oficina", "fuera de oficina",
    "ausente:", "contestacion automatica", "autorespuesta", "mensaje automatico",
    # Italian
    "risposta automatica", "fuori ufficio", "fuori sede", "assenza dall'ufficio", "assente:",
    # Portuguese
    "resposta automatica", "resposta auto", "ausencia temporaria", "fora do escritorio",
    "ausente do escritorio", "ausencia do escritorio",
    # Dutch
    "automatisch antwoord", "automatische beantwoording", "afwezigheidsbericht", "afwezigheid:",
    "afwezig:", "niet op kantoor", "niet aanwezig", "automatische reactie",
    # Swedish, Danish, Norwegian
    "automatiskt svar", "autosvar", "frånvaro:", "frånvaromeddelande", "ej på kontoret",
    "automatisk svar", "ikke til stede", "fravær:", "fraværsmeddelelse", "fraværsmelding",
    "ikke på kontoret", "automatisk besvarelse", "fraværsbesked",
    # Finnish, Estonian
    "automaattinen vastaus", "automaattivastaus", "poissa toimistolta", "poissaoloilmoitus",
    "poissa:", "automaatvastus", "automaatne vastus", "kontorist väljas",
    # Polish, Czech, Slovak
    "odpowiedź automatyczna", "automatyczna odpowiedź", "autoodpowiedź", "poza biurem",
    "nieobecność", "automatická odpověď", "automatická odpoveď", "mimo kancelář", "nepřítomnost",
    "neprítomnosť", "mimo kancelárie",
    # Hungarian, Romanian, Croatian, Serbian, Slovene
    "automatikus válasz", "házon kívül", "irodán kívül", "răspuns automat", "mesaj automat",
    "absent de la birou", "automatski odgovor", "odsutan iz ureda", "samodejni odgovor",
    "аутоматски одговор", "odsoten",
    # Lithuanian, Latvian
    "automatinis atsakymas", "automātiska atbilde", "automātiskā atbilde", "nesu biure",
    # Turkish
    "otomatik yanıt", "otomatik cevap", "ofis dışında", "ofis dışı", "işyeri dışında",
    # Russian, Ukrainian, Bulgarian
    "автоматический ответ", "автоответ", "автоматически ответ", "автоматичен отговор",
    "автоматическое уведомление", "нет на рабочем месте", "вне офиса", "автоматична відповідь",
    "автовідповідь", "поза офісом", "извън офиса",
    # Greek
    "αυτόματη απάντηση", "εκτός γραφείου", "απουσία από το γραφείο",
    # Japanese, Chinese, Korean
    "自動応答", "自動返信", "不在通知", "不在のお知らせ", "外出中", "自动答复", "自动回复",
    "自動回覆", "自動回復", "不在办公室", "外出通知", "不在辦公室", "자동 회신", "자동회신",
    "자동 응답", "자동응답", "부재중", "부재 중",
    # Hebrew, Arabic, Persian
    "תשובה אוטומטית", "מענה אוטומטי", "מחוץ למשרד", "رد تلقائي", "الرد التلقائي", "خارج المكتب",
    "پاسخ خودکار",
    # Indonesian, Vietnamese, Thai, Catalan
    "balasan otomatis", "di luar kantor", "trả lời tự động", "vắng mặt", "ข้อความตอบกลับอัตโนมัติ",
    "การตอบกลับอัตโนมัติ", "ไม่อยู่ที่สำนักงาน", "resposta automàtica", "fora de l'oficina",
)  # fmt: skip
# Behind "Re: ..." some programs put it in brackets at the end.
SUBJECT_ENDS = (
    "(automatic response)", "(automatic reply)", "(auto reply)", "(auto-reply)", "(autoreply)",
    "(out of office)", "(automatische antwort)", "(reponse automatique)", "[auto-reply]",
)  # fmt: skip
# A program says of itself that it wrote this; no person does.
SAYINGS = (
    "this is an automatic reply", "this is an automated reply", "this is an automatic response",
    "this is an automated response", "this is an auto-reply", "this is an auto reply",
    "this is an autoreply", "this is an automatically generated reply",
    "automated response to your", "this is an auto-generated",
    "this is an automatically generated response", "automatic out of office",
    "this is an automated message", "this is an automatically generated message",
    "this message was generated automatically", "this message was automatically generated",
    "the only notification you will receive while this person is away", "out of office autoreply",
    "dies ist eine automatische antwort", "dies ist eine automatisch generierte",
    "dies ist eine automatisch erstellte", "diese nachricht wurde automatisch",
    "diese e-mail wurde automatisch", "dies ist eine automatische nachricht",
    "dies ist eine automatische abwesenheit", "ceci est une reponse automatique",
    "ceci est un message automatique", "reponse automatique:",
    "ce message est genere automatiquement", "ce message a ete genere automatiquement",
    "esta es una respuesta automatica", "este es un mensaje automatico",
    "este mensaje se ha generado automaticamente", "questa e una risposta automatica",
    "questo e un messaggio automatico", "messaggio generato automaticamente",
    "esta e uma resposta automatica", "esta e uma mensagem automatica", "dit is een automatisch",
    "dit bericht is automatisch", "detta ar ett automatiskt", "det har ar ett automatiskt",
    "dette er et automatisk", "dette er en automatisk", "tama on automaattinen",
    "to jest automatyczna", "ta wiadomosc zostala wygenerowana automatycznie",
    "toto je automaticka", "ez egy automatikus", "acesta este un raspuns automat",
    "acesta este un mesaj automat", "bu otomatik bir", "bu e-posta otomatik",
    "это автоматический ответ", "это автоматическое", "данное сообщение создано автоматически",
    "це автоматична", "αυτο ειναι ενα αυτοματο", "このメールは自動返信", "このメールは自動",
    "自動応答です", "这是自动", "这是一封自动", "本邮件为自动", "這是自動", "這是一封自動",
    "이 메일은 자동", "자동으로 발송", "זוהי תשובה אוטומטית", "זוהי הודעה אוטומטית",
    "هذا رد تلقائي", "هذه رسالة تلقائية",
)  # fmt: skip
