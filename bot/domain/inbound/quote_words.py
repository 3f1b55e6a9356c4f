"""Where a reply ends and what it quotes begins, in many languages. Folded."""

# "On 3 Jan, Ana wrote:": how such a line begins, and how it ends.
ATTRIBUTION_STARTS = (
    "on ", "am ", "le ", "el ", "il ", "il giorno ", "em ", "op ", "den ", "pa ", "w dniu ",
    "dne ", "dna ", "dnia ", "в ", "el dia ", "no dia ", "a ", "tarihinde ", "στις ", "pe ",
    "в ср", "kl. ", "la data", "ons", "tor", "fre", "man", "tir", "mån", "pon", "wt", "czw", "pt",
    "sob", "niedz", "ср", "чт", "пт", "пн", "вт", "сб", "вс", "нд", "сер", "20", "0", "1", "2",
    "3",
)  # fmt: skip
ATTRIBUTION_ENDS = (
    "wrote:", "wrote :", "writes:", "schrieb:", "schrieb", "geschrieben:", "a ecrit :", "a ecrit:",
    "ecrivait :", "escribio:", "escribio :", "ha scritto:", "ha scritto", "scrisse:", "escreveu:",
    "schreef:", "het volgende geschreven:", "geschreven:", "skrev:", "skrev foljande:",
    "kirjoitti:", "napisal(a):", "napisal:", "napisala:", "napsal(a):", "napsal:", "napsala:",
    "napisal(a)", "pise:", "irta:", "a scris:", "scris:", "yazdi:", "sunlari yazdi:", "пишет:",
    "написал:", "написал(а):", "написала:", "пише:", "написав:", "написа:", "εγραψε:",
    "のメッセージ:", "のメール:", "さんは書きました:", "は書きました:", "写道:", "写道：", "寫道:",
    "寫道：", "작성:", "님이 작성:", "님이 작성한 메시지:", "כתב:", "כתבה:", "kirjutas:", "rase:",
    "menulis:",
)  # fmt: skip
# The same where the name comes last: "schrieb Ana:".
ATTRIBUTION_VERBS = (
    " schrieb ", " schreef ", " skrev ", " wrote ", " a ecrit ", " escribio ", " ha scritto ",
    " escreveu ", " napisal ", " napsal ", " kirjoitti ", " irta ", " пишет ", " написал ",
)  # fmt: skip
# A line that stands above a quoted mail.
DIVIDERS = (
    "original message", "ursprungliche nachricht", "originalnachricht", "message d'origine",
    "message original", "mensaje original", "messaggio originale", "mensagem original",
    "oorspronkelijk bericht", "originalmeddelande", "ursprungligt meddelande",
    "oprindelig meddelelse", "opprinnelig melding", "alkuperainen viesti", "wiadomosc oryginalna",
    "oryginalna wiadomosc", "puvodni zprava", "povodna sprava", "eredeti uzenet", "mesaj original",
    "orijinal ileti", "исходное сообщение", "оригинальное сообщение", "оригинал сообщения",
    "пересылаемое сообщение", "αρχικο μηνυμα", "元のメッセージ", "原始邮件", "原始郵件",
    "원본 메시지", "원본 메일", "forwarded message", "begin forwarded message",
    "weitergeleitete nachricht", "message transfere", "mensaje reenviado",
)  # fmt: skip
# The block of headers that Outlook writes above what it answers: the first names of it.
HEADER_NAMES = (
    "from:", "von:", "de:", "de :", "da:", "van:", "fran:", "fra:", "lahettaja:", "od:", "od :",
    "felado:", "kimden:", "gonderen:", "от:", "від:", "απο:", "差出人:", "送信者:", "发件人:",
    "发件人：", "寄件者:", "寄件者：", "보낸 사람:", "보낸사람:", "מאת:", "من:", "expediteur:",
    "saatja:",
)  # fmt: skip
HEADER_FOLLOWERS = (
    "sent:", "date:", "to:", "subject:", "gesendet:", "datum:", "an:", "betreff:", "envoye",
    "date :", "a :", "objet", "enviado", "fecha:", "para:", "asunto:", "inviato:", "data:", "a:",
    "oggetto:", "enviada", "assunto:", "verzonden:", "aan:", "onderwerp:", "skickat:", "till:",
    "amne:", "sendt:", "dato:", "til:", "emne:", "lahetetty:", "vastaanottaja:", "aihe:",
    "wyslano:", "do:", "temat:", "odeslano:", "komu:", "predmet:", "elkuldve:", "cimzett:",
    "targy:", "gonderildi:", "gonderme tarihi:", "kime:", "konu:", "отправлено:", "дата:", "кому:",
    "тема:", "надіслано:", "送信日時:", "宛先:", "件名:", "发送时间:", "发送时间：", "收件人:",
    "收件人：", "主题:", "主题：", "寄件日期:", "寄件日期：", "보낸 날짜:", "받는 사람:", "제목:",
    "στειλατε:", "trimis:",
)  # fmt: skip
# A signature of a device: nobody wrote that either.
DEVICES = (
    "sent from my", "sent from outlook", "sent from mail for", "get outlook for", "sent with",
    "von meinem", "gesendet von", "diese nachricht wurde von meinem", "envoye de mon",
    "envoye depuis", "envoye a partir", "enviado desde", "enviado do meu", "enviado de mi",
    "inviato da", "inviato dal", "verstuurd vanaf", "verzonden vanaf", "skickat fran", "sendt fra",
    "lahetetty", "wyslane z", "wyslano z", "odeslano z", "odoslane z", "отправлено с",
    "iphoneから送信", "发自我的", "나의 iphone에서",
)  # fmt: skip
