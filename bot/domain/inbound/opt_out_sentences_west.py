"""Orders to write no more, in the languages of Western Europe: see `opt_out_words`."""

_YOUR = "(your|this|the|these|any|all|such|future|further)"
_MAILS = "(e-?mails?|mails?|messages?|emails|newsletters?|invitations?|surveys?|mailings?)"
_LIST = (
    f"({_YOUR} )?((mailing|e-?mail|contact|distribution|subscriber|marketing) )?(lists?|database)"
)

ENGLISH = (
    "unsubscribe", "unsubscribe me", "unsubscribe( me)? from .{0,60}", "unsubscribe( me)? now",
    "unsubscribe this (e-?mail )?address", "unsub", "stop", "stop it", "stop this", "stop now",
    "opt[ -]?out", "opt me out( of .{0,60})?",
    "(i (want|wish|would like)|i'd like) to (unsubscribe|opt out)( from .{0,60}| of .{0,60})?",
    "i('d| would) like to be (removed|unsubscribed)( from .{0,60})?",
    "i (want|wish) to be (removed|unsubscribed)( from .{0,60})?", "i am opting out( of .{0,60})?",
    "(remove|delete|take|drop|strike) (me|us|my (e-?mail|address|email address|name)|this "
    f"address) (from|off|out of) {_LIST}", "remove",
    "(delete|erase|remove) my (data|details|address) and (do not|don't) (contact|email|write to) me"
    "( again)?",
    "remove me", "take me off", "delete me", "remove my (e-?mail )?address",
    f"(remove|delete|take) (me|my (e-?mail )?address) (from|off)( {_YOUR})+ {_MAILS}",
    "stop (sending|emailing|e-mailing|mailing|writing|contacting|spamming|bothering)( to)?( me|"
    f" us)?( {_YOUR})?( more| other)?( such)?( {_MAILS})?( like this)?",
    "(do not|don't|dont|never) (ever )?(send|email|e-mail|mail|write|contact)( to)?( me| us)( "
    f"any)?( more| other| further| these| such| your)*( {_MAILS})?( again)?",
    f"no (more|further) {_MAILS}( from you)?( to me)?",
    "i (no longer|don't|do not) (want|wish|care)( to (get|receive|hear)( from you)?| for)?( "
    f"any)?( more| other| further| these| this| such| your)* {_MAILS}( from you)?",
    "i (no longer|don't|do not) (want|wish) to hear from you( again)?", "leave me alone",
    "cancel my subscription", "end my subscription", "unregister me", "sign me off( .{0,40})?",
)  # fmt: skip
GERMAN = (
    "melde mich bitte( vo[nm] .{0,50})? ab",
    "keine (weiteren )?(e-mails|mails|nachrichten|einladungen)( mehr)?( an mich)? (senden|"
    "schicken|schreiben)",
    "abmelden", "abmeldung", "austragen", "abbestellen", "newsletter abbestellen", "stopp?",
    "melden sie mich( bitte)?( vo[nm] .{0,50})? ab",
    "(ich )?(mochte|will|wunsche) (mich )?(bitte )?(vo[nm] .{0,50} )?(abmelden|austragen|"
    "abbestellen|abgemeldet werden)",
    "ich melde mich( hiermit)?( vo[nm] .{0,50})? ab",
    "hiermit melde ich mich( vo[nm] .{0,50})? ab",
    "(nehmen|streichen|loschen|entfernen) sie (mich|meine (e-?mail-?)?adresse|meine daten)( "
    "bitte)?( aus| von)( .{0,50})?( heraus| raus)?",
    "tragen sie mich( bitte)?( aus .{0,50})? aus",
    "(mich )?(aus|von) (dem|der|ihrem|ihrer) (verteiler|liste|mailingliste|verteilerliste) "
    "(nehmen|streichen|loschen|entfernen|abmelden)",
    "(schicken|senden|schreiben) sie mir( bitte)? (keine|nicht)( weiteren)?( e-?mails?| mails?|"
    " nachrichten| einladungen)?( mehr)?",
    "keine (weiteren )?(e-?mails|mails|nachrichten|einladungen)( mehr)?( von ihnen)?( mehr)?",
    "ich (mochte|will|wunsche) keine (weiteren )?(e-?mails|mails|nachrichten|einladungen)( "
    "mehr)?( von ihnen)?( mehr)?( erhalten| bekommen)?",
    "kontaktieren sie mich( bitte)? nicht( mehr| weiter)?", "(lassen|lasst) (sie )?mich in ruhe",
    "horen sie auf,? mir zu schreiben",
    "horen sie auf,? mir (e-?mails|mails) zu (schicken|senden)",
)  # fmt: skip
FRENCH = (
    "je ne (veux|souhaite|desire) plus recevoir (d'|de |vos |ces |aucun |d'autres )(e-?mails?|"
    "mails?|messages?|courriels?|invitations?)( de votre part)?",
    "desinscription", "desabonnement", "desinscrire", "se desinscrire", "me desinscrire",
    "desabonner", "(de )?(me )?(desinscrire|desabonner)( de .{0,50})?",
    "desinscrivez[- ]moi( de .{0,50})?", "desabonnez[- ]moi( de .{0,50})?",
    "(je (veux|souhaite|voudrais|desire) )?me (desinscrire|desabonner)( de .{0,50})?",
    "(de )?(me (retirer|supprimer|enlever|rayer)|retirez[- ]moi|supprimez[- ]moi|enlevez[- "
    "]moi)( mon adresse)?( de .{0,50})?",
    "(de )?(retirer|supprimer|retirez|supprimez) (mon (adresse|e-?mail|nom|mail))( de .{0,50})?",
    "(de )?(ne )?(plus|pas) m'(envoyer|ecrire|contacter|adresser)( plus)?( d[e'] ?(e-?mails?|"
    "mails?|messages?|courriels?|invitations?))?",
    "ne m'(envoyez|ecrivez|contactez|adressez) plus( (de |d'|vos |ces )(e-?mails?|mails?|"
    "messages?|courriels?|invitations?))?( de ce genre)?",
    "arretez de m'(envoyer|ecrire|contacter)( (des|vos|ces) (e-?mails?|mails?|messages?|"
    "courriels?))?",
    "(de )?cesse[rz] de m'(envoyer|ecrire|contacter)( (des|vos|ces) (e-?mails?|mails?|"
    "messages?|courriels?))?",
    "je ne (veux|souhaite|desire) plus (recevoir|de)( vos| de| ces| d'autres)?( vos| ces)?( "
    "(e-?mails?|mails?|messages?|courriels?|invitations?))?( de votre part)?",
    "plus de (mails?|e-?mails?|messages?)", "stop", "laissez[- ]moi tranquille",
)  # fmt: skip
SPANISH = (
    "baja", "darme de baja", "dar de baja", "dar(se)? de baja",
    "(quiero|deseo|quisiera|solicito) (darme de baja|la baja|mi baja|ser eliminad[oa])( de "
    ".{0,50})?",
    "(denme|deme|dame|den|de) de baja( de .{0,50})?", "(me )?(den|de) de baja( de .{0,50})?",
    "desuscribir(me)?", "desuscribanme( de .{0,50})?", "cancelar (mi )?suscripcion",
    "cancelen mi suscripcion", "(eliminen?me|quiten?me|borren?me|saquen?me)( de .{0,50})?",
    "(eliminen?|borren?|quiten?) mi (correo|direccion|email|e-mail|nombre)( de .{0,50})?",
    "no me (envien?|manden?|escriban?|contacten?) mas( (correos?|mensajes?|e-?mails?|"
    "invitaciones?))?",
    "no (quiero|deseo) (recibir )?mas( (correos?|mensajes?|e-?mails?|invitaciones?))?( de "
    "ustedes)?",
    "no (quiero|deseo) (seguir recibiendo|recibir)( (sus|estos|mas))?( (correos?|mensajes?|"
    "e-?mails?))?",
    "dejen? de (enviarme|mandarme|escribirme|contactarme)( (correos?|mensajes?|e-?mails?))?",
    "stop", "no mas (correos?|mensajes?|e-?mails?)",
)  # fmt: skip
ITALIAN = (
    "cancellami", "cancellatemi( d.{0,50})?", "cancellarmi( d.{0,50})?", "cancellazione",
    "disiscrizione", "disiscrivimi( d.{0,50})?", "disiscrivetemi( d.{0,50})?",
    "disiscrivermi( d.{0,50})?", "annullare l'iscrizione",
    "(voglio|vorrei|desidero) (cancellarmi|disiscrivermi|essere (cancellat|rimoss)[oa])( "
    "d.{0,50})?",
    "(rimuovetemi|rimuovimi|toglietemi|toglimi|rimuovermi|eliminatemi)( d.{0,50})?",
    "(rimuovete|rimuovere|cancellate|cancellare|eliminate) (il mio|la mia) (indirizzo|e-?mail|"
    "mail|nome)( d.{0,50})?",
    "non (mandatemi|inviatemi|scrivetemi|contattatemi|inviarmi|scrivermi|contattarmi|mandarmi) "
    "piu( (e-?mail|mail|messaggi|inviti))?",
    "non (voglio|desidero) (piu )?ricevere( piu)?( (vostre|queste|altre))?( (e-?mail|mail|"
    "messaggi|inviti))?( da voi)?",
    "(smettetela|smettete|smettila) di (scrivermi|mandarmi|inviarmi|contattarmi)( (e-?mail|"
    "mail|messaggi))?",
    "stop", "basta (e-?mail|mail|messaggi)",
)  # fmt: skip
PORTUGUESE = (
    "(remover|sair|retirar)( o meu e-?mail)? da (vossa |sua )?lista",
    "cancelar (a )?(minha )?(inscricao|subscricao|assinatura)", "descadastrar",
    "descadastre-me( d.{0,50})?",
    "(quero|desejo|gostaria de) (me descadastrar|cancelar (a )?(minha )?(inscricao|subscricao|"
    "assinatura)|ser removid[oa]|sair)( d.{0,50})?",
    "(remova-me|removam-me|retire-me|retirem-me|remover-me|exclua-me)( d.{0,50})?",
    "me (remova|removam|retire|retirem|tire|tirem|exclua)( d.{0,50})?",
    "(remova|removam|remover|retire|retirem) o meu (e-?mail|endereco|nome)( d.{0,50})?",
    "nao me (envie|enviem|mande|mandem|escreva|escrevam|contacte|contactem|contate) mais( "
    "(e-?mails?|mensagens|convites))?",
    "nao (quero|desejo) (mais )?receber( mais)?( (seus|estes|esses))?( (e-?mails?|mensagens|"
    "convites))?",
    "(parem|pare) de me (enviar|mandar|escrever|contactar)( (e-?mails?|mensagens))?",
    "(parem|pare) de enviar( (e-?mails?|mensagens))?", "anular (a )?subscricao",
)  # fmt: skip
DUTCH = (
    "(mij|me) (uit te schrijven|af te melden)( .{0,40})?", "afmelden", "uitschrijven", "afmelding",
    "(ik wil (mij|me) )?(afmelden|uitschrijven)( (voor|van|uit) .{0,50})?",
    "(schrijf|meld) (mij|me)( a\\.?u\\.?b\\.?)?( (uit|van|voor) .{0,50})? (uit|af)",
    "(haal|verwijder|schrap) (mij|me|mijn (e-?mail)?adres)( (uit|van) .{0,50})?( af)?",
    "(stuur|mail|schrijf) (mij|me) (geen|niet)( (meer|langer|verdere))?( (e-?mails?|mails?|"
    "berichten|uitnodigingen))?( meer)?",
    "geen (e-?mails?|mails?|berichten|uitnodigingen) meer( (van u|sturen|ontvangen))?",
    "(mij|me) geen (e-?mails?|mails?|berichten) meer (sturen|te sturen)",
    "stop met (mailen|e-mails|mij te mailen|het sturen van (e-?mails?|berichten))",
    "ik wil geen( (verdere|van deze))?( (e-?mails?|mails?|berichten|uitnodigingen))?( meer)?( "
    "(ontvangen|krijgen))?( meer)?",
    "(neem )?geen contact meer( met mij)?( op)?( opnemen)?",
)  # fmt: skip
SCANDINAVIAN = (
    "avregistrera( mig)?( fran .{0,50})?", "avregistrering", "avanmalan",
    "avsluta prenumeration(en)?",
    "(ta bort|stryk) (mig|min (e-?post)?adress)( (fran|ur) .{0,50})?",
    "jag vill (avregistrera mig|bli borttagen|avsluta min prenumeration)( fran .{0,50})?",
    "(skicka|maila) (inte|inga)( mig)?( (fler|flera|mer|mera))?( (mejl|mail|e-?post|"
    "meddelanden))?( till mig)?( (mer|langre))?",
    "inga fler (mejl|mail|e-?postmeddelanden|meddelanden)",
    "sluta (skicka|maila|mejla|kontakta)( mig)?( (mejl|mail|e-?post))?( till mig)?",
    "jag vill inte (ha|fa|langre fa)( (fler|mer))?( (mejl|mail|e-?post|meddelanden))?( fran "
    "er)?( langre)?",
    "kontakta mig inte( (mer|igen|langre))?", "afmeld( mig)?( (fra|dette) .{0,50})?", "afmelding",
    "frameld( mig)?( .{0,50})?",
    "jeg (vil|onsker at) (gerne )?(afmeldes|afmelde mig|frameldes|slettes)( (fra|af) .{0,50})?",
    "(fjern|slet|slett) (mig|meg|min (e-?mail|mail|e-?post)?adresse)( fra .{0,50})?",
    "(send|skriv)( mig| meg)? ikke( (flere|mer|mere))?( (mails|e-?mails|e-?poster|meldinger|"
    "beskeder))?( til (mig|meg))?( (mere|mer|lenger|laengere))?",
    "ikke (send|kontakt|skriv)( til)? (meg|mig)( (flere|mer|mere))?( (mails?|e-?poster|e-?post|"
    "meldinger))?( igjen| igen| mer| mere)?",
    "(stop|slutt|stopp) (med )?(at |a )?(sende|send|skrive|maile|kontakte)( til)? (mig|meg)( "
    "(mails|e-?mails|e-?poster|e-?post|meldinger))?",
    "ingen flere (mails|e-?mails|e-?poster|meldinger|beskeder)", "meld meg av( .{0,50})?",
    "avmeld( meg)?( fra .{0,50})?", "avmelding",
    "jeg (vil|onsker) ikke( at| a)? (ha|fa|have|motta|modtage)( (flere|mere))?( (mails|"
    "e-?mails|e-?poster|meldinger|beskeder))?( fra (dere|jer))?",
    "jeg (vil|onsker)( at| a)? (avmeldes|bli fjernet|meldes av|melde meg av)( .{0,40})?",
    "avprenumerera( mig)?( .{0,40})?",
)  # fmt: skip
