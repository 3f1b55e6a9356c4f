"""Words in which mail systems say why they did not deliver. Folded: no capitals, no accents."""

# The mailbox is there and has no room, or the mail is too large for it.
FULL = (
    "mailbox full", "mailbox is full", "full mailbox", "mailbox full", "mail box full",
    "inbox full", "inbox is full", "mailfolder is full", "account is full", "over quota",
    "overquota", "over disk quota", "over the quota", "over its quota", "quota exceed",
    "exceeded quota", "exceeded the quota", "exceeded his quota", "exceeded their quota",
    "exceeding their quota", "exceeds quota", "exceed quota", "quota violation",
    "quota has been exceeded", "disk quota", "storage quota", "mailbox quota", "out of storage",
    "storage space", "storage allocation", "storage limit", "exceeds allowed size",
    "mailbox size limit", "exceeded its disk space", "disk space limit", "too much mail stored",
    "space not enough", "not enough space", "insufficient storage", "insufficient space",
    "no space left", "too many messages", "mailbox has exceeded", "mailbox exceeds",
    "exceeded the local limit", "messages in recipient's", "shutoffquota", "maximum storage",
    "disk full", "postfach ist voll", "postfach voll", "zuviele mails", "zu viele mails",
    "speicherplatz", "boite pleine", "boite aux lettres pleine", "boite de reception est pleine",
    "quota depasse", "buzon lleno", "buzon esta lleno", "sin espacio", "cuota excedida",
    "excedido su cuota", "casella piena", "casella di posta piena", "casella e piena",
    "caixa cheia", "caixa postal cheia", "caixa de correio cheia", "postvak is vol",
    "mailbox is vol", "mailbox vol", "postkasse er fuld", "postkasse er full", "brevladan ar full",
    "skrzynka jest pelna", "skrzynka pocztowa jest pelna", "przepelnion", "schranka je plna",
    "переполнен", "превышен", "kutusu dolu", "メールボックスがいっぱい", "容量を超", "容量超過",
    "空き容量", "邮箱已满", "邮箱空间", "信箱已滿", "용량 초과",
)  # fmt: skip
TOO_LARGE = (
    "message size", "mail size", "size limit", "too big", "too large", "message length exceeds",
    "exceeded maximum inbound", "exceeded the maximum incoming", "exceeds the maximum",
    "exceeds maximum", "nachricht ist zu gross", "message trop volumineux", "demasiado grande",
)  # fmt: skip
# Said of groups: there is none, or it is closed to us, and nobody tells which.
EITHER = (
    "groups.google.com/support", "may not exist, or you may not have permission",
)  # fmt: skip
# Said once all of the mail was there: whoever took it so far knows the address.
AFTER_DATA = (
    "end of data", "smtp command data", "550 : user unknown", "our final data:",
)  # fmt: skip
# There is no such address.
UNKNOWN = (
    "user unknown", "unknown user", "no such user", "user not found", "user doesn't exist",
    "user does not exist", "user not exist", "user not known", "user is unknown",
    "users not found", "not a known user", "no user by that name", "no user here",
    "there is no user", "recipient not found", "recipnotfound", "recipientnotfound",
    "recipient unknown", "unknown recipient", "recipient does not exist",
    "recipient doesn't exist", "no such recipient", "not a valid recipient", "invalid recipient",
    "no valid recipient", "is not recognized", "not recognized", "recipient name is not",
    "bad recipient", "bad_recipient", "recipient no longer", "no longer on server",
    "no longer valid", "not a valid address", "addressee unknown", "address unknown",
    "unknown address", "unknown or illegal", "unknown mailbox", "address not found",
    "address wasn't found", "address couldn't be found", "wasn't found at", "was not found",
    "could not be found", "cannot be found", "can't be found", "invalid address",
    "address is invalid", "invalid user", "invalid mailbox", "invalid local",
    "invalid final delivery", "bad destination mailbox", "bad address", "address does not exist",
    "address doesn't exist", "address no longer exists", "no longer exist", "does not exist",
    "doesn't exist", "do not exist", "no such mailbox", "no such account", "no such address",
    "no such person", "no such email", "no mailbox here", "no mailbox by", "no mailbox found",
    "mailbox not found", "mailbox does not exist", "mailbox doesn't exist", "mailbox unknown",
    "mailbox unavailable", "mailbox not available", "mailbox is unavailable", "mailbox name not",
    "no account by", "doesn't have a", "does not have a", "doesn't have an account",
    "not listed in", "not our user", "not our customer", "not a valid user",
    "not an active address", "not a current", "is not an account", "unknown account",
    "account unknown", "unknown local", "inactive email address", "inactive user",
    "account is inactive", "discontinued", "no matches to", "did not exactly match",
    "no final email delivery point", "does not have a final", "undeliverable address",
    "unknown to", "relay recipient table", "alias table", "recipient table",
    "not found in directory", "not found by smtp", "mailbox disabled", "has left the",
    "not accepting network messages", "no valid recipients", "user invalid",
    "unable to validate recipient", "recipient verification", "verify recipient",
    "verification failed for", "misspelled", "wrong or no longer", "empfanger unbekannt",
    "unbekannter empfanger", "benutzer unbekannt", "unbekannter benutzer", "existiert nicht",
    "nicht bekannt", "nicht gefunden", "gibt es nicht", "unbekannt", "introuvable", "n'existe pas",
    "adresse invalide", "destinataire inconnu", "utilisateur inconnu", "destinataire invalide",
    "adresse inconnue", "n'a pas ete trouve", "non recense", "inexistant", "no existe",
    "no se encontro", "no se ha encontrado", "usuario desconocido", "desconocid",
    "no se encuentra", "no fue encontrad", "invalida", "inesistente", "non esiste", "sconosciut",
    "non trovat", "riuscito a trovare", "nao existe", "nao foi encontrad", "nao encontrad",
    "bestaat niet", "niet gevonden", "niet bekend", "onbekend", "finns inte", "hittades inte",
    "okand", "findes ikke", "ukendt", "finnes ikke", "ukjent", "ei loydy", "ei ole olemassa",
    "tuntematon", "nie istnieje", "nieznan", "nie znaleziono", "niedostepne", "neexistuje",
    "neznam", "nebyl nalezen", "nem letezik", "nem talalhato", "ismeretlen", "bulunamadi",
    "не найден", "не существует", "неизвест", "нет такого", "не знайдено", "не існує",
    "見つかりません", "存在しません", "不明です", "不存在", "找不到", "존재하지 않", "찾을 수 없",
)  # fmt: skip
# There is no such domain, or it takes no mail at all.
NO_HOST = (
    "host unknown", "unknown host", "unknown domain", "domain unknown", "domain does not exist",
    "domain doesn't exist", "no such domain", "no such host", "domain not found",
    "domain name not found", "domain couldn't be found", "domain could not be found",
    "couldn't find any host", "could not find any host", "couldn't find a mail exchanger",
    "nxdomain", "name or service not known", "unrouteable", "unroutable", "unrouteable address",
    "bad destination system", "illegal host", "invalid domain", "null mx", "nullmx",
    "does not accept mail", "doesn't accept mail", "doesn't receive email", "no mx record",
    "domain is not reachable", "no relevant answers", "does not resolve", "host not found",
    "not found", "has moved", "no forwarding address", "no such destination",
    "domain is not hosted",
)  # fmt: skip
# Refused for what was sent, or for who sent it: it says nothing about the address.
REFUSED = (
    "spam", "blocked", "blacklist", "black list", "blocklist", "block list", "denied",
    "not allowed", "not permitted", "not authorized", "policy", "policies", "unsolicited",
    "reputation", "banned", "dmarc", " spf", "dkim", "sender policy", "reverse dns", " ptr",
    "unauthenticated", "authentication", "virus", "content reject", "message rejected",
    "mail rejected", "relaying", "relay access", "sender rejected", "sender address rejected",
    "rejecting", "preferences", "not accepting mail", "not accept mail from", "not accepted for",
    "listed at", "listed by", "listed in", "header error", "purported", "prohibited", "junk",
    "bulk", "unwanted", "not compliant", "rcpthosts", "spamhaus", "spamcop", "barracuda",
    "requires confirmation", "client host rejected", "disabled", "suspend", "locked", "restricted",
    "bloque", "moderat", "verweigert", "abgelehnt", "rejete", "rechazad", "rifiutat", "geweigerd",
    "отклонен",
)  # fmt: skip
# It did not work now.
LATER = (
    "try again", "try later", "retry", "temporar", "greylist", "graylist", "busy", "resources",
    "timed out", "time out", "timeout", "connection refused", "refused to", "connection reset",
    "connection lost", "connection dropped", "not responding", "did not respond", "no answer",
    "giving up", "expired", "undelivered after", "could not be delivered for", "has been delayed",
    "delayed", "deferred", "too many hops", "hop count", "mail loop", "routing loop", "looping",
    "unable to connect", "could not connect", "not accept our requests", "unreachable",
    "not reachable", "in the queue too long", "failing for a long time", "maximum-time-expired",
    "too busy", "overload", "unavailable", "system error", "disk i/o", "could not find a gateway",
    "smtp connection", "establish an smtp", "does not support tls", "lookup failure", "ldap",
    "dns query failed", "dns error", "local error",
)  # fmt: skip
# Exchange Online's words for a mailbox that sent too much.
SUBMISSION_QUOTA = (
    "submission quota", "submissionquota", "sending limit", "send limit", "sending quota",
    "recipient rate limit", "message rate limit", "exceeded the maximum number of recipients",
)  # fmt: skip
