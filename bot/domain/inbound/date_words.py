"""Names of months and days, and the words beside the day somebody is back. Folded."""

# Each month as it stands in dates, in its forms; short forms are found by how names begin.
MONTHS = (
    (
        "january", "januar", "janvier", "enero", "gennaio", "janeiro", "januari", "tammikuu",
        "styczen", "stycznia", "leden", "ledna", "januara", "ianuarie", "ocak", "январь", "января",
        "січень", "січня", "януари", "ιανουαριου", "sausio", "janvaris", "janvari", "jaanuar",
        "sijecnja", "janner", "jan", "janv", "ene", "gen", "sty", "янв", "jän", "ιαν", "januára",
    ),
    (
        "february", "februar", "fevrier", "febrero", "febbraio", "fevereiro", "februari",
        "helmikuu", "luty", "lutego", "unor", "unora", "februara", "februarie", "subat", "февраль",
        "февраля", "лютий", "лютого", "февруари", "φεβρουαριου", "vasario", "februaris",
        "februari", "veebruar", "veljace", "feb", "fev", "fevr", "lut", "febr", "фев", "φεβ",
        "február",
    ),
    (
        "march", "marz", "mars", "marzo", "marco", "maart", "marts", "maaliskuu", "marzec",
        "marca", "brezen", "brezna", "martie", "mart", "март", "марта", "березень", "березня",
        "μαρτιου", "kovo", "marta", "marts", "ozujka", "marcius", "mar", "mrt", "мар", "μαρ",
        "maerz",
    ),
    (
        "april", "avril", "abril", "aprile", "huhtikuu", "kwiecien", "kwietnia", "duben", "dubna",
        "aprila", "aprilie", "nisan", "апрель", "апреля", "квітень", "квітня", "април", "απριλιου",
        "balandzio", "aprilis", "aprill", "travnja", "apr", "avr", "abr", "kwi", "апр", "απρ",
    ),
    (
        "may", "mai", "mayo", "maggio", "maio", "mei", "maj", "toukokuu", "maja", "kveten",
        "kvetna", "maja", "mayis", "май", "мая", "травень", "травня", "μαιου", "geguzes", "maijs",
        "svibnja", "majus", "mag", "máj", "mája",
    ),
    (
        "june", "juni", "juin", "junio", "giugno", "junho", "kesakuu", "czerwiec", "czerwca",
        "cerven", "cervna", "juna", "iunie", "haziran", "июнь", "июня", "червень", "червня", "юни",
        "ιουνιου", "birzelio", "junijs", "juuni", "lipnja", "junius", "jun", "giu", "cze", "июн",
        "ιουν",
    ),
    (
        "july", "juli", "juillet", "julio", "luglio", "julho", "heinakuu", "lipiec", "lipca",
        "cervenec", "cervence", "jula", "iulie", "temmuz", "июль", "июля", "липень", "липня",
        "юли", "ιουλιου", "liepos", "julijs", "juuli", "srpnja", "julius", "jul", "juil", "lug",
        "lip", "июл", "ιουλ",
    ),
    (
        "august", "aout", "agosto", "augustus", "augusti", "elokuu", "sierpien", "sierpnia",
        "srpen", "srpna", "augusta", "agustos", "август", "августа", "серпень", "серпня",
        "αυγουστου", "rugpjucio", "augusts", "kolovoza", "augusztus", "aug", "ago", "sie", "авг",
        "αυγ",
    ),
    (
        "september", "septembre", "septiembre", "settembre", "setembro", "syyskuu", "wrzesien",
        "wrzesnia", "zari", "septembra", "septembrie", "eylul", "сентябрь", "сентября", "вересень",
        "вересня", "септември", "σεπτεμβριου", "rugsejo", "septembris", "rujna", "szeptember",
        "sep", "sept", "set", "wrz", "сен", "сент", "σεπ", "setiembre",
    ),
    (
        "october", "oktober", "octobre", "octubre", "ottobre", "outubro", "lokakuu", "pazdziernik",
        "pazdziernika", "rijen", "rijna", "oktobra", "octombrie", "ekim", "октябрь", "октября",
        "жовтень", "жовтня", "октомври", "οκτωβριου", "spalio", "oktobris", "oktoober", "oct",
        "okt", "ott", "out", "paz", "окт", "οκτ",
    ),
    (
        "november", "novembre", "noviembre", "novembro", "marraskuu", "listopad", "listopada",
        "listopadu", "novembra", "noiembrie", "kasim", "ноябрь", "ноября", "листопад", "листопада",
        "ноември", "νοεμβριου", "lapkricio", "novembris", "novembrim", "studenog", "studenoga",
        "nov", "lis", "нояб", "ноя", "νοε",
    ),
    (
        "december", "dezember", "desember", "decembre", "diciembre", "dicembre", "dezembro",
        "joulukuu", "grudzien", "grudnia", "prosinec", "prosince", "decembra", "decembrie",
        "aralik", "декабрь", "декабря", "грудень", "грудня", "декември", "δεκεμβριου", "gruodzio",
        "decembris", "decembrim", "detsember", "prosinca", "dec", "dez", "dic", "gru", "дек", "δεκ",
    ),
)  # fmt: skip
# Days of the week, Monday first.
WEEKDAYS = (
    (
        "monday", "montag", "lundi", "lunes", "lunedi", "segunda-feira", "maandag", "mandag",
        "mandag", "måndag", "maanantaina", "maanantai", "poniedzialek", "poniedzialku", "pondeli",
        "pondelok", "hetfo", "hetfon", "luni", "pazartesi", "понедельник", "понедельника",
        "понеділок", "δευτερα", "月曜日", "月曜", "周一", "星期一", "월요일", "mon",
    ),
    (
        "tuesday", "dienstag", "mardi", "martes", "martedi", "terca-feira", "dinsdag", "tirsdag",
        "tisdag", "tiistaina", "tiistai", "wtorek", "wtorku", "utery", "utorok", "kedd", "kedden",
        "marti", "sali", "вторник", "вторника", "вівторок", "τριτη", "火曜日", "火曜", "周二",
        "星期二", "화요일", "tue",
    ),
    (
        "wednesday", "mittwoch", "mercredi", "miercoles", "mercoledi", "quarta-feira", "woensdag",
        "onsdag", "keskiviikkona", "keskiviikko", "sroda", "srody", "srode", "streda", "stredu",
        "szerda", "szerdan", "miercuri", "carsamba", "среда", "среду", "среды", "середа", "середу",
        "τεταρτη", "水曜日", "水曜", "周三", "星期三", "수요일", "wed",
    ),
    (
        "thursday", "donnerstag", "jeudi", "jueves", "giovedi", "quinta-feira", "donderdag",
        "torsdag", "torstaina", "torstai", "czwartek", "czwartku", "ctvrtek", "stvrtok",
        "csutortok", "csutortokon", "joi", "persembe", "четверг", "четверга", "четвер", "πεμπτη",
        "木曜日", "木曜", "周四", "星期四", "목요일", "thu",
    ),
    (
        "friday", "freitag", "vendredi", "viernes", "venerdi", "sexta-feira", "vrijdag", "fredag",
        "perjantaina", "perjantai", "piatek", "piatku", "patek", "piatok", "pentek", "penteken",
        "vineri", "cuma", "пятница", "пятницу", "пятницы", "п'ятниця", "п'ятницю", "παρασκευη",
        "金曜日", "金曜", "周五", "星期五", "금요일", "fri",
    ),
    (
        "saturday", "samstag", "sonnabend", "samedi", "sabado", "sabato", "zaterdag", "lordag",
        "lauantaina", "sobota", "sobote", "szombat", "sambata", "cumartesi", "суббота", "субботу",
        "土曜日", "周六", "토요일",
    ),
    (
        "sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag", "sondag", "sunnuntaina",
        "niedziela", "niedziele", "nedele", "nedela", "vasarnap", "duminica", "pazar",
        "воскресенье", "日曜日", "周日", "星期日", "일요일",
    ),
)  # fmt: skip
TOMORROW = (
    "tomorrow", "morgen wieder", "morgen zuruck", "demain", "mañana", "domani", "amanha",
    "imorgon", "i morgen", "huomenna", "jutro", "zitra", "zajtra", "holnap", "maine", "yarin",
    "завтра", "明日", "明天", "내일",
)  # fmt: skip
# Before the day on which they are back.
BACK = (
    "back", "return", "returning", "returns", "resume", "resuming", "available again",
    "in the office on", "in the office from", "available from", "available on", "reachable again",
    "reopen", "i will be in", "zuruck", "wieder", "ab dem", "ruckkehr", "erreichbar ab",
    "erreichbar ist ab", "retour", "de retour", "reviens", "reviendrai", "a partir du",
    "a nouveau", "des le", "joignable", "regreso", "vuelvo", "volvere", "regresare", "vuelta",
    "a partir del", "de nuevo", "reincorpor", "disponible a partir", "rientro", "rientrero",
    "torno", "tornero", "ritorno", "di nuovo", "a partire dal", "disponibile dal", "regressarei",
    "retorno", "retornarei", "regresso", "volto", "voltarei", "de volta", "a partir de", "terug",
    "weer", "vanaf", "tillbaka", "ater", "tilbage", "tilbake", "retur", "igen", "palaan",
    "takaisin", "jalleen", "paluu", "tavoitettavissa", "wracam", "wroce", "powrot", "ponownie",
    "bede dostepn", "zpet", "vratim", "znovu", "opet", "spat", "naspat", "vissza", "ujra",
    "visszater", "revin", "inapoi", "intorc", "donecegim", "donus", "geri", "tekrar", "вернусь",
    "возвращ", "выйду", "буду на работе", "буду на рабочем", "снова", "буду доступ",
    "выход на работу", "повернусь", "повернен", "знову", "буду на місці", "отново", "връщам",
    "επιστρεφω", "επιστροφη", "θα επιστρεψω", "ξανα", "grizsiu", "atgriez", "tagasi", "vracam",
    "natrag", "חוזר", "אחזור", "חזרה", "سأعود", "العودة", "返回", "回来", "回來", "恢复", "上班",
    "戻り", "出社", "복귀", "kembali", "tro lai", "torno el", "tornaré",
)  # fmt: skip
# Before the last day of their absence.
UNTIL = (
    "until", "till", "til", "through", "thru", "to", "up to", "ending", "ends", "bis", "bis zum",
    "bis einschliesslich", "bis inklusive", "bis inkl", "einschliesslich", "inkl", "jusqu'au",
    "jusqu'a", "au", "inclus", "hasta", "hasta el", "al", "a", "inclusive", "fino al", "fino a",
    "sino al", "ate", "ate ao", "ate dia", "ate o dia", "ao", "tot", "tot en met", "t/m", "tem",
    "till och med", "t.o.m", "tom", "t o m", "til og med", "t.o.m.", "frem til", "indtil",
    "saakka", "asti", "do", "do dnia", "az do", "pana la", "pana pe", "pana in", "до", "по",
    "до конца", "включительно", "μεχρι", "εως", "iki", "lidz", "kuni", "עד", "حتى", "الى", "至",
    "到", "直到", "截至", "~", "〜", "-", "から", "부터", "sampai", "den",
)  # fmt: skip
# Behind the day, where languages put it there.
BACK_AFTER = (
    "wieder", "zuruck", "erreichbar", "terug", "weer", "に戻", "より出社", "から出社", "に出社",
    "以降", "から通常", "より通常", "に帰", "返回", "回来", "回來", "恢复", "回到", "起恢复",
    "上班", "복귀", "돌아", "에 복귀", "부터 근무", "tarihinde don", "'de don", "'da don",
    "'te don", "'ta don", "tarihinde geri", "tarihinden itibaren", "palaan", "-an ter", "-en ter",
    "-an er", "-tol", "-tól", "-től",
)  # fmt: skip
UNTIL_AFTER = (
    "まで", "迄", "까지", "asti", "saakka", "-ig", "ig ", "tarihine kadar", "'a kadar", "'e kadar",
    "'ye kadar", "'ya kadar", "kadar", "inclusive", "included", "inclus", "einschliesslich",
    "incluido", "为止", "之前",
)  # fmt: skip
# What begins with the day: they are away from it on.
FROM = (
    "from", "since", "starting", "vom", "von", "seit", "du", "depuis", "desde", "del", "dal",
    "dall", "de", "van", "sedan", "fra", "fran", "od", "od dnia", "с", "з", "від", "от", "απο",
    "自", "从", "從", "as of",
)  # fmt: skip
# Away, not back: beside "from the 3rd on" it says that the day begins an absence.
AWAY = (
    "not available", "unavailable", "not be available", "nicht erreichbar", "nicht im buro",
    "abwesend", "absent", "ausente", "assente", "afwezig", "niet aanwezig", "out of", "away",
    "on leave", "on holiday", "urlaub", "conge", "vacaciones", "ferie", "ferias", "vakantie",
    "semester", "urlop", "отпуск", "nieobecn", "no estare", "non saro", "nao estarei", "nicht da",
    "не буду",
)  # fmt: skip
# What a text has in it that is in English and in no other language of these.
ENGLISH = (
    " the ", " i am ", " i'm ", " i will ", " office ", " your ", " will be ", " returning ",
)  # fmt: skip
