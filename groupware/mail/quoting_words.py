"""The words by which mail programs mark an earlier mail, in many languages."""

import re

# Who "wrote" it, at the end of a line that introduces a quote, or in the middle of it.
_VERBS = (
    r"wrote|writes|schrieb|geschrieben|escribi[óo]|escribe|escreveu|a écrit|ecrit|écrivait"
    r"|ha scritto|scrisse|ha escrit|va escriure|schreef|heeft .{0,60}geschreven|skrev|skreiv"
    r"|skrifaði|kirjoitti|kirjutas|rašė|rakstīja|napisał(?:a|\(a\))?|napsal(?:a|\(a\))?"
    r"|napísal(?:a|\(a\))?|je napisal[ao]?|napisao(?:\(la\))?|írta|a scris|ha scris|yazdı|şunu yazdı"
    r"|написа(?:л|ла|л\(а\)|в|ла\(в\)|\b)|писала?\b|напісаў|пишет|пише|έγραψε|viết|menulis|sinulat"
    r"|idatzi (?:zuen|du)|pisze|piše|napisal[ao]?|escribiu|schreift|skreau|skrivaði|skribis|shkroi"
    r"|scríobh|ysgrifennodd|skrivet gant|yazmış|yazıb|yozgan|გაგზავნა|დაწერა|գրեց"
)
_INITIALS = "".join(
    sorted(set(re.findall(r"(?:^|[|])(\w)", _VERBS)))
)  # tried first: most words fail
WROTE = re.compile(
    rf"\b(?=[{_INITIALS}])(?:{_VERBS})"
    r"|כתב|كتب|نوشته|写道|寫道|寫到|写了|写于|さんは書きました|さんが書きました|님이 작성|님이 씀"
    r"|쓴 (?:글|내용)|작성:",
    re.IGNORECASE,
)

_LABELS = {
    "from": "from von de da van från fra od от від від: frá lähettäjä kimden gönderen feladó "
    "expéditeur remitente mittente afzender avsändare nadawca odesílatel отправитель "
    "发件人 寄件者 寄件人 差出人 送信者 보낸_사람 보낸사람 από מאת من de_la pošiljatelj 由 "
    "message_du saatja nuo no dari từ kas kimdən ад eus fan vun nga frå šalje nork 從 از مِن المرسل oddi_wrth "
    "afsender avsender remitent expeditor expeditorul expéditrice siuntėjas αποστολέας sendanto seolaí "
    "pengirim daripada від_кого gửi_từ người_gửi 発信者 送信元",
    "to": "to an à a para aan till til do кому vastaanottaja kime alıcı címzett komu către "
    "destinataire destinatario destinatário voor "
    "收件人 收件者 宛先 받는_사람 받는사람 προς אל إلى za kellele "
    "kam kepada đến до за nori saaja prima pre pour oan per_a për kimə каму 到 به المستقبل adresat adresát "
    "destinatari destinatar destinatarul modtager mottaker mottagare ontvanger παραλήπτης ricevanto gavėjas "
    "penerima примач chuig người_nhận 送信先",
    "sent": "sent gesendet envoyé envoyé_le enviado enviado_el enviado_em enviada_em enviada inviato "
    "verzonden skickat sendt wysłano wysłane отправлено надіслано lähetetty gönderildi gönderme_tarihi "
    "elküldve odesláno odoslané trimis poslano 发送时间 寄件日期 发送日期 送信日時 日時 보낸_날짜 날짜 date "
    "datum data fecha dato datums päivämäärä päiväys tarih dátum дата ημερομηνία στάλθηκε תאריך נשלח "
    "التاريخ dags sent_at 日期 時間 saadetud kuupäev dagsetning dată datë dáta dyddiad deiz tanggal "
    "tarikh tarix ngày تاریخ датум gönderilen відправлено 日付",
    "subject": "subject betreff objet asunto oggetto onderwerp ämne emne temat тема aihe konu "
    "tárgy předmět predmet subiect assunto sujet efni 主题 主旨 件名 제목 θέμα נושא الموضوع zadeva teema "
    "assumpte gaia tema aiheen naslov наслов заглавие тэма mövzu pealkiri titill evni judul subjek subjekt "
    "subiectul temats temo pwnc موضوع ûnderwerp sujed tiêu_đề",
    "cc": "cc kopie copie copie_à kopia копия копія c.c. cópia copia kopi 抄送 副本 참조 másolatot_kap "
    "másolat kopio kópia копія dw bilgi",
}
LABELS = {word.replace("_", " "): kind for kind, words in _LABELS.items() for word in words.split()}
LABEL = re.compile(r"[\s>*_]{0,20}([^\W\d_][\w .'’-]{0,22}?)(?: \(CC\))?[\s*_]{0,4}[:：]")

# -----Original Message-----, with or without dashes around it.
_EARLIER = (
    "original message|forwarded message|original appointment|reply message|ursprüngliche nachricht"
    "|originalnachricht"
    "|weitergeleitete nachricht|message d['’]origine|message original|message transféré|message initial"
    "|mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|mensagem original"
    "|mensagem encaminhada|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande"
    "|originalmeddelande|vidarebefordrat meddelande|oprindelig besked|oprindelig meddelelse"
    "|opprinnelig melding|videresendt melding|alkuperäinen viesti|välitetty viesti"
    "|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana|původní zpráva|původní e-mail"
    "|pôvodná správa|izvorna poruka|izvirno sporočilo|eredeti üzenet|mesaj original|mesajul original"
    "|orijinal mesaj|özgün ileti|исходное сообщение|пересылаемое сообщение|оригинальное сообщение"
    "|оригінальне повідомлення|αρχικό μήνυμα|הודעה מקורית|الرسالة الأصلية|原始邮件|原始郵件|原始訊息"
    "|邮件原件|元のメッセージ|転送されたメッセージ|원본 메시지|원본 메일|thư gốc|pesan asli"
)
EARLIER = re.compile(
    rf"[\s>*_=-]{{2,80}}\s?(?:{_EARLIER})\s?[:\s*_=-]{{0,80}}|begin forwarded message:"
    r"|anfang der weitergeleiteten nachricht:|début du message (?:réexpédié|transféré)\s?:"
    r"|inizio messaggio inoltrato:|inicio del mensaje reenviado:|iníciou? da mensagem (?:re)?encaminhada:"
    r"|(?:začátek přeposílané zprávy|začiatok preposlanej správy|początek przekazywanej wiadomości"
    r"|start på videresendt besked|videresendt melding|vidarebefordrat mejl|begin doorgestuurd bericht"
    r"|välitetty viesti alkaa|továbbított levél kezdete|započni proslijeđenu poruku"
    r"|începe mesajul redirecționat|[iİ]leti başlangıcı|начало переадресованного сообщения"
    r"|початок листа, що пересилається)\s?:",
    re.IGNORECASE,
)
# Between two rules, whatever the language's grammar: it was there before, and it is a mail.
BEFORE = re.compile(
    r"origin|orixin|orijin|orichin|origjin|oryginal|orgineel|ursprüng|ursprung|oprindelig|opprinn"
    r"|opphavleg|oorspronk|oarspronk|alkuper|původn|pôvodn|izvorn|izvirn|eredeti|initial|upprun|algne"
    r"|algup|esialgne|jatorriz|sākotn|özgün|исходн|оригинал|арыгінал|оригінал|початков|αρχικ|מקורי"
    r"|أصلي|أساسي|اصلی|原|元の|オリジナル|원본|gốc|asli|asal|เดิม"
    r"|forward|fwd|weitergeleit|transf[eé]r|transmis|réexpédi|reen[vb]i|reencami[nñ]|encaminhad|inoltrat"
    r"|doorgestuurd|vidarebefordra|vid[ae]resend|välitet|edelleenl|przekaz|przesłan|přeposl|preposl"
    r"|ďalej odosl|proslij?eđ|posredovan|továbbít|redirec|înaint|iletil|yönlendir|пересыл|пересл"
    r"|перенаправ|переадрес|препрат|перасл|прослеђ|προωθ|הועבר|מועבר|ممر|ارجاع|转发|轉|転送|전달"
    r"|chuyển tiếp|diteruskan|dimajukan|persiųst|pārsūt|edastat|áframs|birbidal|ส่งต่อ",
    re.IGNORECASE,
)
MAIL = re.compile(
    r"message|\bmsg|mail|courriel|nachricht|mensaje|mensagem|mensax|mensache|missatge|messatge|messaggi"
    r"|bericht|berjocht|meddel|besked|brev|mejl|melding|viesti|wiadomoś|zpráv|správ|poruk|sporočil"
    r"|üzenet|levél|mesaj|mesej|ileti|сообщ|повідом|паведамл|письм|писмо|порука|μήνυμα|הודעה|رسالة"
    r"|پیام|邮件|郵件|訊息|消息|信息|メッセージ|메시지|메일|thư|tin nhắn|pesan|póst|skilab|kiri|sõnum|mezu"
    r"|laišk|vēstule|mesaĝo|mesazh|ข้อความ",
    re.IGNORECASE,
)
ABOVE = re.compile(
    r"(?:please )?(?:reply|write|type your (?:reply|response)) above this line"
    r"|(?:bitte )?(?:oberhalb|über) dieser zeile|répondre au-dessus de cette ligne"
    r"|responda (?:por encima|acima) d",
    re.IGNORECASE,
)
# A telephone's own line under what was written; with nothing below it, it is a signature.
TELEPHONE = re.compile(
    r"(?:sent from (?:my |the |a )?\S|sent (?:with|via|using) \S|get outlook for |gesendet (?:von|mit) "
    r"|von meinem .{2,30} gesendet|diese nachricht wurde von meinem .{2,40} gesendet"
    r"|envoyé (?:de|depuis|à partir) |télécharger outlook pour |enviado (?:desde|de|do) "
    r"|obtener outlook para "
    r"|inviato da|scarica outlook per |(?:verzonden|verstuurd) (?:vanaf|van|vanuit|met) "
    r"|outlook voor .{2,10} downloaden"
    r"|skickat från |sendt fra |lähetetty |wysłane z |wysłano z |odesláno z |odoslané z |отправлено (?:из|с) "
    r"|надіслано з |iphone'umdan gönderildi|発信元|iphoneから送信|从我的.{1,20}发送|发自我的"
    r"|從我的.{1,20}傳送|나의 .{1,20}에서 보냄|enviat des |trimis de pe |poslano (?:s|z) |στάλθηκε από "
    r"|נשלח מ|أُ?رسل.{1,3} من |.{1,12}-(?:omr[óo]l|emr[őo]l) küldve|dikirim dari )",
    re.IGNORECASE,
)
