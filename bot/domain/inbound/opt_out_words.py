"""How people say that they want no more mail: whole sentences, folded, without a last full stop.

Each is a pattern that has to be the whole sentence. What comes before (please) and after (thanks)
is named once for all.
"""

from bot.domain.inbound import opt_out_sentences_east as east
from bot.domain.inbound import opt_out_sentences_west as west

BEFORE = (
    "please", "pls", "kindly", "hi", "hello", "hey", "sorry,?", "thanks,?", "thank you,?", "no,",
    "no thanks,?", "no thank you,?", "can you please", "could you please", "would you please",
    "i ask you to", "again,?", "once more,?", "as i said,?", "just", "and", "bitte", "hallo",
    "nein danke,?", "ich bitte sie,?", "guten tag,?", "s'il vous plait,?", "svp,?", "merci de",
    "bonjour,?", "veuillez", "non merci,?", "je vous prie de", "por favor,?", "hola,?", "favor de",
    "le ruego que", "les ruego que", "no gracias,?", "per favore,?", "per cortesia,?",
    "vi prego di", "la prego di", "prego di", "si prega di", "no grazie,?", "buongiorno,?",
    "por gentileza,?", "ola,?", "nao obrigad[oa],?", "peco que", "alstublieft,?", "aub,?", "svp",
    "gelieve", "graag", "nee bedankt,?", "vanligen", "var god och", "snalla,?", "venligst",
    "vennligst", "hej,?", "hei,?", "nej tak,?", "nei takk,?", "nej tack,?", "ole hyva ja",
    "olkaa hyva ja", "ystavallisesti", "kiitos,?", "prosze( o)?", "prosze,?", "dzien dobry,?",
    "nie,? dziekuje,?", "prosim,?", "prosim vas,?", "dobry den,?", "kerem,?", "kerjuk,?",
    "va rog( sa)?,?", "lutfen", "пожалуйста,?", "прошу( вас)?,?", "здравствуйте,?", "будь ласка,?",
    "моля,?", "παρακαλω,?", "请", "請", "お手数ですが,?", "제발",
)  # fmt: skip
AFTER = (
    "please", "thanks", "thank you", "thank you very much", "thx", "now", "immediately", "asap",
    "at once", "right away", "from now on", "again", "anymore", "any more", "any longer",
    "ever again", "in (the )?future", "for good", "kind regards", "best regards", "regards",
    "bitte", "danke", "vielen dank", "sofort", "umgehend", "mehr", "kunftig", "in zukunft",
    "merci", "merci d'avance", "s'il vous plait", "svp", "immediatement", "a l'avenir", "gracias",
    "muchas gracias", "por favor", "inmediatamente", "grazie", "per favore", "subito",
    "obrigad[oa]", "bedankt", "alvast bedankt", "dank u", "aub", "a\\.?u\\.?b\\.?", "tack", "tak",
    "takk", "kiitos", "dziekuje", "z gory dziekuje", "dekuji", "dakujem", "koszonom", "multumesc",
    "tesekkurler", "tesekkur ederim", "пожалуйста", "спасибо", "будь ласка", "моля", "παρακαλω",
    "дякую", "благодаря", "ευχαριστω", "谢谢", "謝謝", "감사합니다",
)  # fmt: skip

# Name, sentences, and words beside which the sentence is an order no more: conditions, exceptions.
LANGUAGES = (
    ("English", west.ENGLISH, "if unless until but however except instead maybe perhaps only yet"),
    ("German", west.GERMAN, "wenn falls aber ausser sofern bis jedoch sondern nur vielleicht noch"),
    ("French", west.FRENCH, "sauf mais cependant jusqu'a peut-etre si seulement"),
    ("Spanish", west.SPANISH, "pero excepto salvo hasta sino quizas si solo"),
    ("Italian", west.ITALIAN, "ma pero tranne finche forse se solo"),
    ("Portuguese", west.PORTUGUESE, "mas exceto ate talvez se apenas"),
    ("Dutch", west.DUTCH, "als tenzij maar behalve totdat misschien alleen"),
    ("Scandinavian", west.SCANDINAVIAN, "men utom om hvis undtagen unntatt kanske"),
    ("Finnish", east.FINNISH, "jos mutta paitsi ehka"),
    ("Polish", east.POLISH, "jesli jezeli ale oprocz chyba"),
    ("Czech or Slovak", east.CZECH_SLOVAK, "pokud ak jestli krome ale mozna"),
    ("Hungarian", east.HUNGARIAN, "ha de kiveve talan"),
    ("Romanian", east.ROMANIAN, "daca dar exceptie poate"),
    ("Turkish", east.TURKISH, "ama fakat eger belki haric"),
    ("Russian", east.RUSSIAN, "если но кроме пока может"),
    ("Ukrainian", east.UKRAINIAN, "якщо але крім поки може"),
    ("Bulgarian or Greek", east.BULGARIAN_GREEK, "ако но освен αν αλλα εκτος ισως"),
    ("Japanese, Chinese or Korean", east.EAST_ASIAN, ""),
    ("Hebrew or Arabic", east.MIDDLE_EASTERN, "אבל אם לכן لكن اذا"),
)  # fmt: skip
# The same where words are not parted by blanks.
DOUBTS_INSIDE = (
    "ただし", "しかし", "もし", "場合", "但是", "如果", "除非", "只是", "하지만", "그러나", "만약",
    "경우",
)  # fmt: skip
# How a letter begins; the order may come behind it on the same line.
GREETINGS = (
    "hi", "hello", "hey", "dear", "good", "hallo", "guten", "liebe", "lieber", "sehr", "bonjour",
    "bonsoir", "cher", "chere", "madame", "monsieur", "hola", "estimado", "estimada", "buenos",
    "buenas", "ciao", "buongiorno", "salve", "gentile", "ola", "bom", "boa", "caro", "cara",
    "beste", "geachte", "dag", "goedemorgen", "hej", "hei", "kaera", "kara", "hyva", "moi",
    "dzien", "szanowni", "dobry", "vazeni", "vazeny", "ahoj", "szia", "tisztelt", "kedves", "buna",
    "merhaba", "sayin", "здравствуйте", "добрый", "привет", "уважаемые", "доброго", "добрий",
    "здравеите", "γεια", "αγαπητοι", "您好", "你好", "안녕하세요", "こんにちは", "שלום", "مرحبا",
)  # fmt: skip
