"""Reports that mail servers write for people: qmail, Exim, Exchange and a hundred others."""

import re

from groupware.mail.addresses import Address, addresses
from groupware.mail.message import BounceRecipient
from groupware.mail.mime import Part
from groupware.mail.statuses import best_status, status_of

_LONGEST = 64 * 1024
_MOST = 100

_SERVERS = re.compile(
    r"mailer-?daemon|mail-?daemon|postmaster|mail[. _-]?deliver|mail system|maildelivery|mailsystem"
    r"|system administrator|delivery (?:sub)?system|bounce|mail administrator|post_?master|mmdf|mailerr"
    r"|\bmdaemon\b",
    re.IGNORECASE,
)
_SUBJECTS = re.compile(
    r"undeliver|delivery|returned (?:e-?)?mail|failure notice|mail fail|failed mail|mail error|bounce"
    r"|non[- ]?(?:remis|recapitat)|unzustellbar|no entregad|mancata consegna|onbestelbaar|niet bezorgd"
    r"|mail system error|not delivered|could not (?:be )?(?:send|sent|deliver)|не доставлен|недоставлен"
    r"|devuelto|não entregue|退信|投递|返送|配信|送信できません|error sending|message status"
    r"|return(?:ed)? to sender"
    r"|aws notification",
    re.IGNORECASE,
)
_FAILS = re.compile(
    r"(?:could ?n[o']t|can ?no?t|unable to|not) (?:be )?(?:deliver|sen[dt]|send)|undeliver"
    r"|deliver\w*.{0,60}(?:fail|error|problem|trouble|reject|delay)|fail\w*.{0,60}deliver"
    r"|(?:fail|reject|refus)\w*.{0,40}(?:address|recipient|message|mail|server|user)"
    r"|(?:address|recipient|message|mail|server|user)\w*.{0,80}(?:fail|reject|refus)"
    r"|(?:unknown|invalid|no such|disabled|inactive).{0,20}(?:user|recipient|address|mailbox|account)"
    r"|(?:user|recipient|address|mailbox|account)\w*.{0,40}(?:unknown|invalid|disabled|full|exist|found)"
    r"|did not reach|permanent.{0,20}error|giving up|over quota|quota exceeded|transcript of session"
    r"|trouble delivering|no valid recipients|bounced?recipients|(?:did not|does not) like"
    r"|not (?:yet )?been (?:delivered|sent)|(?:mail|message).{0,40}\breturned (?:to you|because)"
    r"|konnte nicht|nicht zugestellt|n['’]a pas pu|non remis|no se (?:ha )?p(?:udo|odido)|impossibile"
    r"|не может быть доставлен|не доставлен|配信できま|送信できま|エラー|送达|无法|届け",
    re.IGNORECASE,
)
# Where the copy of the original begins.
_COPY = re.compile(
    r"^[>\s]{0,10}(?:[-=*_+#\s]{0,80}(?:below (?:this line|is)|(?:start of )?(?:the )?"
    r"original (?:message|mail)"
    r"|this is a copy|(?:the )?headers? of the original|unsent message|returned (?:message|mail)"
    r"|message headers? follow|included is a copy|undelivered message|non-?delivered message"
    r"|message text|copy of (?:the|your) (?:message|original)|original message headers"
    r"|(?:your )?original (?:mail|e-mail)|message body|received headers"
    r"|rejected message|message header|message contents|your message (?:follows|reads)).{0,80}"
    r"|received:\s?(?:from|by|\(|via).{0,500}|return-path:\s?<.{0,320}|dkim-signature:.{0,300}"
    r"|x-[a-z-]{2,40}: .{0,300})$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[^\s@<>()\[\]\"',;:=|/\\]{1,128}@[a-zA-Z0-9][a-zA-Z0-9.-]{0,200}[a-zA-Z0-9]"
_FIND = re.compile(_ADDRESS)
# Said before the addresses that failed; those above it are of who wrote.
_FOLLOWS = re.compile(
    r"(?:following|these|intended).{0,20}(?:recipient|address|user)", re.IGNORECASE
)
_X400 = re.compile(rf"[;:]SMTP=({_ADDRESS})", re.IGNORECASE)  # Exchange writes them so
_EXPANDED = re.compile(rf"\s{{0,10}}\(expanded from:? <?({_ADDRESS})>?\)", re.IGNORECASE)
_ALONE = re.compile(r"\s{0,20}([A-Za-z0-9][\w.+-]{1,63})\s*$")  # of a server that tells no domain
_LEADS = re.compile(
    rf"^[>\s]{{0,20}}(?:[-*•>]{{1,4}}\s{{0,5}})?(?:(?:recipient|rcpt to|user|e-?mail|for)?\s?"
    rf"(?:address|recipients?)?\s{{0,3}}[:;]\s{{0,5}})?[<\"'\[(]{{0,3}}({_ADDRESS})[>\"'\])]{{0,3}}"
    rf"(?=\s*$|[:;,]|\s*[(\[<]|\.\.\.|\s+(?:on|\S+))",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"(?:deliver\w*|sent?|send|reach\w*|recipients?|address\w*|errors?|users?|account|mailbox|"
    rf"rcpt to|to)\b[^\n@]{{0,80}}?[:<\s(\"'=]({_ADDRESS})",
    re.IGNORECASE,
)
_SMTP = re.compile(rf"[45]\d\d[^\n@]{{0,60}}?<?({_ADDRESS})")
_JSON = re.compile(
    r"\"emailAddress\"\s?:\s?\"([^\"@]{1,128}@[^\"]{1,253})\"([^{}]{0,1000})", re.IGNORECASE
)


def by_a_server(root: Part, text: str, *, subject: str, sender: Address | None) -> bool:
    """True where a mail server wrote this, and it tells of a failure."""
    who = f"{sender.email} {sender.name}" if sender else ""
    null = bool(_NULL.match(root.text_of("return-path").replace(" ", "")))
    if root.first.get("x-failed-recipients"):
        return True
    if sender and sender.email.endswith((".amazonaws.com", ".amazonses.com")) and _notified(text):
        return True
    submitted = root.text_of("auto-submitted").lower()
    if "auto-replied" in submitted and root.kind != "multipart/report" and not _SERVERS.search(who):
        return False
    if _ANSWER.match(subject) and not _SERVERS.search(who):
        return False
    server = bool(_SERVERS.search(who)) or (sender is None and bool(_SUBJECTS.search(subject)))
    returns = any(part.kind in ("message/rfc822", "text/rfc822-headers") for part in root.children)
    server = server or (null and returns) or (returns and bool(_NO_REPLY.match(who)))
    robot = null or submitted.startswith("auto-") or "return-path" not in root.first
    if server or (robot and _SUBJECTS.search(subject)) or root.kind == "multipart/report":
        return fails(text, subject)
    return null and bool(_SUBJECTS.search(subject))


_NULL = re.compile(r"<?(?:mailer-daemon\b[^>]*)?>", re.IGNORECASE)  # sendmail gives it a name
_NO_REPLY = re.compile(r"no-?reply|do-?not-?reply", re.IGNORECASE)
_ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|rv|sv|vs|antw|odp)\s?:", re.IGNORECASE)


def fails(text: str, subject: str) -> bool:
    """True where these words tell that a mail did not arrive."""
    return bool(_FAILS.search(text[:_LONGEST]) or _SUBJECTS.search(subject))


def report_of(text: str, *, keep_fields: bool = False) -> str:
    """A report's own words, without the copy of the original below them."""
    text = text[:_LONGEST]
    if keep_fields:
        return text
    for match in _COPY.finditer(text):
        if text[: match.start()].strip():
            return text[: match.start()]
    return text


def copy_in(text: str) -> str:
    """The copy of the original, from its first header line on."""
    text = text[:_LONGEST]
    for match in _COPY.finditer(text):
        if text[: match.start()].strip():
            copy = text[match.start() :]
            first = re.search(r"^[ \t>]{0,10}[A-Za-z-]{2,40}:\s?\S", copy, re.MULTILINE)
            return copy[first.start() :].lstrip() if first else ""
    return ""


_LATE = re.compile(
    r"\bdelay|will (?:be )?retr|still (?:being )?(?:queued|tr)|\bwarning\b|postponed|deferred"
    r"|attempts? will continue|(?:continue|keep) (?:to (?:try|attempt)|trying|attempting)",
    re.IGNORECASE,
)


def around(text: str, *names: str) -> str:
    """What a report says right after it names an address."""
    for name in names:
        at = text.find(name) if name else -1
        if at >= 0:
            return text[at : at + 1000]
    return ""


def action_of(status: str, text: str) -> str:
    """RFC 3464's action for a status and what is said."""
    late = _LATE.search(text[:4000])
    if status.startswith("2"):
        return "delivered"
    return "delayed" if late and not status.startswith("5") else "failed"


def recipients(root: Part, text: str, original: Part) -> list[BounceRecipient]:
    """The addresses that a report names as not reached, each with what is said of it."""
    if notified := _notified(text):
        return notified
    report = report_of(text)
    own = _ours(root, original)
    spots = _named(root, report, own)
    if not spots:
        spots = [(each.email, len(report)) for each in addresses(original.text_of("to"))][:_MOST]
    if not spots and (first := addresses(original.text_of("delivered-to"))):
        spots = [(first[0].email, len(report))]
    found = []
    for index, (address, at) in enumerate(spots):
        end = spots[index + 1][1] if index + 1 < len(spots) else len(report)
        said = report[at:end] if end > at else ""
        stated = best_status("", said) or best_status("", report)
        action = action_of(stated, report)
        status = stated or status_of(said or report)
        if action == "delayed" and status.startswith("5"):  # "full" may pass
            status = f"4{status[1:]}"
        after = report[at + len(address) :][:500].lstrip("<> \t\r\n")
        aliased = _EXPANDED.match(
            after
        )  # what we sent to, where the other is only what it stands for
        found.append(BounceRecipient(aliased[1] if aliased else address, status, action))
    return found


def _named(root: Part, report: str, own: set[str]) -> list[tuple[str, int]]:
    """Addresses by the surest way that finds any, and where the report begins to speak of each."""
    listed = [each.email for each in addresses(root.text_of("x-failed-recipients"))]
    if listed:
        return [(each, max(report.find(each), 0)) for each in dict.fromkeys(listed)][:_MOST]
    leading, told = _leading(report)
    if found := _others(told, own):
        return found
    if not _others(leading, own) and (alone := _alone(report)):
        for server in addresses(root.text_of("from"))[:1]:
            domain = server.email.rpartition("@")[2]
            return [(f"{alone}@{domain}", max(report.find(alone), 0))]
    for others in (own, set()):  # sent to oneself: then one's own address is the one that failed
        if found := _others(leading, others) or _others(_spots(_SMTP, report), others):
            return found
        if found := _others(_spots(_TOLD, report), others):
            return found[:1]
    return _others(_spots(_FIND, report), own)[:1]


def _leading(report: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Addresses at the start of a line; those of them that follow where some are promised."""
    at, promised = 0, -1
    leading: list[tuple[str, int]] = []
    told: list[tuple[str, int]] = []
    for line in report.split("\n"):
        if match := _LEADS.match(line[:500]) or _X400.search(line[:500]):
            leading.append((match[1], at))
            if promised >= 0:
                told.append((match[1], at))
        elif promised < 0 and _FOLLOWS.search(line[:500]):
            promised = at
        at += len(line) + 1
    return leading, told


def _alone(report: str) -> str:
    """A name that stands for an address at the server that reports, as AOL writes it."""
    promised = begun = False
    for line in report.split("\n"):
        if begun and line.strip():
            match = _ALONE.match(line[:100])
            return match[1] if match else ""
        promised = promised or bool(_FOLLOWS.search(line[:500]))
        begun = promised and (begun or line.rstrip().endswith(":"))
    return ""


def _spots(pattern: re.Pattern[str], text: str) -> list[tuple[str, int]]:
    return [(match[match.lastindex or 0], match.start()) for match in pattern.finditer(text)]


def _others(spots: list[tuple[str, int]], own: set[str]) -> list[tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for address, where in spots:
        key = address.rstrip(".").casefold()
        if key not in own and not _SERVERS.match(key):
            found.setdefault(key, (address.rstrip("."), where))
    return list(found.values())[:_MOST]


def _ours(root: Part, original: Part) -> set[str]:
    """The addresses of who sent the original, which reports name as well."""
    values = [root.text_of(name) for name in ("to", "delivered-to", "x-original-to", "envelope-to")]
    values += [original.text_of(name) for name in ("from", "return-path", "sender", "reply-to")]
    return {each.email.casefold() for value in values for each in addresses(value)}


def _notified(text: str) -> list[BounceRecipient]:
    """Amazon's notices as JSON, also inside another JSON text."""
    plain = text[:_LONGEST].replace('\\"', '"')
    if '"notificationType"' not in plain and '"eventType"' not in plain:
        return []
    found = []
    for address, rest in _JSON.findall(plain)[:_MOST]:
        fields = dict(re.findall(r"\"(action|status)\"\s?:\s?\"([^\"]{1,40})\"", rest))
        delivered = '"Delivery"' in plain
        action = fields.get("action", "delivered" if delivered else "failed")
        found.append(BounceRecipient(address, best_status(fields.get("status", ""), rest), action))
    return found
