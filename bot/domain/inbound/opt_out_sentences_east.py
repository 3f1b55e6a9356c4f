"""Orders to write no more, in the languages east of those: see `opt_out_words`."""

FINNISH = (
    "(poistakaa|poista) (minut|osoitteeni|sahkopostiosoitteeni)( (postituslistalta|listalta|"
    "listaltanne|postituslistaltanne|jakelusta|.{0,40}))?",
    "(peruuta|peruuttakaa|peru|perukaa) (tilaus|tilaukseni)",
    "en halua( enaa)?( (saada|vastaanottaa))?( (naita|teidan|lisaa))?( (viesteja|viestejanne|"
    "sahkoposteja|posteja|postia))?( teilta)?( enaa)?",
    "(alkaa|ala|elkaa) (lahettako|laheta|kirjoittako)( (minulle|enaa))*( (viesteja|sahkopostia|"
    "postia))?( enaa)?",
    "lopettakaa( (viestien|sahkopostien))?( (lahettaminen|lahetys))?( minulle)?",
    "peruutan tilauksen",
)  # fmt: skip
POLISH = (
    "nie zycze sobie( (wiecej|dalszych))?( (maili|e-?maili|wiadomosci))?",
    "mnie (wypisac|usunac|wykreslic)( z .{0,50})?", "wypisz(cie)?( mnie)?( z .{0,50})?",
    "(chce|chcialbym|chcialabym) (sie )?(wypisac|zrezygnowac|wyrejestrowac)( sie)?( z .{0,50})?",
    "rezygnuje( z .{0,50})?", "(o )?(wypisanie|usuniecie)( mnie| mojego adresu)?( z .{0,50})?",
    "(usuncie|usun|usunac|wypisac|wykreslcie|wykreslic) (mnie|moj adres|moje dane)( z .{0,50})?",
    "(nie|przestancie|prosze nie) (wysylajcie|wysylac|pisac|piszcie|przysylac|przysylajcie)( "
    "mi| do mnie)?( (wiecej|juz))*( (maili|e-?maili|wiadomosci))?( (wiecej|do mnie))?",
    "nie chce( juz)?( (dostawac|otrzymywac))?( (wiecej|tych|takich|panstwa|waszych))?( (maili|"
    "e-?maili|wiadomosci|zaproszen))?( od was)?",
    "(prosze )?(mi )?(wiecej )?nie (pisac|wysylac)( do mnie)?( wiecej)?", "wypisz mnie", "stop",
)  # fmt: skip
CZECH_SLOVAK = (
    "odhlasit( me| ma| se| sa)?( z[eo]? .{0,50})?", "odhlaste (me|ma)( z[eo]? .{0,50})?",
    "(chci|chcem|prosim o) (se |sa )?(odhlasit|odhlaseni|odhlasenie)( z[eo]? .{0,50})?",
    "(vyradte|odstrante|vymazte|smazte|vyskrtnete) (me|ma|moji adresu|moju adresu|muj e-?mail|"
    "moj e-?mail)( z[eo]? .{0,50})?",
    "(neposilejte|neposielajte|nepiste|nezasilejte|nezasielajte) mi( (uz|jiz|dalsi|ziadne|"
    "zadne|viac|vice))*( (e-?maily|maily|zpravy|spravy|pozvanky))?",
    "(nechci|nechcem|neprejem si|nepreji si)( (uz|jiz|dal))?( (dostavat|prijimat))?( (zadne|"
    "ziadne|dalsi|dalsie|tyto|tieto|vase))?( (e-?maily|maily|zpravy|spravy))?( od vas)?",
)  # fmt: skip
HUNGARIAN = (
    "iratkoztass(anak|on) le( .{0,30})?", "leiratkozas", "leiratkozom",
    "(szeretnek |kivanok )?leiratkozni( .{0,50})?",
    "(toroljenek|toroljon|vegyenek|vegyen)( (le|ki))?( engem)?( (a )?(listarol|"
    "levelezolistarol|.{0,40}))?",
    "ne (kuldjenek|kuldjon|irjanak)( nekem)?( tobb)?( (e-?mailt|levelet|uzenetet))?( nekem)?( "
    "tobbet)?",
    "nem (kerek|szeretnek)( tobb)?( (e-?mailt|levelet|uzenetet))?( kapni)?( onoktol)?( tobbet)?",
)  # fmt: skip
ROMANIAN = (
    "dezabonare",
    "(vreau sa ma |doresc sa ma |ma )?(dezabonez|dezabonati-ma|dezaboneaza-ma|dezabonati)( de "
    ".{0,50})?",
    "(stergeti-ma|scoateti-ma|eliminati-ma)( d.{0,50})?",
    "nu(-mi| imi)? mai (trimiteti|scrieti)(-mi)?( (e-?mailuri|mailuri|mesaje))?",
    "nu( mai)? (vreau|doresc)( sa)?( mai)?( primesc)?( (e-?mailuri|mailuri|mesaje))?( de la voi)?",
)  # fmt: skip
TURKISH = (
    "abonelikten (cik|cikar|cikarin|cikmak istiyorum|ayrilmak istiyorum)", "abonelik iptali",
    "aboneligimi iptal edin(iz)?", "uyeligimi iptal edin(iz)?",
    "(beni|adresimi|e-?posta adresimi) (.{0,40}listeden|listenizden|listeden|"
    ".{0,40}listesinden) (cikarin|cikariniz|silin|siliniz|kaldirin)",
    "(bana )?(bir daha|artik)?( bana)? ?(e-?posta|mail|mesaj) (gondermeyin|gondermeyiniz|"
    "atmayin|yollamayin)( artik)?",
    "(artik )?(e-?posta|mail|mesaj) almak istemiyorum", "(bana )?bir daha yazmayin",
    "listeden cik",
)  # fmt: skip
RUSSIAN = (
    "(удалить|исключить|отписать|убрать) (меня|мой адрес)( (из|от) .{0,50})?",
    "отпис(ка|аться|ать)", "отпишите меня( от .{0,50})?", "отписаться( от .{0,50})?",
    "(я )?хочу отписаться( от .{0,50})?",
    "(удалите|уберите|исключите|вычеркните) (меня|мой (адрес|e-?mail|емейл))( из .{0,50})?",
    "(больше )?не (пишите|присылайте|отправляйте|шлите)( мне)?( (больше|эти|ваши|такие))*( "
    "(писем|письма|сообщений|сообщения))?( мне)?( больше)?",
    "(я )?(больше )?не хочу( больше)?( получать)?( (ваши|эти|от вас))?( (письма|писем|"
    "сообщения|рассылку))?( от вас)?",
    "прекратите( (присылать|слать|отправлять|писать))?( мне)?( (письма|рассылку))?", "стоп",
    "отмените подписку",
)  # fmt: skip
UKRAINIAN = (
    "відписатися( від .{0,50})?", "відпишіть мене( від .{0,50})?",
    "(я )?хочу відписатися( від .{0,50})?",
    "(видаліть|приберіть|виключіть) (мене|мою адресу)( зі? .{0,50})?",
    "(більше )?не (пишіть|надсилайте|відправляйте)( мені)?( більше)?( (листів|листи|"
    "повідомлень))?( більше)?",
    "(я )?(більше )?не хочу( більше)?( отримувати)?( (ваші|ці))?( (листи|листів|"
    "повідомлення))?( від вас)?",
)  # fmt: skip
BULGARIAN_GREEK = (
    "отпишете ме( от .{0,50})?", "(желая|искам) да се отпиша( от .{0,50})?",
    "(премахнете|изтрийте) (ме|адреса ми)( от .{0,50})?",
    "не ми (пишете|изпращайте)( повече)?( (имейли|писма|съобщения))?( повече)?", "διαγραφη",
    "διαγραψτε με( απο .{0,50})?", "διαγραφη απο τη λιστα",
    "(θελω|επιθυμω) να (διαγραφω|απεγγραφω)( απο .{0,50})?",
    "μη(ν)? μου (στελνετε|ξαναστειλετε|γραφετε|στειλετε)( (αλλα|πλεον|ξανα))*( (email|μηνυματα|"
    "mail))?( πια)?",
    "δεν θελω( πλεον)?( να λαμβανω)?( αλλα)?( (email|μηνυματα|mail))?( απο εσας)?", "απεγγραφη",
)  # fmt: skip
EAST_ASIAN = (
    "配信停止希望", "配信停止",
    "配信停止(を)?(お願いします|希望します|お願い致します|お願いいたします|してください|"
    "して下さい)",
    "(メール(の)?)?(配信|送信)を?(停止|中止|解除)(を)?(して|お願い)(ください|下さい|します|"
    "いたします|致します)?",
    "(今後)?(の)?(メール|配信|連絡|送信)(は|を)?(不要|いりません|要りません|結構)(です)?",
    "(もう|今後)(は)?(メール|連絡)(を|は)?(送らないで|しないで)(ください|下さい)",
    "(メール)?を?(送らないで|送信しないで)(ください|下さい)",
    "登録(を)?解除(して|を)?(ください|下さい|お願いします|希望します)?",
    "購読(を)?(解除|停止|中止)(して|を)?(ください|下さい|お願いします|希望します)?",
    "(リスト|名簿)から(外して|削除して|除外して)(ください|下さい)", "退订", "退訂", "取消订阅",
    "取消訂閱", "(我(要|想)?)?(退订|退訂|取消订阅|取消訂閱)",
    "(不要|别|別|請勿|请勿)再?(给|給)?我?再?(发|發|寄|发送|發送)(邮件|郵件|信)?(给我|給我)?(了|"
    "邮件|郵件|邮件了|信|信了|電子郵件)*",
    "(请)?(把|将|將)我(从|從).{0,20}(删除|移除|刪除|去掉|中删除|中移除)",
    "(我)?不(想|希望|愿意|願意)再?(收到|接收)(你们的|你們的|这些|這些|任何|此类)?(邮件|郵件|"
    "信息|訊息)?(了)?",
    "别再(联系|聯繫)我(了)?", "不要再(联系|聯繫|聯絡)我(了)?", "수신 ?거부",
    "수신 ?거부(를)? ?(합니다|요청합니다|부탁드립니다|해 ?주세요|할게요)", "구독 ?(취소|해지)",
    "구독(을)? ?(취소|해지)(를)? ?(합니다|해 ?주세요|부탁드립니다|요청합니다)",
    "(더 ?이상|앞으로)?(는)? ?(저에게)? ?(이?메일|메일)(을|은)? ?(보내지|받고 싶지)( 마세요| "
    "마십시오| 말아 ?주세요| 않습니다| 않아요)",
    "(메일)? ?(목록|리스트|명단)에서 ?(저를)? ?(빼|삭제해|제외해|제거해) ?(주세요|주십시오)",
    "(저를)? ?(목록|리스트|명단)에서 ?(빼|삭제해|제외해|제거해) ?(주세요|주십시오)",
)  # fmt: skip
MIDDLE_EASTERN = (
    "הסר", "הסירו אותי( מ.{0,40})?", "(נא )?להסיר( אותי)?( מ.{0,40})?",
    "אל תשלחו לי( עוד| יותר)?( (מיילים|הודעות|אימיילים))?( יותר)?", "הסרה מרשימת התפוצה",
    "(אני )?לא רוצה לקבל( יותר)?( (מיילים|הודעות))?( מכם)?", "الغاء الاشتراك",
    "(ارجو |يرجى )?(الغاء|إلغاء) (الاشتراك|اشتراكي)", "(ارجو |يرجى )?(ازالتي|حذفي) من .{0,40}",
    "لا (ترسلوا|ترسل) (لي|الي)( (المزيد|رسائل|اي رسائل|بعد الان))*",
    "لا اريد (استلام|تلقي) (رسائل|المزيد).{0,20}",
)  # fmt: skip
