"""How mail systems say that they did not deliver, where no report in fields does (RFC 3464)."""

# Who writes such notices: local parts, and names in From.
DAEMONS = (
    "mailer-daemon", "mailerdaemon", "mailer_daemon", "mail-daemon", "maildaemon", "mdaemon",
    "postmaster", "post_master", "post-master", "poostmaster", "mail.delivery.system", "mmdf",
    "mail-delivery-system", "delivery-status", "bounce-notification", "no-reply-bounce", "ndr",
    "mailadm", "mail-admin", "system.administrator", "e500_smtp_mail_service", "imss", "bounces",
)  # fmt: skip
DAEMON_PREFIXES = (
    "microsoftexchange", "mailer-daemon", "postmaster", "symantec_antivirus", "double-bounce",
)  # fmt: skip
# Addresses of programs, which by themselves prove nothing.
NO_REPLIES = (
    "no-reply", "noreply", "do-not-reply", "donotreply", "no_reply", "nicht-antworten",
)  # fmt: skip
# Who passes complaints on (Outlook.com's Junk Mail Reporting Program).
PROGRAMS = (
    "staff@hotmail.com", "staff@outlook.com",
)  # fmt: skip
DAEMON_NAMES = (
    "mail delivery subsystem", "mail delivery system", "mail deliver system", "delivery subsystem",
    "mail delivery service", "internet mail delivery", "mail system", "mail administrator",
    "system administrator", "systemadministrator", "administrateur systeme", "mailer-daemon",
    "mailer daemon", "postmaster", "ndr administrator", "interscan notification", "mail daemon",
)  # fmt: skip
# How their subjects begin, behind tags such as [EXTERNAL].
SUBJECTS = (
    "undeliver", "undelivered mail", "non-deliver", "nondeliver", "not delivered", "non deliver",
    "delivery failure", "delivery failed", "delivery fail", "delivery has failed",
    "delivery status notif", "delivery status:", "delivery status", "delivery notification:",
    "delivery report", "delivery error", "delivery problem", "delivery unsuccessful",
    "delivery incomplete", "failure notice", "failure delivery", "failed mail", "failed delivery",
    "failed to deliver", "returned mail", "returned email", "returned to sender",
    "return to sender", "mail delivery", "mail system error", "mail failed", "mail failure",
    "mail error", "mail could not be delivered", "mail not delivered", "mail returned",
    "mail undeliverable", "message delivery", "message undeliverable", "message not delivered",
    "message returned", "message status - undeliverable", "message you sent blocked",
    "message could not be delivered", "message delayed", "permanent delivery", "permanent failure",
    "postmaster notify", "processing error", "could not deliver", "unable to deliver",
    "undeliverable:", "bounce notif", "email bounce", "bounced mail",
    "automatically rejected mail", "there was an error sending", "sorry, your message could not",
    "your message couldn't be delivered", "delayed mail", "your message could not be delivered",
    "your message was not delivered", "error: undelivered", "warning: could not send",
    "warning: message", "warning--could not send", "notice: mail delivery",
    "[postmaster] email delivery failure", "email delivery failure",
    "email could not be delivered", "fehler bei der", "unzustellbar", "nicht zugestellt",
    "nachricht unzustellbar", "zustellung", "mail nicht zustellbar", "rapport de non-remise",
    "non remis", "non-remis", "non distribuable", "message non distribue", "echec de la remise",
    "echec de remise", "echec de la distribution", "impossible de remettre", "message non delivre",
    "no se puede entregar", "no se pudo entregar", "no entregado", "correo no entregado",
    "mensaje no entregado", "error de entrega", "notificacion de estado de entrega",
    "non recapitabile", "mancato recapito", "mancata consegna", "impossibile recapitare",
    "consegna non riuscita", "nao entregue", "nao e possivel entregar", "falha na entrega",
    "falha de entrega", "nao foi possivel entregar", "onbestelbaar", "niet bezorgd",
    "kan niet worden bezorgd", "gick inte att leverera", "kunde inte levereras", "oleverbart",
    "kan ikke leveres", "uleverbar", "kunne ikke leveres", "toimittaminen epaonnistui",
    "ei voi toimittaa", "niedostarczalne", "nie mozna dostarczyc", "niedoreczon",
    "zwrot wiadomosci", "nedorucitelne", "nedorucen", "nie je mozne dorucit", "kezbesithetetlen",
    "nem kezbesitheto", "teslim edilemedi", "iletilemedi", "не удается доставить", "недоставлен",
    "не доставлено", "ваше сообщение не доставлено", "не удалось доставить",
    "невозможно доставить", "не вдалося доставити", "δεν ειναι δυνατη η παραδοση", "配信不能",
    "配信エラー", "送信エラー", "配達不能", "送信できませんでした", "无法送达", "未送达", "退信",
    "未傳遞", "無法傳遞", "배달되지 않음", "배달 실패", "전송 실패", "לא ניתן למסור",
    "تعذر التسليم", "tidak terkirim", "nelivrabil",
)  # fmt: skip
# How they end, behind the subject of the mail that came back.
SUBJECT_ENDS = (
    "(delivery failed)", "non remis", "(undeliverable)", "- undeliverable", "(returned)",
)  # fmt: skip
# What their texts say, anywhere in the first lines.
SAYINGS = (
    "could not be delivered", "couldn't be delivered", "cannot be delivered", "can't be delivered",
    "can not be delivered", "could not deliver", "could not be sent", "couldn't deliver",
    "not be delivered", "was not delivered", "wasn't delivered", "not delivered to",
    "undeliverable", "unable to deliver", "wasn't able to deliver", "was not able to deliver",
    "not able to deliver", "failed to deliver", "fail to deliver", "delivery failed",
    "delivery has failed", "delivery to the following", "delevery to the following",
    "did not reach", "has been delayed", "permanent fatal errors", "had delivery problems",
    "had delivery errors", "delivery errors", "delivery problems", "had permanent",
    "returned to you", "has been returned", "was rejected by", "were rejected",
    "was automatically rejected", "an email you sent was rejected", "error delivering your mail",
    "trouble delivering", "problem delivering", "error sending",
    "error occurred while trying to deliver", "error has occurred while attempting",
    "not yet been delivered", "still undelivered", "delivery failure", "non-delivery",
    "unable to send", "message delivery", "failed recipient", "failed addresses",
    "not deliverable", "did not receive this message", "address(es) failed", "addresses failed",
    "address failed", "following recipients were affected", "intended recipient:",
    "could not be reached", "rejected your message", "message details:", "user's mailbox is full",
    "may not exist, or you", "not a valid user", "has reached our local address",
    "with the e-mail address(es)", "isn't accepting", "konnte nicht zugestellt",
    "nicht zugestellt werden", "unzustellbar", "nicht zustellen", "zustellung fehlgeschlagen",
    "konnte nicht ubermittelt", "n'a pas pu etre", "n'a pu etre", "pas ete remis",
    "echec de la remise", "pas ete delivre", "impossible de remettre", "impossible de distribuer",
    "no pudo ser entregado", "no se ha podido entregar", "no se pudo entregar",
    "no ha podido entregarse", "no se ha entregado", "no pudo entregarse",
    "non e stato recapitato", "non e stato possibile recapitare", "non puo essere recapitato",
    "recapito non e riuscito", "non e stato consegnato", "consegna non riuscita",
    "nao pode ser entregue", "nao foi entregue", "nao pode ser enviada",
    "nao foi possivel entregar", "kon niet worden bezorgd", "niet worden afgeleverd",
    "niet bezorgd", "kunde inte levereras", "kunne ikke leveres", "ei voitu toimittaa",
    "nie mogla zostac dostarczona", "nie dostarczono", "nie zostala dostarczona", "nelze dorucit",
    "nebylo mozne dorucit", "nebyla dorucena", "nem sikerult kezbesiteni", "nem kezbesitheto",
    "teslim edilemedi", "iletilemedi", "не может быть доставлено", "невозможно доставить",
    "не удалось доставить", "не доставлено", "не было доставлено", "не може бути доставлен",
    "送信できませんでした", "配信できませんでした", "届けることができません", "お届けできません",
    "失敗しました", "エラーのため", "存在しないか", "无法发送到", "无法送达", "退回", "未能送达",
    "無法傳送", "無法送達", "群組可能不存在", "配送不能", "배달할 수 없", "전달되지 못",
    "전송하지 못", "skupina, kterou se pokousite", "die gruppe, die sie kontaktieren",
    "el grupo con el que has intentado", "le groupe que vous avez essaye", "группа, с которой вы",
    "группа, з якою", "група, з якою ви намагалися", "il gruppo che hai tentato",
    "o grupo que voce tentou", "de groep waarmee u contact", "grupa, z ktora",
    "groups.google.com/support",
)  # fmt: skip
# The mail system has not given up.
STILL_TRYING = (
    "this is a warning message only", "this is a warning only", "you do not need to resend",
    "will be retried", "will keep trying", "will continue trying", "will continue to try",
    "will continue to attempt", "will continue to be made", "still being retried",
    "has not yet been delivered", "have not yet received", "no need to resend",
    "temporary failure report", "could not send mail for past", "could not send message for past",
    "delayed mail (still", "awaiting delivery", "has been postponed", "will retry for",
    "delivery attempts will continue", "delivery incomplete", "wird weiterhin versucht",
    "weitere zustellversuche", "sera retente", "nouvelles tentatives", "se seguira intentando",
    "verra ritentat", "повторные попытки",
)  # fmt: skip
# Where the mail that came back begins.
RETURNED_BELOW = (
    "below this line is a copy", "a copy of the original message", "original message below",
    "original message follows", "original message -----", "-original message",
    "original mail info", "message headers follow", "message header follows",
    "header of the original message", "headers of the original message",
    "original message headers", "this is a copy of", "message text follows",
    "returned mail follows", "returned message follows", "returned mail ---", "unsent message",
    "copy of your message", "copy of the message", "lines of your original message",
    "header of the source mail", "your message reads", "undelivered message", "bounced e-mail:",
    "top 20 lines of the message", "original message details", "old message:", "original message:",
    "en-tetes de message d'origine", "en-tetes d'origine du message", "intestazioni originali",
    "ursprungliche nachrichtenkopfzeilen", "nachrichtenkopfzeilen",
    "encabezados de mensajes originales", "encabezados del mensaje original",
    "cabecalhos da mensagem original", "oorspronkelijke berichtkop", "ursprungliche nachricht",
    "mensaje original", "message original", "messaggio originale", "元のメッセージ", "原信件",
    "原始邮件", "原始郵件", "original -----", "forwarded message",
)  # fmt: skip
