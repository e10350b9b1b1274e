"""Enhanced status codes (RFC 3463) out of what servers say."""

import re

_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.])([45])([0-5]\d)(?=[\s\-,:;)'\"]|$)")


_WHO = "(?:user|recipient|mailbox|account|address|alias|local.?part)"
_PHRASES = {
    "5.1.1": rf"{_WHO}.{{0,40}}(?:unknown|not (?:exist|found|listed|recogni[sz]ed)|invalid|rejected"
    rf"|doesn.t (?:exist|have))|(?:unknown|invalid|no such|no) .{{0,10}}{_WHO}|no mailbox here",
    "5.2.2": "(?:mailbox|mailfolder|quota|inbox).{0,40}(?:full|exceed)|over ?quota"
    "|exceed.{0,40}(?:quota|mailbox|disk space)|full (?:mailbox|inbox)|not enough.{0,20}space",
    "5.1.2": "host.{0,10}(?:unknown|not found)|unknown host|no such (?:host|domain)"
    "|domain.{0,20}not (?:exist|found)|unroute?able.{0,10}domain",
    "5.3.4": "(?:message|mail).{0,20}(?:too (?:large|big)|size.{0,20}exceed)|size limit",
    "5.2.1": "disabled|inactive|suspended",
    "4.4.1": "time[d ]?-?out|could not connect|connection refused|unreachable",
    "5.7.1": "spam|blacklist|blocked|policy|virus",
}
_SAYINGS = [(re.compile(words, re.IGNORECASE), status) for status, words in _PHRASES.items()]


def best_status(stated: str, *texts: str) -> str:
    """The most telling code: the one stated, unless what else is said names a detail and it does not."""
    given = _CODE.findall(stated[:100])
    if given and (given[0][0] == "2" or _tells(given[0])):
        return str(given[0])
    seen = [code for text in texts for code in _CODE.findall(text[:8000])[:40] if code[0] in "45"]
    subjects = (code for code in seen if ".0." not in code)
    for codes in (filter(_tells, seen), subjects, given, seen):
        if code := next(iter(codes), ""):
            return str(code)
    return ""


def status_of(text: str) -> str:
    """A status for what is said without one."""
    text = text[:8000]
    for saying, status in _SAYINGS:
        if saying.search(text):
            return status
    reply = _REPLY.search(text)
    return f"{reply[1]}.0.0" if reply else ""


def _tells(code: str) -> bool:
    # x.4.7 says that the time ran out, not why.
    return not code.endswith((".0", ".4.7")) and ".0." not in code
