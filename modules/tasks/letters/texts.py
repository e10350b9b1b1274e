"""The words of letters: a fixed set of placeholders, and nothing that could be run.

A text holds `{name}` where something is filled in. Which names there are depends on the kind of
letter: an acknowledgement goes to strangers, so none of its placeholders holds a word of theirs.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import nh3
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import journal
from groupware.access import need
from groupware.errors import Invalid
from groupware.models import Permission, User
from groupware.text import cleaned, one_line
from modules.tasks.letters.defaults import DEFAULTS, FALLBACK, LANGUAGES, Wording
from modules.tasks.letters.models import LetterKind, LetterText

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000

_PLACE = re.compile(r"\{([a-z_]*)\}")
_LONE = re.compile(r"[{}]")
_IN_A_TAG = re.compile(r"<[a-zA-Z/][^<>]*\{(?!link\}\")")

_COMMON = {
    "brand": "the desk's name",
    "number": "the ticket's number",
    "list": "the task list's name",
    "link": "the address of the ticket's page",
}
_STAFF_ACT = {
    **_COMMON,
    "subject": "the ticket's subject",
    "customer": "who the letter goes to",
    "agent": "who looks after the ticket",
}
PLACEHOLDERS: dict[LetterKind, dict[str, str]] = {
    LetterKind.REPLY: {
        **_STAFF_ACT,
        "message": "the reply",
        "state": "says so where the ticket is resolved",
        "files": "addresses of files that are too large for a mail",
        "signature": "the agent's signature, then the list's",
        "others": "who else gets this reply",
        "quote": "the receiver's own last message, where the list says so",
    },
    LetterKind.ACKNOWLEDGEMENT: {**_COMMON, "expect": "when to expect an answer"},
    LetterKind.RESOLVED: _STAFF_ACT,
    LetterKind.CLOSED: _STAFF_ACT,
    LetterKind.HANDED_OVER: _STAFF_ACT,
    LetterKind.NOTICE: {
        **_STAFF_ACT,
        "what": "what has happened",
        "message": "what was written",
        "how": "how to answer by mail",
    },
}
REQUIRED = {LetterKind.REPLY: "message"}
BLOCKS = {"message", "quote", "signature", "files"}
"""Placeholders that fill paragraphs; the others stand within a line, and alone in subjects."""

TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p",
    "pre", "small", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """What a placeholder is filled with, as text and as HTML that is safe already."""

    text: str
    html: str


def plain(text: str) -> Value:
    """A value of text alone."""
    return Value(text, html.escape(text).replace("\n", "<br>"))


def address(url: str) -> Value:
    """A value that is an address of ours."""
    escaped = html.escape(url)
    return Value(url, f'<a href="{escaped}">{escaped}</a>')


@dataclass(frozen=True)
class Filled:
    """A letter's words, ready to be sent."""

    subject: str
    text: str
    html: str


def language_of(locale: str) -> str:
    """The language of a person's locale, where the desk writes it."""
    language = re.split(r"[-_]", locale.casefold(), maxsplit=1)[0]
    return language if language in LANGUAGES else FALLBACK


def default(kind: LetterKind, language: str) -> Wording:
    """The words that come with the desk; English where there are none in this language."""
    return DEFAULTS.get(language, {}).get(kind) or DEFAULTS[FALLBACK][kind]


def wording(session: Session, kind: LetterKind, language: str) -> Wording:
    """The manager's words in this language, else the desk's, else the same in English."""
    rows = session.scalars(
        select(LetterText).where(
            LetterText.kind == kind, LetterText.language.in_((language, FALLBACK))
        )
    )
    own = {row.language: Wording(row.subject, row.text, row.html) for row in rows}
    if language in own:
        return own[language]
    if kind in DEFAULTS.get(language, {}):
        return DEFAULTS[language][kind]
    return own.get(FALLBACK) or DEFAULTS[FALLBACK][kind]


def save(
    session: Session, actor: User, kind: LetterKind, language: str, words: Wording, *, now: datetime
) -> None:
    """Keep a manager's words for a kind of letter in a language; refuses what cannot be filled in."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    words = checked(kind, words)
    row = session.get(LetterText, (kind, language))
    if row is None:
        row = LetterText(kind=kind, language=language)
        session.add(row)
    row.subject, row.text, row.html = words.subject, words.text, words.html
    session.flush()
    journal.record(
        session, "letter_text", "letter_text", None, actor=actor, at=now, of=f"{kind} ({language})"
    )


def reset(session: Session, actor: User, kind: LetterKind, language: str, *, now: datetime) -> None:
    """Go back to the words that come with the desk."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if row := session.get(LetterText, (kind, language)):
        session.delete(row)
        session.flush()
        journal.record(
            session, "letter_reset", "letter_text", None, actor=actor, at=now,
            of=f"{kind} ({language})",
        )  # fmt: skip


def checked(kind: LetterKind, words: Wording) -> Wording:
    """The words as they can be kept; raises Invalid with what is wrong with them."""
    subject, text = one_line(words.subject), cleaned(words.text).strip()
    markup = cleaned(words.html).strip()
    problems = {}
    for name, value, most in (
        ("subject", subject, LONGEST_SUBJECT),
        ("text", text, LONGEST_TEXT),
        ("html", markup, LONGEST_TEXT),
    ):
        if not value and name != "html":
            problems[name] = "Please enter something."
        elif len(value) > most:
            problems[name] = f"This is longer than {most:,} characters."
        elif wrong := problem(kind, value, in_line=name == "subject"):
            problems[name] = wrong
    needed = REQUIRED.get(kind)
    for name, value in (("text", text), ("html", markup)):
        if needed and value and name not in problems and f"{{{needed}}}" not in value:
            problems[name] = f"{{{needed}}} is missing: the letter would not hold it."
    if problems:
        raise Invalid(**problems)
    return Wording(subject, text, sanitised(markup))


def problem(kind: LetterKind, text: str, *, in_line: bool = False) -> str:
    """What is wrong with a text's placeholders, or nothing."""
    known = PLACEHOLDERS[kind]
    names = [name for name in known if not (in_line and name in BLOCKS)]
    for match in _PLACE.finditer(text):
        if match[1] not in names:
            there = ", ".join(f"{{{name}}}" for name in names)
            return f"{match[0]} cannot be filled in here. There are {there}."
    if _IN_A_TAG.search(text):
        return 'Within a tag only href="{link}" can be filled in.'
    if lone := _LONE.search(_PLACE.sub("", text)):
        return f"A single {lone[0]} has no meaning. Placeholders look like {{number}}."
    return ""


def sanitised(markup: str) -> str:
    """A manager's HTML without anything that fetches, runs or hides."""
    if not markup:
        return ""
    # A placeholder may stand for an address: its braces survive as they are only in text.
    kept = markup.replace('href="{link}"', 'href="https://link.invalid/"')
    clean = nh3.clean(
        kept,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return clean.replace('href="https://link.invalid/"', 'href="{link}"')


def fill(words: Wording, values: Mapping[str, Value], *, language: str) -> Filled:
    """Put the values in; what is empty leaves no gap."""
    texts = {name: value.text for name, value in values.items()}
    subject = one_line(_put(words.subject, texts))
    text = re.sub(r"\n{3,}", "\n\n", _trimmed(_put(words.text, texts)))
    body = _markup(words.html, values) if words.html else "\n".join(_paragraphs(words.text, values))
    page = (
        f'<!doctype html>\n<html lang="{language}" dir="auto"><head><meta charset="utf-8">'
        f"<title>{html.escape(subject)}</title></head><body>\n{body}\n</body></html>\n"
    )
    return Filled(subject, text, page)


def _put(text: str, texts: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: texts.get(match[1], ""), text)


def _trimmed(text: str) -> str:
    lines = (line if line == "-- " else line.rstrip() for line in text.splitlines())
    return "\n".join(lines).strip() + "\n"


def _markup(template: str, values: Mapping[str, Value]) -> str:
    with_links = template.replace('href="{link}"', f'href="{html.escape(values["link"].text)}"')
    return _PLACE.sub(lambda match: values[match[1]].html if match[1] in values else "", with_links)


def _paragraphs(template: str, values: Mapping[str, Value]) -> list[str]:
    """A text's paragraphs as HTML; those that came out empty are left out."""
    made = []
    for paragraph in re.split(r"\n[ \t]*\n", template):
        alone = _PLACE.fullmatch(paragraph.strip())
        if alone and alone[1] in BLOCKS:
            made.append(values[alone[1]].html if alone[1] in values else "")
            continue
        lines = []
        for line in paragraph.splitlines():
            parts = _PLACE.split(line)
            inside = "".join(
                (values[part].html if part in values else "") if index % 2 else html.escape(part)
                for index, part in enumerate(parts)
            )
            if inside.strip():
                lines.append(inside)
        made.append(f"<p>{'<br>'.join(lines)}</p>" if lines else "")
    return [each for each in made if each]
